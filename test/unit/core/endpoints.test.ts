import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { openStore, type SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import { Endpoints } from '../../../main/core/queue/endpoints.ts';
import type { EndpointFact } from '../../../main/core/queue/queue-store.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { createTestRuntime, type TestRuntime } from '../../support/test-runtime.ts';

const ERP = 'erp:main';
const CLOUD = 'cloud:x';
const away = { kind: 'unreachable', endpoint: ERP, cause: 'ECONNREFUSED' } as const;

let runtime: TestRuntime;
let store: SqliteStore;
let endpoints: Endpoints;
beforeEach(() => {
  runtime = createTestRuntime({ seed: 1 });
  store = openStore({ file: join(temporaryFolder(), 'ferry.sqlite'), runtime });
  onTestFinished(() => store.close());
  endpoints = new Endpoints(runtime, store);
});
const factOf = (name: string): EndpointFact | undefined =>
  endpoints.facts().find(({ endpoint }) => endpoint === name);

describe('what was heard', () => {
  it('ages by the clock nobody can set', async () => {
    endpoints.succeeded(ERP);
    await runtime.advance(7_000);
    expect(factOf(ERP)).toMatchObject({ ageMs: 7_000 });
    endpoints.heard(ERP);
    expect(factOf(ERP)).toMatchObject({ ageMs: 0, lastOk: runtime.wall() });
  });

  it.each([-3_600_000, 3_600_000, 86_400_000])(
    'is old at once when the clocks disagree by %i ms: set by hand, or the computer slept',
    async (ms) => {
      endpoints.succeeded(ERP);
      await runtime.advance(1_000);
      runtime.clock.jumpWall(ms);
      expect(factOf(ERP)?.ageMs).toBeGreaterThanOrEqual(Math.abs(ms) - 1_000);
      endpoints.heard(ERP);
      expect(factOf(ERP)?.ageMs).toBe(0);
    },
  );

  it('by an earlier start has no age in this one', () => {
    endpoints.succeeded(ERP);
    endpoints = new Endpoints(runtime, store);
    expect(factOf(ERP)?.lastOk).toBe(runtime.wall());
    expect(factOf(ERP)?.ageMs).toBeUndefined();
  });

  it('is a sign of life that does not end a failure', () => {
    endpoints.failed(ERP, away);
    endpoints.heard(ERP);
    expect(factOf(ERP)?.failure).toEqual(away);
    expect(endpoints.isWell(ERP)).toBe(false);
    endpoints.succeeded(ERP);
    expect(factOf(ERP)?.failure).toBeUndefined();
    expect(endpoints.isWell(ERP)).toBe(true);
  });

  it('costs a write a minute, not one an answer', async () => {
    let writes = 0;
    const note = store.noteEndpoint.bind(store);
    store.noteEndpoint = (...args) => {
      writes += 1;
      note(...args);
    };
    for (let times = 0; times < 100; times += 1) {
      endpoints.succeeded(ERP);
      await runtime.advance(3_000);
    }
    expect(writes).toBeLessThanOrEqual(6);
    endpoints.failed(ERP, away);
    endpoints.succeeded(ERP);
    expect(store.endpoints()[0]?.failure).toBeUndefined();
  });

  it('tells how long a call has had no answer', async () => {
    endpoints.succeeded(CLOUD);
    const first = endpoints.asking(CLOUD);
    await runtime.advance(4_000);
    const second = endpoints.asking(CLOUD);
    await runtime.advance(2_000);
    expect(factOf(CLOUD)?.unansweredMs).toBe(6_000);
    first();
    expect(factOf(CLOUD)?.unansweredMs).toBe(2_000);
    second();
    expect(factOf(CLOUD)?.unansweredMs).toBeUndefined();
  });

  it('a failure that the full disk does not take shows all the same, with its beginning', async () => {
    endpoints.succeeded(ERP);
    runtime.inject('disk.full', 5);
    endpoints.failed(ERP, away);
    const since = runtime.wall();
    await runtime.advance(2_000);
    endpoints.failed(ERP, away);
    expect(factOf(ERP)).toMatchObject({ failure: away, failingSince: since });
    expect(factOf('site:disk')?.failure).toMatchObject({ kind: 'disk' });
  });
});

describe('a rest that the other side asked for', () => {
  const throttled = (ms: number) =>
    ({ kind: 'throttled', endpoint: CLOUD, retryAt: runtime.wall() + ms }) as const;

  it('ends by nobody’s wish, by no answer to an older call, and by no jump of the clock', async () => {
    endpoints.backOff(CLOUD, throttled(60_000));
    endpoints.wakeAll();
    endpoints.succeeded(CLOUD);
    runtime.clock.jumpWall(3_600_000);
    expect(endpoints.heldMs(CLOUD)).toBe(60_000);
    await runtime.advance(60_000);
    expect(endpoints.restMs(CLOUD)).toBe(0);
  });

  it('is not shortened by a shorter one, and our own rest beside it ends alone', () => {
    endpoints.backOff(CLOUD, throttled(60_000));
    endpoints.backOff(CLOUD, throttled(5_000));
    endpoints.rest(CLOUD, 120_000);
    expect(endpoints.restMs(CLOUD)).toBe(120_000);
    endpoints.wakeAll();
    expect(endpoints.restMs(CLOUD)).toBe(60_000);
  });

  it('taken over after the clock was set back lasts no longer for it than since the last thing written down', async () => {
    endpoints.backOff(CLOUD, throttled(600_000));
    runtime.clock.jumpWall(-3_600_000);
    expect(new Endpoints(runtime, store).heldMs(CLOUD)).toBe(600_000);
    runtime.clock.jumpWall(3_600_000);
    await runtime.advance(300_000);
    endpoints.succeeded(ERP);
    runtime.clock.jumpWall(-3_600_000);
    expect(new Endpoints(runtime, store).heldMs(CLOUD)).toBe(300_000);
  });

  it('is taken over whole where another clock was ahead of its end', () => {
    runtime.clock.jumpWall(7_200_000);
    endpoints.succeeded(ERP);
    runtime.clock.jumpWall(-7_200_000);
    endpoints.backOff(CLOUD, throttled(60_000));
    expect(new Endpoints(runtime, store).heldMs(CLOUD)).toBe(60_000);
  });

  it('outlives a restart, unless it is further away than any is taken over', () => {
    endpoints.backOff(CLOUD, throttled(60_000));
    expect(new Endpoints(runtime, store).heldMs(CLOUD)).toBe(60_000);
    endpoints.backOff(CLOUD, throttled(25 * 3_600_000));
    expect(new Endpoints(runtime, store).heldMs(CLOUD)).toBe(0);
  });
});
