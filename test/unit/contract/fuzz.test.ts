import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { SiteHandle } from '../../../main/cli/program.ts';
import { startSite } from '../../../main/compose.ts';
import { dispatch } from '../../../main/console/dispatch.ts';
import { connectPipe, type PipeClient } from '../../../main/console/pipe-client.ts';
import { startPipe, type PipeServer } from '../../../main/console/pipe-server.ts';
import { answerWindow } from '../../../main/desktop/ipc.ts';
import { CHANNELS } from '../../../shared/contract/bridge.ts';
import { contract, isRequestName, type Handlers } from '../../../shared/contract/contract.ts';
import { allows, answer, type Reply, type Right } from '../../../shared/contract/reply.ts';
import { MemoryShell } from '../../desktop/memory-shell.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { mappingJson, siteJson } from '../cli/cli-world.ts';
import { LINK, refusedCustomer, seedPacket } from '../cli/seed-store.ts';
import { MessageMaker, REQUESTS } from './messages.ts';

const SEED = Number(process.env['FERRY_FUZZ_SEED'] ?? 20261120);
/** S5 asks for many; these take half a minute. */
const VIEW = 120_000;
const OPERATE = 60_000;
const OVER_THE_WIRE = 20_000;
const PARKED = 6;

let folder: string;
let site: SiteHandle;
let handlers: Handlers;
let defects: string[] = [];
/** What reached a handler at all, by name. */
const reached = new Map<string, number>();

/** What a request could change: the queue and everything kept for a person, and the files of the folder. */
function fingerprint(): string {
  const hash = createHash('sha256');
  const store = new Database(join(folder, 'ferry.sqlite'), { readonly: true });
  try {
    for (const table of [
      'item',
      'body',
      'attempt',
      'item_event',
      'delivery',
      'document',
      'archived_packet',
      'accepted_snapshot',
      'listing',
      'pause',
      'run',
    ])
      hash.update(`${table}:${JSON.stringify(store.prepare(`SELECT * FROM "${table}"`).raw().all())}\n`);
  } finally {
    store.close();
  }
  return hash.update(files()).digest('hex');
}

/** The configuration and what is secret; logs and the store's own files change by themselves. */
const files = (): string =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json') || /secret|site\.key/.test(name))
    .filter((name) => !/^(agent|console)\.json$/.test(name))
    .sort()
    .map((name) => `${name}:${readFileSync(join(folder, name), 'base64')}`)
    .join('\n');

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-fuzz-'));
  mkdirSync(join(folder, 'mappings'));
  writeFileSync(
    join(folder, 'site.json'),
    JSON.stringify(siteJson()).replace('sql01', '127.0.0.1').replace('cloud.example', '127.0.0.1:9'),
  );
  writeFileSync(join(folder, 'mappings', 'field-sales.json'), JSON.stringify(mappingJson()));
  const now = Date.now();
  const store = openStore({ file: join(folder, 'ferry.sqlite'), zone: 'Europe/Sofia' });
  for (let number = 1; number <= PARKED; number += 1)
    seedPacket(
      store,
      { id: `P-${number}`, label: `Order ${number}`, user: 'ANNA', park: refusedCustomer },
      now,
    );
  // Nothing runs by itself, so that whatever changes was changed by a message.
  store.setPause({ link: LINK, by: 'person', since: now, until: undefined, reason: 'fuzz' });
  store.close();
  site = await startSite({ dataDir: folder, env: {}, mode: 'run' });
  const counted = Object.entries(site.handlers).map(([name, handler]) => [
    name,
    (args: never) => {
      reached.set(name, (reached.get(name) ?? 0) + 1);
      // Ending the agent is no defect, but the next message would find nobody.
      return name === 'shutdown' ? Promise.resolve(answer({ stopping: true })) : handler(args);
    },
  ]);
  handlers = Object.fromEntries(counted) as Handlers;
}, 60_000);
afterAll(async () => {
  await site?.stop(AbortSignal.timeout(20_000));
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

const onDefect = (request: string, error: unknown): void => {
  defects.push(`${request}: ${error instanceof Error ? (error.stack ?? error.message) : 'unknown'}`);
};

/** Sends messages and looks at each answer: a reply in one of two shapes, and none beyond the right. */
async function flood(
  seed: number,
  count: number,
  right: Right,
  send: (name: string, args: unknown) => Promise<Reply<unknown>>,
  lanes = 1,
): Promise<ReadonlyMap<string, number>> {
  const codes = new Map<string, number>();
  const maker = new MessageMaker(seededRandom(seed));
  let left = count;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const { name, args } = maker.next();
      const reply = await send(name, args);
      const code = reply.ok ? 'ok' : reply.error.code;
      codes.set(code, (codes.get(code) ?? 0) + 1);
      if (reply.ok && !(isRequestName(name) && allows(right, contract[name].right)))
        throw new Error(`${name} was answered with the right to ${right}`);
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return codes;
}

describe('messages nobody should send: S5', () => {
  it(`${VIEW} of them, with the right to view, change nothing`, async () => {
    defects = [];
    const before = fingerprint();
    const codes = await flood(SEED, VIEW, 'view', (name, args) =>
      dispatch(handlers, 'view', name, args, onDefect),
    );
    expect(fingerprint()).toBe(before);
    expect(defects).toEqual([]);
    // The flood is worth something only when it reaches every way out.
    for (const code of ['ok', 'bad-arguments', 'forbidden', 'unknown-request', 'not-found'])
      expect(codes.get(code) ?? 0, code).toBeGreaterThan(100);
    for (const name of REQUESTS)
      if (allows('view', contract[name].right)) expect(reached.get(name) ?? 0, name).toBeGreaterThan(0);
      else expect(reached.get(name) ?? 0, name).toBe(0);
  }, 120_000);

  it(`${OVER_THE_WIRE} of them, through the window's own handler and the pipe, change nothing`, async () => {
    defects = [];
    const before = fingerprint();
    const wire = mkdtempSync(join(tmpdir(), 'ferry-fuzz-pipe-'));
    let pipe: PipeServer | undefined;
    let client: PipeClient | undefined;
    try {
      pipe = await startPipe({ dataDir: wire, handlers, events: site.events, right: 'view', onDefect });
      const connected = await connectPipe(wire);
      if (!connected.ok) throw new Error(connected.failure.message);
      client = connected.value;
      const shell = new MemoryShell();
      answerWindow({
        shell,
        client: () => client,
        isOurWindow: (id) => id === 1,
        onReady: () => undefined,
      });
      const sender = { window: 1, mainFrame: true, url: 'ferry://app/index.html' };
      const codes = await flood(
        SEED + 1,
        OVER_THE_WIRE / 2,
        'view',
        (name, args) => shell.invoke(CHANNELS.call, sender, name, args) as Promise<Reply<unknown>>,
        8,
      );
      expect(codes.get('ok') ?? 0).toBeGreaterThan(100);
      // Past the window: names and arguments no window would let through reach the pipe itself.
      const raw = connected.value;
      const rawCodes = await flood(
        SEED + 2,
        OVER_THE_WIRE / 2,
        'view',
        async (name, args) => {
          // The pipe ends a connection that sends too much; that is another test's matter.
          const known = isRequestName(name) && JSON.stringify(args ?? {}).length < 50_000;
          return known
            ? (raw.call(name as 'status', args as never) as Promise<Reply<unknown>>)
            : answerOf('unknown-request');
        },
        8,
      );
      expect(rawCodes.get('bad-arguments') ?? 0).toBeGreaterThan(100);
      const alive = await client.call('status', {});
      expect(alive.ok).toBe(true);
    } finally {
      client?.close();
      await pipe?.stop();
      rmSync(wire, { recursive: true, force: true });
    }
    expect(fingerprint()).toBe(before);
    expect(defects).toEqual([]);
  }, 120_000);

  it(`${OPERATE} of them, with the right to operate, lose no item and touch no setting`, async () => {
    defects = [];
    const kept = (): unknown => {
      const store = new Database(join(folder, 'ferry.sqlite'), { readonly: true });
      try {
        return store.prepare('SELECT id, external_id FROM item ORDER BY id').all();
      } finally {
        store.close();
      }
    };
    const [before, settings] = [kept(), files()];
    reached.clear();
    await flood(SEED + 3, OPERATE, 'operate', (name, args) =>
      dispatch(handlers, 'operate', name, args, onDefect),
    );
    expect(kept()).toEqual(before);
    expect(files()).toBe(settings);
    expect(defects).toEqual([]);
    for (const name of REQUESTS)
      if (contract[name].right === 'administer') expect(reached.get(name) ?? 0, name).toBe(0);
    expect(existsSync(join(folder, 'site.json'))).toBe(true);
  }, 120_000);

  it('left no mark on what all objects have in common', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['right']).toBeUndefined();
  });
});

const answerOf = (code: 'unknown-request'): Reply<unknown> => ({
  ok: false,
  error: { code, message: 'left out' },
});
