import { expect, onTestFinished, test } from 'vitest';
import {
  Housekeeping,
  type HousekeepingParts,
  type HousekeepingStore,
  type StoreCheck,
} from '../../../main/core/queue/housekeeping.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { StoreError } from '../../../main/core/queue/store-error.ts';
import { createTestRuntime, TEST_START, type TestRuntime } from '../../support/test-runtime.ts';

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** Time passes, and what it started comes to its next rest: each batch yields once. */
async function pass(runtime: TestRuntime, ms: number): Promise<void> {
  await runtime.advance(ms);
  for (let turn = 0; turn < 10; turn += 1) await runtime.advance(0);
}

interface World {
  readonly runtime: TestRuntime;
  readonly keeping: Housekeeping;
  readonly calls: string[];
  /** Links and moment of each sample. */
  readonly samples: string[];
  known: StoreCheck;
  /** Batches that are still to be moved. */
  batches: number;
  findings: readonly string[];
  refuse: boolean;
  start(): Promise<void>;
  stop(): Promise<void>;
}

function world(known: Partial<StoreCheck> = {}): World {
  const runtime = createTestRuntime({ seed: 1 });
  const calls: string[] = [];
  const end = new AbortController();
  const at = (instant: number): string => String(Math.round((instant - runtime.wall()) / DAY));
  const store: HousekeepingStore = {
    archiveSome: (before) => {
      calls.push(`archive ${at(before)}`);
      if (made.refuse) throw new StoreError('full', 'the disk is full');
      made.batches -= 1;
      return { moved: made.batches >= 0 ? 1 : 0, more: made.batches > 0 };
    },
    dropMonths: (before) => {
      calls.push(`drop ${at(before)}`);
      return [];
    },
    forgetOld: () => undefined,
    sampleQueue: (links, now) => {
      made.samples.push(`${links.join(' ')} ${String(now - TEST_START)}`);
      if (made.refuse) throw new StoreError('full', 'the disk is full');
    },
    markStarted: () => undefined,
    markStopped: () => undefined,
    storeCheck: () => made.known,
    noteCheck: (findings, now) => {
      made.known =
        findings.length === 0
          ? { soundAt: now, owedSince: undefined, findings }
          : { ...made.known, owedSince: now, findings };
    },
  };
  const parts: HousekeepingParts = {
    runtime,
    store,
    check: () => {
      calls.push('check');
      return Promise.resolve(made.findings);
    },
    sweep: () => {
      calls.push('sweep');
      return Promise.resolve();
    },
    retentionMs: 90 * DAY,
    log: { info: () => undefined, warn: () => undefined },
    onChange: () => calls.push('told'),
    links: () => [linkId('north'), linkId('south')],
  };
  const keeping = new Housekeeping(parts);
  const made: World = {
    runtime,
    keeping,
    calls,
    samples: [],
    known: { soundAt: TEST_START, owedSince: undefined, findings: [], ...known },
    batches: 0,
    findings: [],
    refuse: false,
    start: () => {
      running = keeping.run(end.signal);
      return runtime.advance(0);
    },
    stop: async () => {
      end.abort();
      await running;
    },
  };
  let running = Promise.resolve();
  onTestFinished(async () => {
    await made.stop();
    runtime.dispose();
  });
  return made;
}

test('moves all that is due in batches, drops old months, sweeps, and does so hourly', async () => {
  const w = world();
  w.batches = 3;
  await w.start();
  await pass(w.runtime, 0);
  expect(w.calls).toEqual(['archive -2', 'archive -2', 'archive -2', 'drop -90', 'sweep']);
  await pass(w.runtime, HOUR / 2);
  expect(w.calls).toHaveLength(5);
  await pass(w.runtime, HOUR / 2 + 60_000);
  expect(w.calls.slice(5)).toEqual(['archive -2', 'drop -90']);
});

test('a store that refuses ends nothing: it is said, tried again soon, and taken back', async () => {
  const w = world();
  w.refuse = true;
  await w.start();
  expect(w.keeping.tidyFailure()).toBe('the disk is full');
  expect(w.calls).toEqual(['archive -2', 'told']);
  w.refuse = false;
  await pass(w.runtime, 6 * 60_000);
  expect(w.keeping.tidyFailure()).toBeUndefined();
  expect(w.calls.slice(2)).toEqual(['archive -2', 'drop -90', 'told']);
});

test('an owed check comes before anything is moved', async () => {
  const w = world({ owedSince: TEST_START });
  await w.start();
  await pass(w.runtime, 0);
  expect(w.calls).toEqual(['check', 'told', 'archive -2', 'drop -90']);
  expect(w.keeping.soundness()).toBe('sound');
});

test('in a damaged store nothing is moved', async () => {
  const w = world({ owedSince: TEST_START });
  w.findings = ['page 7 is damaged'];
  await w.start();
  await pass(w.runtime, 2 * HOUR);
  expect(w.keeping.soundness()).toBe('damaged');
  expect(w.keeping.finding()).toBe('page 7 is damaged');
  expect(w.calls.filter((call) => call !== 'told' && call !== 'check')).toEqual([]);
});

test('a week after the last one a check is made; one that cannot be made turns the light a day later', async () => {
  const w = world({ soundAt: TEST_START - 7 * DAY });
  expect(w.keeping.soundness()).toBe('sound');
  await w.start();
  await pass(w.runtime, 60_000);
  expect(w.calls).toContain('check');
  expect(w.known.soundAt).toBeGreaterThanOrEqual(TEST_START);
  w.known = { ...w.known, soundAt: w.runtime.wall() - 9 * DAY };
  expect(w.keeping.soundness()).toBe('owed');
  // A time in the future proves nothing.
  w.known = { ...w.known, soundAt: w.runtime.wall() + 9 * DAY };
  expect(w.keeping.soundness()).toBe('owed');
});

test('stops between two batches', async () => {
  const w = world();
  w.batches = 1_000_000;
  await w.start();
  await w.stop();
  expect(w.batches).toBeGreaterThan(0);
  expect(w.calls).not.toContain('drop -90');
});

test('notes the length of the queues at the start and at the end of each minute, also when one note fails', async () => {
  const w = world();
  await w.start();
  await w.runtime.advance(50_000);
  w.refuse = true;
  await w.runtime.advance(60_000);
  w.refuse = false;
  // A computer that slept: the minutes between stay a gap.
  await w.runtime.advance(5 * 60_000 + 7_000);
  await w.runtime.advance(53_000);
  expect(w.samples.slice(0, 3)).toEqual(['north south 0', 'north south 50000', 'north south 110000']);
  expect(new Set(w.samples.map((sample) => Number(sample.split(' ')[2]) % 60_000))).toEqual(
    new Set([0, 50_000]),
  );
  expect(w.samples.at(-1)).toBe(`north south ${String(110_000 + 6 * 60_000)}`);
});
