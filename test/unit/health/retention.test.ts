import { describe, expect, onTestFinished, test } from 'vitest';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { warningsOf } from '../../../main/core/alerts/warnings-of.ts';
import { ListAge } from '../../../main/core/health/list-age.ts';
import { cloudLight, linkLight, type LinkFacts } from '../../../main/core/health/lights.ts';
import { retentionLeft } from '../../../main/core/health/retention.ts';
import { linkId, startId } from '../../../shared/model/ids.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { link, status, T } from '../alerts/sample.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const LINK = linkId('field');
const left = (hours: number) => retentionLeft({ now: T, listAgeMs: hours * HOUR, retentionMs: 4 * DAY });

const facts = (hours: number, over: Partial<LinkFacts> = {}): LinkFacts => ({
  now: T,
  erp: { endpoint: 'erp:main', lastOk: T, ageMs: 0 },
  cloud: { endpoint: 'cloud:field', lastOk: T, ageMs: 0 },
  disk: undefined,
  soundness: 'sound',
  counts: {
    pendingIn: 0,
    pendingOut: 0,
    parked: 0,
    unknown: 0,
    unreported: 0,
    settledToday: 0,
    oldestPendingIn: undefined,
    oldestPendingOut: undefined,
    lastSettledIn: undefined,
    lastAcceptedOut: undefined,
  },
  pause: undefined,
  working: false,
  lastRuns: [],
  enabledFlows: 0,
  nextRun: T,
  overdue: false,
  announced: 0,
  retention: left(hours),
  ...over,
});

describe('what is left until the cloud deletes packets', () => {
  test.each([
    [23.9, undefined, 'fine', []],
    [24, 'warning', 'waiting', ['warning ']],
    [47.9, 'warning', 'waiting', ['warning ']],
    [48, 'alarm', 'attention', ['critical ']],
    [95.9, 'alarm', 'attention', ['critical ']],
    [96, 'over', 'attention', ['critical over']],
  ])('%s hours of four days: %s, light %s, told as %j', (hours, level, light, told) => {
    const retention = left(hours);
    expect(retention?.level).toBe(level);
    expect(linkLight(facts(hours))).toBe(light);
    expect(cloudLight(facts(hours)).state).toBe(light);
    expect(
      warningsOf(status([link('field', { retention })])).map((one) => `${one.severity} ${one.variant}`),
    ).toEqual(told);
  });

  test('the words say when it begins and how long that is', () => {
    const [warning] = warningsOf(status([link('field', { retention: left(60) })]));
    expect(warning?.since).toBe(T - 60 * HOUR);
    expect(warning?.params).toMatchObject({ hours: 36, until: T + 36 * HOUR });
    expect(cloudLight(facts(60)).fact).toEqual({ key: 'light.retention', params: { until: T + 36 * HOUR } });
    expect(cloudLight(facts(100)).fact.key).toBe('light.retention.over');
  });

  test('a cloud that fails keeps its own words', () => {
    const failure = { kind: 'unreachable', endpoint: 'cloud:field', cause: 'c' } as const;
    const cloud = { endpoint: 'cloud:field', lastOk: T, failingSince: T, failure } as const;
    expect(cloudLight(facts(60, { cloud })).fact.key).toBe('failure.cloudUnreachable.what');
  });
});

describe('the age of the last good list', () => {
  const seen = { entries: 0, full: false };
  const site = () => {
    const runtime = createTestRuntime({ seed: 1, start: T });
    const store = openStore({ file: `${temporaryFolder()}/ferry.sqlite`, runtime });
    onTestFinished(() => store.close());
    const start = () => new ListAge({ link: LINK, store, runtime });
    return { runtime, store, start, lists: start() };
  };

  test('none when there was none', () => {
    expect(site().lists.ms()).toBeUndefined();
  });

  test('survives a start: it counts while no agent runs', () => {
    const { runtime, store, start } = site();
    store.noteList(LINK, seen, T);
    runtime.clock.jumpWall(3 * DAY);
    expect(start().ms()).toBe(3 * DAY);
  });

  test('a clock set back while the agent runs hides nothing, nor after the next start', async () => {
    const { runtime, store, start, lists } = site();
    store.noteList(LINK, seen, T);
    expect(lists.ms()).toBe(0);
    await runtime.advance(3 * DAY);
    for (const back of [1 * HOUR, 2 * DAY, 5 * DAY]) {
      runtime.clock.jumpWall(-back);
      expect(lists.ms()).toBe(3 * DAY);
      lists.putRight();
      expect(lists.ms()).toBe(3 * DAY);
      expect(start().ms()).toBe(3 * DAY);
    }
    expect(store.lastList(LINK)?.at).toBe(runtime.wall() - 3 * DAY);
  });

  test('a clock set back while it was off: the last run that began says how long it was', () => {
    const { runtime, store, start } = site();
    store.noteList(LINK, seen, T);
    runtime.clock.jumpWall(3 * DAY);
    store.startRun({ link: LINK, flow: 'pull', trigger: 'schedule', startId: startId('s') }, runtime.wall());
    runtime.clock.jumpWall(-3 * DAY);
    const lists = start();
    expect(lists.ms()).toBe(3 * DAY);
    lists.putRight();
    expect(lists.ms()).toBe(3 * DAY);
  });

  test('a clock set forward shows more, never less, and ends when it is put right', async () => {
    const { runtime, store, lists } = site();
    store.noteList(LINK, seen, T);
    expect(lists.ms()).toBe(0);
    await runtime.advance(HOUR);
    runtime.clock.jumpWall(2 * DAY);
    expect(lists.ms()).toBe(2 * DAY + HOUR);
    runtime.clock.jumpWall(-2 * DAY);
    lists.putRight();
    expect(lists.ms()).toBe(HOUR);
  });

  test('a new list begins anew', async () => {
    const { runtime, store, lists } = site();
    store.noteList(LINK, seen, T);
    expect(lists.ms()).toBe(0);
    await runtime.advance(DAY);
    store.noteList(LINK, seen, runtime.wall());
    expect(lists.ms()).toBe(0);
    await runtime.advance(HOUR);
    expect(lists.ms()).toBe(HOUR);
  });
});
