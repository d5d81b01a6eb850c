import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PacketErpOptions } from '../../main/adapters/erp-mssql/packet-erp.ts';
import { seededRandom } from '../support/seeded-random.ts';
import { openErpWorld, type ErpWorld } from './erp-world.ts';

export type FreezeAt = 'before-send' | 'after-send';

export interface ContenderOptions {
  readonly settings: PacketErpOptions['settings'];
  readonly siteId: string;
  readonly startId: string;
  readonly bug?: 'fence-ignored' | undefined;
}

export type Wish =
  | { readonly kind: 'orders'; readonly refs: readonly string[] }
  | { readonly kind: 'freeze'; readonly at: FreezeAt }
  | { readonly kind: 'give-back' }
  | { readonly kind: 'go' };

export type Told =
  | { readonly kind: 'up' }
  | { readonly kind: 'taken'; readonly fence: number }
  | { readonly kind: 'freezing' }
  | { readonly kind: 'done'; readonly count: number }
  | { readonly kind: 'refused'; readonly why: string };

const CONTENDER = fileURLToPath(new URL('./contender.ts', import.meta.url));
/** One second more than the lease. */
const PAST_LEASE_MS = 31_000;
const ORDERS_A_ROUND = 4;
/** A step that takes longer on the busiest machine is one that hangs. */
const STEP_MS = 20_000;

const KINDS = ['before-send', 'after-send', 'anywhere', 'given-back'] as const;
type Kind = (typeof KINDS)[number];

class Contender {
  readonly #child: ChildProcess;
  readonly #hear: (from: Contender, told: Told) => void;
  frozen = false;
  done = 0;
  refused = 0;

  constructor(options: ContenderOptions, hear: (from: Contender, told: Told) => void) {
    this.#hear = hear;
    this.#child = fork(CONTENDER, [JSON.stringify(options)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.#child.on('error', () => undefined);
    this.#child.on('message', (told: Told) => {
      if (told.kind === 'done') this.done = told.count;
      if (told.kind === 'refused' && told.why === 'fenced') this.refused += 1;
      this.#hear(this, told);
    });
  }

  wish(wish: Wish): void {
    this.#child.send(wish, () => undefined);
  }

  freeze(): void {
    this.frozen = true;
    this.#child.kill('SIGSTOP');
  }

  wake(): void {
    this.frozen = false;
    this.#child.kill('SIGCONT');
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await ended;
  }
}

export interface ContestReport {
  readonly takeovers: number;
  readonly byKind: Readonly<Record<Kind, number>>;
  readonly orders: number;
  /** Orders that are not in the ERP, or more than once. */
  readonly notOnce: readonly string[];
  /** Writes under a fence that had been raised before: by the order of the ledger, and by the witness. */
  readonly underOldFence: number;
  /** Fences under which something was written. */
  readonly fencesUsed: number;
  /** Writes that were stopped by the fence. */
  readonly refused: number;
}

/** Lets `contenders` processes fight over one ERP. Everything random comes from the seed, but not how the processes run. */
export async function contest(options: {
  readonly contenders: number;
  readonly takeovers: number;
  readonly seed: number;
  /** All of one site, as copies of a computer are. */
  readonly oneSite?: boolean | undefined;
  /** How take-overs come about; all ways when left out. */
  readonly kinds?: readonly Kind[] | undefined;
  readonly bug?: 'fence-ignored' | undefined;
}): Promise<ContestReport> {
  const world = await openErpWorld();
  const listeners = new Set<(from: Contender, told: Told) => void>();
  const hear = (from: Contender, told: Told): void => {
    for (const listener of listeners) listener(from, told);
  };
  const heard = async (
    what: string,
    wanted: (from: Contender, told: Told) => boolean,
  ): Promise<Contender> => {
    const limit = new AbortController();
    let listener: Parameters<typeof listeners.add>[0] | undefined;
    const found = new Promise<Contender>((resolve) => {
      listener = (from, told) => {
        if (wanted(from, told)) resolve(from);
      };
      listeners.add(listener);
    });
    const late = delay(STEP_MS, undefined, { signal: limit.signal }).then(
      () => Promise.reject(new Error(`not heard in time: ${what}`)),
      () => new Promise<never>(() => undefined),
    );
    try {
      return await Promise.race([found, late]);
    } finally {
      limit.abort();
      if (listener !== undefined) listeners.delete(listener);
    }
  };

  const random = seededRandom(options.seed);
  const first = heard('a first owner', (_, told) => told.kind === 'taken');
  const all = Array.from(
    { length: options.contenders },
    (_, index) =>
      new Contender(
        {
          settings: world.settings,
          siteId: options.oneSite === true ? 'site' : `site-${index}`,
          startId: `start-${index}`,
          bug: options.bug,
        },
        hear,
      ),
  );
  const refs: string[] = [];
  const byKind: Record<Kind, number> = { 'before-send': 0, 'after-send': 0, anywhere: 0, 'given-back': 0 };
  let owner: Contender;

  const deliver = (): void => {
    const fresh = Array.from({ length: ORDERS_A_ROUND }, (_, index) => `order-${refs.length + index}`);
    refs.push(...fresh);
    for (const one of all) one.wish({ kind: 'orders', refs: fresh });
  };
  const wakeAll = (): void => {
    for (const one of all) if (one.frozen) one.wake();
  };
  const round = async (kind: Kind): Promise<void> => {
    const old = owner;
    const taken = heard('a take-over', (from, told) => told.kind === 'taken' && from !== old);
    taken.catch(() => undefined);
    if (kind === 'given-back') {
      deliver();
      old.wish({ kind: 'give-back' });
    } else {
      if (kind === 'anywhere') {
        deliver();
        await delay(random() * 20);
        old.freeze();
      } else {
        const freezing = heard('freezing', (from, told) => from === old && told.kind === 'freezing');
        old.wish({ kind: 'freeze', at: kind });
        deliver();
        await freezing;
        old.frozen = true;
      }
      world.setClock(PAST_LEASE_MS);
    }
    owner = await taken;
    byKind[kind] += 1;
    if (kind === 'given-back') old.wish({ kind: 'go' });
    // With three, one may sleep through the next take-over as well.
    if (all.length < 3 || random() < 0.6) wakeAll();
    else for (const one of all) if (one.frozen && one !== old) one.wake();
  };

  try {
    owner = await first;
    const kinds = options.kinds ?? KINDS;
    for (let done = 0; done < options.takeovers; done += 1)
      await round(kinds[Math.floor(random() * kinds.length)] ?? 'anywhere');
    wakeAll();
    // Only one that should not write is left to do it.
    if (options.bug !== undefined) owner.freeze();
    deliver();
    // Who may write walks through every order there ever was: whoever is first has seen all of them in the ERP.
    await heard('the end', (from, told) => told.kind === 'done' && from.done === refs.length);
    await Promise.all(all.map((one) => one.end()));
    return { takeovers: options.takeovers, byKind, ...(await count(world, refs, all)) };
  } finally {
    await Promise.all(all.map((one) => one.end()));
    await world.close();
  }
}

async function count(
  world: ErpWorld,
  refs: readonly string[],
  all: readonly Contender[],
): Promise<Pick<ContestReport, 'orders' | 'notOnce' | 'underOldFence' | 'fencesUsed' | 'refused'>> {
  const written = await world.query(`SELECT Id, [Customer]]No] AS ref FROM dbo.[Sales Order]`);
  const times = new Map<string, number>();
  for (const { ref } of written) times.set(String(ref), (times.get(String(ref)) ?? 0) + 1);
  const ledger = await world.query(`SELECT packet_id AS ref, fence FROM ferry.ledger ORDER BY id`);
  const witness = await world.query(`SELECT Ref AS ref, Fence AS fence FROM dbo.Witness`);
  const atThatMoment = new Map(witness.map(({ ref, fence }) => [String(ref), Number(fence)]));
  let highest = 0;
  let underOldFence = 0;
  for (const { ref, fence } of ledger) {
    const own = Number(fence);
    if (own < highest || atThatMoment.get(String(ref)) !== own) underOldFence += 1;
    highest = Math.max(highest, own);
  }
  return {
    orders: times.size,
    notOnce: refs.filter((ref) => times.get(ref) !== 1),
    underOldFence,
    fencesUsed: new Set(ledger.map(({ fence }) => Number(fence))).size,
    refused: all.reduce((sum, { refused }) => sum + refused, 0),
  };
}
