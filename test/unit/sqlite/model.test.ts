import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { ItemEvent, ItemState } from '../../../main/core/queue/item.ts';
import { itemId, sourceId, startId } from '../../../shared/model/ids.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { LINK, T, entry, hashOf, packet, unreachable } from './sample.ts';

/**
 * Random commands over the real store and over the simplest thing that could be right: a list of items with a state. After
 * each command both say the same: no item is lost, none is claimed by two, the counts agree.
 */
interface ModelItem {
  readonly id: number;
  readonly key: string;
  state: ItemState;
  dueAt: number;
  attempts: number;
  uncleanExits: number;
  claimedBy: string | undefined;
  doubt: boolean;
}

interface World {
  readonly items: ModelItem[];
  readonly file: string;
  queue: SqliteStore;
  now: number;
  starts: number;
}

type Step = (world: World) => void;

const start = (world: World): ReturnType<typeof startId> => startId(`start-${String(world.starts)}`);
const isDue = (item: ModelItem, now: number): boolean =>
  ['ready', 'waiting', 'unknown'].includes(item.state) && item.dueAt <= now;
const pick = (world: World, index: number): ModelItem | undefined =>
  world.items[index % Math.max(1, world.items.length)];

const store = (id: number, variant: number): Step => {
  return (world) => {
    const text = `${String(id)}/${String(variant)}`;
    const item = world.queue.storePacket(
      packet(`p${String(id)}`, text),
      { queue: 'packet', entry: entry(`p${String(id)}`) },
      undefined,
      world.now,
    );
    const known = world.items.find((one) => one.key === text);
    if (known !== undefined) {
      expect(item.id).toBe(known.id);
      return;
    }
    const other = world.items.some((one) => one.key.startsWith(`${String(id)}/`));
    world.items.push({
      id: item.id,
      key: text,
      state: other ? 'parked' : 'ready',
      dueAt: world.now,
      attempts: 0,
      uncleanExits: 0,
      claimedBy: undefined,
      doubt: false,
    });
  };
};

const claim: Step = (world) => {
  const item = world.queue.claim(LINK, 'in', start(world), world.now);
  const due = world.items
    .filter((one) => isDue(one, world.now))
    .sort((a, b) => a.dueAt - b.dueAt || a.id - b.id);
  expect(item?.id).toBe(due[0]?.id);
  const [first] = due;
  if (first === undefined) return;
  first.state = 'working';
  first.claimedBy = start(world);
  first.attempts += 1;
};

const end = (index: number, kind: ItemEvent['kind'] | 'settlePacket', delay: number): Step => {
  return (world) => {
    const item = pick(world, index);
    if (item === undefined) return;
    const dueAt = world.now + delay;
    const act = (): void => {
      const id = itemId(item.id);
      if (kind === 'settlePacket')
        world.queue.settlePacket(
          id,
          {
            source: sourceId('k', 'h', 'a'),
            outcome: 'applied',
            label: 'l',
            documents: [],
            payloadHash: hashOf('x'),
          },
          world.now,
        );
      else if (kind === 'settle') world.queue.record(id, { kind, outcome: '{}' }, world.now);
      else if (kind === 'park')
        world.queue.record(id, { kind, reason: { kind: 'person', note: 'n' } }, world.now);
      else if (kind === 'wait')
        world.queue.record(
          id,
          { kind, dueAt, reason: { kind: 'waits-for', what: 'w', number: 'n', until: dueAt } },
          world.now,
        );
      else world.queue.record(id, { kind, dueAt, failure: unreachable }, world.now);
    };
    if (item.state !== 'working' || item.claimedBy !== start(world)) {
      expect(act).toThrow(expect.objectContaining({ name: 'IllegalTransition' }));
      return;
    }
    act();
    item.claimedBy = undefined;
    if (kind === 'retry' || kind === 'unknown' || kind === 'wait') item.dueAt = dueAt;
    if (kind === 'unknown') item.doubt = true;
    if (kind === 'park') item.doubt = false;
    item.state = (
      {
        settlePacket: 'settled',
        settle: 'settled',
        park: 'parked',
        wait: 'waiting',
        retry: 'ready',
        unknown: 'unknown',
      } as const
    )[kind];
  };
};

const byPerson = (index: number, wish: 'retry' | 'park' | 'discard'): Step => {
  return (world) => {
    const item = pick(world, index);
    if (item === undefined) return;
    const id = itemId(item.id);
    if (wish === 'retry') {
      const allowed = ['parked', 'waiting', 'unknown', 'ready'].includes(item.state);
      expect(world.queue.retry(id, world.now) !== undefined).toBe(allowed);
      if (allowed) Object.assign(item, { state: 'ready', dueAt: world.now });
    } else if (wish === 'park') {
      const allowed = ['ready', 'waiting'].includes(item.state);
      expect(world.queue.park(id, { kind: 'person', note: 'n' }, world.now) !== undefined).toBe(allowed);
      if (allowed) Object.assign(item, { state: 'parked', doubt: false });
    } else {
      const allowed = item.state === 'parked';
      expect(world.queue.discard(id, 'n', world.now) !== undefined).toBe(allowed);
      if (allowed) item.state = 'discarded';
    }
  };
};

/** The process dies (the file is simply opened again) and another start takes over. */
const restart: Step = (world) => {
  world.queue.close();
  world.queue = openStore({ file: world.file });
  world.starts += 1;
  const released = { unknown: 0, parked: 0 };
  for (const item of world.items.filter((one) => one.state === 'working')) {
    item.uncleanExits += 1;
    item.state = item.uncleanExits >= 3 ? 'parked' : 'unknown';
    released[item.state] += 1;
    Object.assign(item, { claimedBy: undefined, dueAt: world.now, doubt: true });
  }
  expect(world.queue.releaseClaims(start(world), world.now)).toEqual(released);
};

const wait = (ms: number): Step => {
  return (world) => {
    world.now += ms;
  };
};

function compare(world: World): void {
  const stored = world.queue.list({ limit: 1_000, offset: 0 }).toReversed();
  expect(
    stored.map((item) => [item.id, item.state, item.dueAt, item.attempts, item.uncleanExits, item.claimedBy]),
  ).toEqual(
    world.items.map((one) => [one.id, one.state, one.dueAt, one.attempts, one.uncleanExits, one.claimedBy]),
  );
  const having = (...states: ItemState[]): ModelItem[] =>
    world.items.filter((one) => states.includes(one.state));
  expect(world.queue.counts(LINK, world.now)).toMatchObject({
    pendingIn: having('ready', 'working', 'waiting', 'unknown').length,
    parked: having('parked').length,
    unknown: having('unknown').length,
    settledToday: having('settled').length,
    pendingOut: 0,
  });
  const dues = having('ready', 'waiting', 'unknown').map((one) => one.dueAt);
  expect(world.queue.nextDue(LINK, 'in')).toBe(dues.length === 0 ? undefined : Math.min(...dues));
  for (const item of world.items) expect(world.queue.mayHaveHappened(itemId(item.id))).toBe(item.doubt);
}

/** So that a counterexample can be read. */
const named = (name: string, act: Step): Step =>
  Object.assign((world: World) => act(world), { [fc.toStringMethod]: () => name });

const index = fc.nat({ max: 20 });
const delay = fc.constantFrom(0, 10, 1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(fc.nat({ max: 5 }), fc.nat({ max: 1 }))
      .map(([id, variant]) => named(`store ${String(id)}/${String(variant)}`, store(id, variant))),
  },
  { weight: 6, arbitrary: fc.constant(named('claim', claim)) },
  {
    weight: 8,
    arbitrary: fc
      .tuple(index, fc.constantFrom('settle', 'retry', 'wait', 'unknown', 'park', 'settlePacket'), delay)
      .map(([at, kind, ms]) => named(`${kind} ${String(at)} +${String(ms)}`, end(at, kind, ms))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(index, fc.constantFrom('retry', 'park', 'discard'))
      .map(([at, wish]) => named(`person ${wish} ${String(at)}`, byPerson(at, wish))),
  },
  { weight: 2, arbitrary: fc.constant(named('restart', restart)) },
  {
    weight: 3,
    arbitrary: fc.constant(
      named('claim and die', (world) => {
        claim(world);
        restart(world);
      }),
    ),
  },
  { weight: 3, arbitrary: delay.map((ms) => named(`wait ${String(ms)}`, wait(ms))) },
);

test('whatever happens in whatever order, no item is lost and none has two owners', () => {
  const folder = temporaryFolder();
  let run = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const file = join(folder, `${String((run += 1))}.sqlite`);
      const world: World = { items: [], file, queue: openStore({ file }), now: T, starts: 1 };
      try {
        for (const act of steps) {
          act(world);
          compare(world);
        }
      } finally {
        world.queue.close();
        rmSync(file, { force: true });
      }
    }),
    { numRuns: 120 },
  );
});
