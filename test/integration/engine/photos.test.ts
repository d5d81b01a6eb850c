import { describe, expect, onTestFinished, test } from 'vitest';
import type { Item } from '../../../main/core/queue/item.ts';
import type { StepName, StepPhase } from '../../../main/core/runtime/steps.ts';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import { AREA, linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { MemoryErp } from '../../support/memory-erp.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';

const PHOTOS: Mapping = mappingSchema.parse({
  ...MAPPING,
  pull: {
    ...MAPPING.pull,
    photos: {
      maxBytes: 1_000_000,
      write: {
        to: { table: { name: 'Photos' }, rawInsert: true },
        values: {
          FileId: { field: 'id', type: 'text(40)', required: true },
          Picture: { field: 'bytes', type: 'binary', required: true },
          Row: { field: 'rowId', type: 'text(40)' },
        },
      },
    },
  },
});
const DAY = 24 * 3_600_000;

function bench(options: Parameters<typeof linkBench>[1] = {}, folder = temporaryFolder()): LinkBench {
  const made = linkBench(folder, { mapping: PHOTOS, ...options });
  onTestFinished(() => made.close());
  return made;
}
const items = (b: LinkBench): readonly Item[] =>
  b.store.list({ limit: 100, offset: 0, direction: 'in', order: 'oldest' });
const states = (b: LinkBench): Record<string, string> =>
  Object.fromEntries(items(b).map((item) => [item.queue === 'file' ? 'photo' : 'order', item.state]));

/** A picture of many bytes, all values among them. */
const picture = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (i * 7) % 256);
const file = (b: LinkBench, bytes: Uint8Array, id = 'f-1'): string =>
  b.cloud.control.deliver({ area: AREA, user: 'anna', company: 'ACME_LIVE', packetType: 'file', id, bytes });
const withPhoto = (no: string, photo: string): string =>
  packet('SalesHeader', `row-${no}`, { no }).replace(
    '</NavMobileSync>',
    `<table tablename="Snapshot"><r status="insert"><DMS_ROWID>s-${no}</DMS_ROWID><imageName>dms://${photo}</imageName>` +
      `<entityName>SalesHeader</entityName><entityDMSROWID>row-${no}</entityDMSROWID></r></table></NavMobileSync>`,
  );
const photosWritten = (b: LinkBench): number => b.erp.written.filter((one) => one.startsWith('photo')).length;

describe.each(['sticky', 'sqs'] as const)('a photo and its order (%s)', (mode) => {
  test.each([
    ['the photo first', 0],
    ['the order first', 1],
  ])('are joined once, %s', async (_what, first) => {
    const b = bench({ switches: { queue: mode } });
    const send = [() => file(b, picture(300_000)), () => b.deliver(withPhoto('1', 'f-1'))];
    send[first]?.();
    await b.run('pull');
    expect(photosWritten(b)).toBe(0);
    send[1 - first]?.();
    await b.run('pull');
    expect(states(b)).toEqual({ photo: 'settled', order: 'settled' });
    expect(b.erp.written).toEqual(['order 1', 'photo f-1']);
    const state = b.cloud.control.queueState({ area: AREA, packetType: 'file' });
    expect(state).toMatchObject({ waiting: [], delivered: [], done: ['f-1'] });
  });

  test('listed twice, the file is written once', async () => {
    const b = bench({ switches: { queue: mode } });
    b.deliver(withPhoto('1', 'f-1'));
    const id = file(b, picture(10));
    await b.run('pull');
    b.cloud.control.redeliver({ area: AREA, id });
    await b.run('pull');
    expect(photosWritten(b)).toBe(1);
    expect(items(b)).toHaveLength(2);
  });
});

test('the photo of an order that is parked waits, and goes when the order does', async () => {
  const b = bench();
  b.deliver(withPhoto('1', 'f-1').replace('"anna"', '"bob"'));
  file(b, picture(10));
  await b.run('pull');
  expect(states(b)).toEqual({ photo: 'waiting', order: 'parked' });
  expect(items(b).find(({ queue }) => queue === 'file')?.reason).toMatchObject({
    kind: 'waits-for',
    number: 'f-1',
  });
  // The phone sends it again as it should be.
  b.deliver(withPhoto('1', 'f-1'));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order 1', 'photo f-1']);
});

test('alone for seven days it is told of, holds no snapshot, and goes on by itself when its packet comes', async () => {
  const b = bench();
  file(b, picture(10));
  await b.run('pull');
  await b.runtime.advance(6 * DAY);
  await b.run('pull');
  expect(states(b)).toEqual({ photo: 'waiting' });
  expect(b.store.openPacketsOf(b.link.parts.link, 'anna').pending).toBe(0);
  await b.runtime.advance(DAY + 1);
  await b.run('pull');
  expect(items(b)[0]).toMatchObject({ state: 'parked', reason: { kind: 'waits-for', overdue: true } });
  b.deliver(withPhoto('1', 'f-1'));
  await b.run('pull');
  expect(states(b)).toEqual({ photo: 'settled', order: 'settled' });
});

test('a packet whose photo does not come is in the ERP, and is told of after seven days until the photo comes', async () => {
  const b = bench();
  b.deliver(withPhoto('1', 'f-1'));
  const missing = async (): Promise<number | undefined> => {
    await b.run('pull');
    return b.store.runs({ limit: 1 })[0]?.counts['photosMissing'];
  };
  expect(await missing()).toBeUndefined();
  expect(b.erp.written).toEqual(['order 1']);
  await b.runtime.advance(6 * DAY);
  expect(await missing()).toBeUndefined();
  await b.runtime.advance(DAY + 1);
  expect(await missing()).toBe(1);
  file(b, picture(10));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order 1', 'photo f-1']);
  await b.runtime.advance(3_600_000);
  expect(await missing()).toBeUndefined();
});

test('a file larger than the mapping takes is parked in words, with its bytes', async () => {
  const b = bench();
  b.deliver(withPhoto('1', 'f-1'));
  file(b, picture(1_000_001));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order 1']);
  const item = items(b).find(({ queue }) => queue === 'file');
  expect(item).toMatchObject({
    state: 'parked',
    reason: { failure: { kind: 'rejected', code: 'photo-too-large' } },
  });
  expect(item?.body.size).toBe(1_000_001);
});

test.each(['sticky', 'sqs'] as const)(
  'a file without bytes is parked, holds no other up, and is reported once a person gives it up (%s)',
  async (mode) => {
    const b = bench({ switches: { queue: mode } });
    b.deliver(withPhoto('1', 'f-2'));
    file(b, picture(0));
    file(b, picture(10), 'f-2');
    const files = () => b.cloud.control.queueState({ area: AREA, packetType: 'file' });
    for (let turn = 0; turn < 3; turn += 1) {
      await b.run('pull');
      await b.runtime.advance(61_000);
    }
    expect(b.erp.written).toEqual(['order 1', 'photo f-2']);
    const parked = items(b).filter(({ state }) => state === 'parked');
    expect(parked).toMatchObject([
      { externalId: 'f-1', body: { size: 0 }, reason: { failure: { code: 'body-empty' } } },
    ]);
    expect(files().done).not.toContain('f-1');
    const [item] = parked;
    if (item === undefined) throw new Error('nothing is parked');
    const never = new AbortController().signal;
    expect((await b.finish(b.link.discard(item, 'taken again', never))).kind).toBe('discarded');
    for (let turn = 0; turn < 3; turn += 1) {
      await b.run('pull');
      await b.runtime.advance(61_000);
    }
    expect(files()).toMatchObject({ waiting: [], delivered: [] });
    expect(files().done).toContain('f-1');
  },
);

describe('killed around each step, the photo is in the ERP once', () => {
  const steps = ['pull.store-packet', 'pull.apply', 'pull.settle', 'pull.wait'] as const;
  test.each(steps.flatMap((step) => (['before', 'after'] as const).map((phase) => [step, phase] as const)))(
    '%s, %s',
    async (step, phase) => {
      const folder = temporaryFolder();
      const inner = createTestRuntime({ seed: 1 });
      const dead = { armed: true, now: false };
      const runtime = new Proxy(inner, {
        get: (target, name) =>
          name === 'step'
            ? (at: StepName, when: StepPhase) => {
                // Once the photo is there and waits, the order comes.
                if (dead.now || (dead.armed && photoWaits && at === step && when === phase)) {
                  dead.now = true;
                  dead.armed = false;
                  throw new Error('killed');
                }
              }
            : (Reflect.get(target, name) as unknown),
      });
      const erp = new MemoryErp();
      let b = linkBench(folder, { mapping: PHOTOS, runtime, erp });
      onTestFinished(() => b.close());
      let photoWaits = step === 'pull.wait';
      const settle = async (): Promise<void> => {
        for (let turn = 0; turn < 3; turn += 1) {
          await b.run('pull').catch(() => undefined);
          if (dead.now) {
            dead.now = false;
            b.store.close();
            b = linkBench(folder, { mapping: PHOTOS, runtime, erp, cloud: b.cloud });
          }
          await inner.advance(61_000);
        }
      };
      file(b, picture(10));
      await settle();
      photoWaits = true;
      b.deliver(withPhoto('1', 'f-1'));
      await settle();
      expect(dead.armed).toBe(false);
      expect(erp.written).toEqual(['order 1', 'photo f-1']);
      expect(states(b)).toEqual({ photo: 'settled', order: 'settled' });
    },
  );
});

test('without a word about photos in the mapping the files stay in the cloud', async () => {
  const b = bench({ mapping: MAPPING });
  file(b, picture(10));
  await b.run('pull');
  expect(items(b)).toEqual([]);
  expect(b.cloud.control.queueState({ area: AREA, packetType: 'file' }).waiting).toEqual(['f-1']);
});
