import type { EngineClock } from './face.ts';
import type { Party } from './transactions.ts';

/**
 * Thrown by a statement that meets a lock of another session. The statement is undone, waits until one of the holders
 * lets go, and starts again: what it saw before the wait does not count, as a server that re-checks a row does.
 */
export class LockWait {
  readonly holders: ReadonlySet<Party>;
  constructor(holders: Iterable<Party>) {
    this.holders = new Set(holders);
  }
}

export type WaitEnd = 'released' | 'timeout' | 'victim' | 'aborted';

interface Waiter {
  /** Milliseconds since 1970. */
  readonly since: number;
  /** As sys.dm_exec_requests names it. */
  readonly type: string;
  readonly party: Party;
  readonly holders: ReadonlySet<Party>;
  readonly end: (how: WaitEnd) => void;
}

/** Who waits for whom. Notices circles at once and ends them. */
export class Waits {
  private readonly waiters = new Map<Party, Waiter>();
  private readonly clock: EngineClock;

  constructor(clock: EngineClock) {
    this.clock = clock;
  }

  /** Waits for one of the holders. `timeout` in milliseconds; negative waits for ever, zero not at all. */
  async wait(
    party: Party,
    holders: ReadonlySet<Party>,
    timeout: number,
    signal: AbortSignal,
    type: string,
    since = this.clock.now(),
  ): Promise<WaitEnd> {
    if (signal.aborted) return 'aborted';
    if (timeout === 0) return 'timeout';
    const circle = this.circle(party, holders);
    if (circle) {
      // The lowest priority, then the least to undo; among equals the one whose request closes the circle.
      let victim = party;
      for (const other of circle) {
        const rank = other.deadlockPriority - victim.deadlockPriority;
        if (rank < 0 || (rank === 0 && other.cost < victim.cost)) victim = other;
      }
      if (victim === party) return 'victim';
      this.waiters.get(victim)?.end('victim');
    }
    const over = new AbortController();
    const ended = new Promise<WaitEnd>((resolve) => {
      this.waiters.set(party, { party, holders, since, type, end: resolve });
      signal.addEventListener('abort', () => resolve('aborted'), { once: true, signal: over.signal });
    });
    try {
      if (timeout < 0) return await ended;
      return await Promise.race([
        ended,
        this.clock.sleep(timeout, over.signal).then((): WaitEnd => 'timeout'),
      ]);
    } finally {
      this.waiters.delete(party);
      over.abort();
    }
  }

  /** Wakes everyone who waits for this session; they try again and wait again if there is still a reason. */
  released(party: Party): void {
    for (const waiter of this.waiters.values()) if (waiter.holders.has(party)) waiter.end('released');
  }

  /** What a session waits for, and since when. */
  waitOf(
    party: Party,
  ): { readonly by: number; readonly milliseconds: number; readonly type: string } | undefined {
    const waiter = this.waiters.get(party);
    if (!waiter) return undefined;
    const [first] = waiter.holders;
    return { by: first?.id ?? 0, milliseconds: this.clock.now() - waiter.since, type: waiter.type };
  }

  /** The sessions of a circle that this wait would close, or undefined. */
  private circle(party: Party, holders: ReadonlySet<Party>): Party[] | undefined {
    const path: Party[] = [];
    const seen = new Set<Party>();
    const reaches = (p: Party): boolean => {
      if (p === party) return true;
      if (seen.has(p)) return false;
      seen.add(p);
      const waiter = this.waiters.get(p);
      if (!waiter) return false;
      for (const next of waiter.holders) {
        if (reaches(next)) {
          path.push(p);
          return true;
        }
      }
      return false;
    };
    for (const holder of holders) if (reaches(holder)) return path;
    return undefined;
  }
}

export type AppLockMode = 'Shared' | 'Update' | 'IntentShared' | 'IntentExclusive' | 'Exclusive';
export type AppLockOwner = 'Transaction' | 'Session';

const COMPATIBLE: Readonly<Record<AppLockMode, readonly AppLockMode[]>> = {
  IntentShared: ['IntentShared', 'Shared', 'Update', 'IntentExclusive'],
  Shared: ['IntentShared', 'Shared', 'Update'],
  Update: ['IntentShared', 'Shared'],
  IntentExclusive: ['IntentShared', 'IntentExclusive'],
  Exclusive: [],
};
const STRENGTH: readonly AppLockMode[] = ['IntentShared', 'Shared', 'IntentExclusive', 'Update', 'Exclusive'];

const WAIT_TYPES: Readonly<Record<AppLockMode, string>> = {
  IntentShared: 'LCK_M_IS',
  Shared: 'LCK_M_S',
  Update: 'LCK_M_U',
  IntentExclusive: 'LCK_M_IX',
  Exclusive: 'LCK_M_X',
};

interface Grant {
  readonly party: Party;
  readonly owner: AppLockOwner;
  mode: AppLockMode;
  count: number;
}

/** Named locks. Requests are served in order: a late Shared does not overtake a waiting Exclusive. */
export class AppLocks {
  private readonly grants = new Map<string, Grant[]>();
  private readonly queues = new Map<string, { party: Party; mode: AppLockMode }[]>();
  private readonly waits: Waits;
  private readonly clock: EngineClock;

  constructor(waits: Waits, clock: EngineClock) {
    this.waits = waits;
    this.clock = clock;
  }

  /** 0 granted, 1 granted after a wait, -1 timed out, -2 cancelled, -3 deadlock victim. */
  async acquire(
    request: { resource: string; party: Party; owner: AppLockOwner; mode: AppLockMode; timeout: number },
    signal: AbortSignal,
  ): Promise<number> {
    if (this.tryGrant(request)) return 0;
    const queue = this.queues.get(request.resource) ?? [];
    this.queues.set(request.resource, queue);
    const place = { party: request.party, mode: request.mode };
    queue.push(place);
    // One budget for all waits: being woken without success does not start it anew.
    const began = this.clock.now();
    const deadline = began + request.timeout;
    try {
      for (;;) {
        const left = request.timeout < 0 ? -1 : Math.max(0, deadline - this.clock.now());
        const end = await this.waits.wait(
          request.party,
          this.holders(request),
          left,
          signal,
          WAIT_TYPES[request.mode],
          began,
        );
        if (end === 'timeout') return -1;
        if (end === 'aborted') return -2;
        if (end === 'victim') return -3;
        if (this.tryGrant(request)) return 1;
      }
    } finally {
      queue.splice(queue.indexOf(place), 1);
      if (queue.length === 0) this.queues.delete(request.resource);
      this.waits.released(request.party);
    }
  }

  tryGrant(request: { resource: string; party: Party; owner: AppLockOwner; mode: AppLockMode }): boolean {
    if (this.holders(request).size > 0) return false;
    const list = this.grants.get(request.resource) ?? [];
    this.grants.set(request.resource, list);
    const own = list.find((g) => g.party === request.party && g.owner === request.owner);
    if (!own) list.push({ party: request.party, owner: request.owner, mode: request.mode, count: 1 });
    else {
      own.count++;
      if (STRENGTH.indexOf(request.mode) > STRENGTH.indexOf(own.mode)) own.mode = request.mode;
    }
    return true;
  }

  private holders(request: { resource: string; party: Party; mode: AppLockMode }): Set<Party> {
    const out = new Set<Party>();
    const compatible = COMPATIBLE[request.mode];
    const grants = this.grants.get(request.resource) ?? [];
    for (const g of grants) if (g.party !== request.party && !compatible.includes(g.mode)) out.add(g.party);
    // Who holds the lock already does not queue behind those who wait for it.
    if (!grants.some((g) => g.party === request.party)) {
      for (const place of this.queues.get(request.resource) ?? []) {
        if (place.party === request.party) break;
        if (!compatible.includes(place.mode)) out.add(place.party);
      }
    }
    return out;
  }

  /** False when the session does not hold the lock. */
  release(resource: string, party: Party, owner: AppLockOwner): boolean {
    const list = this.grants.get(resource);
    const own = list?.find((g) => g.party === party && g.owner === owner);
    if (!list || !own) return false;
    own.count--;
    if (own.count === 0) this.remove(resource, list, own);
    return true;
  }

  releaseAll(party: Party, owner: AppLockOwner): void {
    for (const [resource, list] of this.grants) {
      const own = list.find((g) => g.party === party && g.owner === owner);
      if (own) this.remove(resource, list, own);
    }
  }

  private remove(resource: string, list: Grant[], grant: Grant): void {
    list.splice(list.indexOf(grant), 1);
    if (list.length === 0) this.grants.delete(resource);
    this.waits.released(grant.party);
  }

  mode(resource: string, party: Party, owner: AppLockOwner): AppLockMode | undefined {
    return this.grants.get(resource)?.find((g) => g.party === party && g.owner === owner)?.mode;
  }
}
