import { describe, expect, onTestFinished, test } from 'vitest';
import { explainReason } from '../../../shared/contract/explain-reason.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import type { PacketCloud } from '../../../main/core/packets/packet-cloud.ts';
import { AREA, COMPANY, linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const PHOTOS = mappingSchema.parse({
  ...MAPPING,
  pull: {
    ...MAPPING.pull,
    photos: {
      maxBytes: 1_000_000,
      write: {
        to: { table: { name: 'Photos' }, rawInsert: true },
        values: { FileId: { field: 'id', type: 'text(40)', required: true } },
      },
    },
  },
});
const DAY_MS = 86_400_000;
const never = new AbortController().signal;
const order = (no: string): string => packet('SalesHeader', `row-${no}`, { no });
const queue = (b: LinkBench): { waiting: string[]; delivered: string[]; done: string[] } =>
  b.cloud.control.queueState({ area: AREA });
const parked = (b: LinkBench): readonly Item[] =>
  b.store.list({ limit: 9, offset: 0, direction: 'in', states: ['parked'] });
const only = (items: readonly Item[]): Item => {
  const [item] = items;
  if (item === undefined || items.length > 1) throw new Error(`${items.length} items instead of one`);
  return item;
};

function bench(options: Parameters<typeof linkBench>[1] = {}, folder = temporaryFolder()): LinkBench {
  const made = linkBench(folder, options);
  onTestFinished(() => made.close());
  return made;
}

/** Ten orders, the body of the fourth is gone. */
function tenWithOneLost(b: LinkBench, at: 'link' | 'download' = 'download'): string {
  const ids = Array.from({ length: 10 }, (_, n) => b.deliver(order(`SO-${n}`)));
  const lost = ids[3] ?? '';
  b.cloud.control.vanishBody({ area: AREA, id: lost, at });
  return lost;
}
const NINE = Array.from({ length: 10 }, (_, n) => `order SO-${n}`).filter((one) => one !== 'order SO-3');

describe('a body the cloud no longer has', () => {
  test.each(['link', 'download'] as const)(
    'is kept as an item for a person, the others of its list go in, and the list stays until he agrees (%s)',
    async (at) => {
      const b = bench();
      const lost = tenWithOneLost(b, at);
      await b.run('pull');
      expect(b.erp.written.toSorted()).toEqual(NINE);
      const item = only(parked(b));
      expect(item).toMatchObject({ externalId: lost, user: 'anna', body: { size: 0 } });
      const words = explainReason(item.reason ?? { kind: 'person', note: '' });
      expect(words.owner).toBe('cloud-administrator');
      expect(words.what.key).toBe('failure.bodyGone.what');
      // What the cloud said of it is kept.
      const raw = b.store.timeline(item.id).find(({ event }) => event === 'body-gone');
      expect(raw?.detail).toContain(lost);
      for (let rounds = 0; rounds < 3; rounds += 1) {
        await b.runtime.advance(300_000);
        await b.run('pull');
      }
      expect(queue(b).done).toEqual([]);
      expect(queue(b).delivered).toHaveLength(10);
      expect(only(parked(b)).id).toBe(item.id);
      // The cloud answered all the time: it is not it that fails.
      expect(b.link.parts.endpoints.isWell('cloud:field')).toBe(true);

      const end = await b.finish(b.link.discard(item, 'lost, entered by hand', never));
      expect(end.kind).toBe('discarded');
      await b.run('pull');
      expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
      expect(queue(b).done).toContain(lost);
      expect(b.erp.written.toSorted()).toEqual(NINE);
    },
  );

  test('goes on by itself as an ordinary packet when it comes back, also after a restart', async () => {
    const folder = temporaryFolder();
    const first = linkBench(folder);
    const lost = tenWithOneLost(first);
    await first.run('pull');
    const item = only(parked(first));
    first.store.close();

    // The same cloud and ERP, a new life of the program. The body was on a server that was away.
    let answers: 'away' | 'there' = 'away';
    const second = bench(
      {
        cloud: first.cloud,
        erp: first.erp,
        runtime: first.runtime,
        client: (right) => ({
          ...right,
          capabilities: right.capabilities,
          list: (of, signal) => right.list(of, signal),
          reportDone: (report, signal) => right.reportDone(report, signal),
          requestUpload: (request, signal) => right.requestUpload(request, signal),
          upload: (ticket, body, signal) => right.upload(ticket, body, signal),
          download: (entry, signal) => {
            if (entry.id !== lost) return right.download(entry, signal);
            return Promise.resolve(
              answers === 'away'
                ? {
                    ok: false,
                    failure: { kind: 'unreachable', endpoint: 'cloud:field', cause: 'status 503' },
                  }
                : { ok: true, value: oneChunk(order('SO-3')) },
            );
          },
        }),
      },
      folder,
    );
    await second.run('pull');
    expect(only(parked(second)).id).toBe(item.id);
    expect(queue(second).done).toEqual([]);
    answers = 'there';
    await second.runtime.advance(60_000);
    await second.run('pull');
    expect(second.erp.written.toSorted()).toEqual([...NINE, 'order SO-3'].toSorted());
    expect(parked(second)).toEqual([]);
    expect(second.store.get(item.id)).toMatchObject({ state: 'settled', externalId: lost });
    expect(queue(second)).toMatchObject({ waiting: [], delivered: [] });
  });

  test('blocks nobody where parts of a list may be reported', async () => {
    const b = bench({ partialDone: true });
    const lost = tenWithOneLost(b);
    for (let n = 10; n < 25; n += 1) b.deliver(order(`SO-${n}`));
    await b.run('pull');
    expect(b.erp.written).toHaveLength(24);
    expect([...queue(b).waiting, ...queue(b).delivered]).toEqual([lost]);
  });

  test('is reported under the handle of its newest delivery once a person agreed (sqs)', async () => {
    const b = bench({ switches: { queue: 'sqs' } });
    const id = b.deliver(order('SO-1'));
    b.cloud.control.vanishBody({ area: AREA, id });
    await b.run('pull');
    const item = only(parked(b));
    await b.runtime.advance(31_000);
    await b.run('pull');
    expect(only(parked(b)).id).toBe(item.id);
    await b.finish(b.link.discard(item, 'agreed', never));
    for (let rounds = 0; rounds < 2; rounds += 1) {
      await b.runtime.advance(31_000);
      await b.run('pull');
    }
    expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
    expect(b.erp.written).toEqual([]);
  });

  test.each([false, true])(
    'holds up newer packets for as long as the settings say, and stays here with what the cloud said of it (parts %s)',
    async (partialDone) => {
      const downloads = new Map<string, number>();
      const b = bench({ partialDone, client: counting(downloads), lostBodyAfterMs: DAY_MS });
      const lost = tenWithOneLost(b);
      for (let n = 10; n < 15; n += 1) b.deliver(order(`SO-${n}`));
      await b.run('pull');
      const item = only(parked(b));
      const until = item.createdAt + 86_400_000;
      const words = explainReason(item.reason ?? { kind: 'person', note: '' });
      expect(words.next).toMatchObject({ key: 'reason.lostBody.next', params: { until } });
      await b.runtime.advance(until - b.runtime.wall() - 60_000);
      await b.run('pull');
      expect(queue(b).done.includes(lost)).toBe(false);
      expect(b.erp.written).toHaveLength(partialDone ? 14 : 9);
      await b.runtime.advance(60_000);
      for (let rounds = 0; rounds < 2; rounds += 1) {
        await b.run('pull');
        await b.runtime.advance(60_000);
      }
      expect(b.erp.written).toHaveLength(14);
      expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
      expect(only(parked(b))).toMatchObject({ id: item.id, state: 'parked' });
      const events = b.store.timeline(item.id);
      expect(events.find(({ event }) => event === 'body-gone')?.detail).toContain(lost);
      expect(events.filter(({ event }) => event === 'reported-without-body')).toHaveLength(1);
      // What was here was fetched once, however often its list was shown.
      expect([...downloads].filter(([id, times]) => id !== lost && times > 1)).toEqual([]);
    },
  );

  test.each(['sticky', 'sqs'] as const)(
    'is not reported, however long it lasts, unless a person agrees or the settings say how long (%s)',
    async (mode) => {
      const b = bench({ switches: { queue: mode, visibility: 30 } });
      const lost = tenWithOneLost(b);
      await b.run('pull');
      // The cloud itself forgets it after four.
      for (let days = 0; days < 3; days += 1) {
        await b.runtime.advance(DAY_MS);
        await b.run('pull');
      }
      expect(queue(b).done).not.toContain(lost);
      const item = only(parked(b));
      expect(item.externalId).toBe(lost);
      expect(explainReason(item.reason ?? { kind: 'person', note: '' }).next.key).toBe(
        'failure.bodyGone.next',
      );
    },
  );

  test('is waited for a day where each list gives new handles, without fetching again what is here with it', async () => {
    const downloads = new Map<string, number>();
    const b = bench({
      switches: { queue: 'sqs', visibility: 30 },
      client: counting(downloads),
      lostBodyAfterMs: DAY_MS,
    });
    const lost = tenWithOneLost(b);
    await b.run('pull');
    const item = only(parked(b));
    for (let hours = 0; hours < 24; hours += 1) {
      await b.runtime.advance(3_500_000);
      await b.run('pull');
      expect(queue(b).done.includes(lost)).toBe(false);
    }
    const atMost = Math.max(...[...downloads].filter(([id]) => id !== lost).map(([, times]) => times));
    expect(atMost).toBeLessThanOrEqual(3);
    await b.runtime.advance(item.createdAt + 86_400_000 - b.runtime.wall());
    for (let rounds = 0; rounds < 3; rounds += 1) {
      await b.run('pull');
      await b.runtime.advance(31_000);
    }
    expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
    expect(b.erp.written.toSorted()).toEqual(NINE);
    expect(only(parked(b)).id).toBe(item.id);
  });

  test('in the queue of files it is reported after a day as well', async () => {
    const b = bench({ mapping: PHOTOS, lostBodyAfterMs: DAY_MS });
    b.cloud.control.deliver({
      area: AREA,
      id: 'f-1',
      packetType: 'file',
      user: 'anna',
      company: COMPANY,
      bytes: new Uint8Array([255, 216, 255, 1]),
    });
    b.cloud.control.vanishBody({ area: AREA, id: 'f-1' });
    await b.run('pull');
    const item = only(parked(b));
    expect(item).toMatchObject({ queue: 'file', externalId: 'f-1', body: { size: 0 } });
    const files = () => b.cloud.control.queueState({ area: AREA, packetType: 'file' });
    await b.runtime.advance(item.createdAt + 86_400_000 - b.runtime.wall() - 60_000);
    await b.run('pull');
    expect(files().done).toEqual([]);
    await b.runtime.advance(60_000);
    await b.run('pull');
    expect(files()).toMatchObject({ delivered: [], done: ['f-1'] });
    expect(only(parked(b)).id).toBe(item.id);
  });

  test('cannot be retried: there is nothing to try', async () => {
    const b = bench();
    const id = b.deliver(order('SO-1'));
    b.cloud.control.vanishBody({ area: AREA, id });
    await b.run('pull');
    expect(b.store.retry(only(parked(b)).id, b.runtime.wall())).toBeUndefined();
    expect(only(parked(b)).reason).toMatchObject({ failure: { code: 'body-gone' } });
  });
});

/** The right client, with how often each body was asked for. */
const counting =
  (downloads: Map<string, number>) =>
  (right: PacketCloud): PacketCloud => ({
    capabilities: right.capabilities,
    list: (of, signal) => right.list(of, signal),
    reportDone: (report, signal) => right.reportDone(report, signal),
    requestUpload: (request, signal) => right.requestUpload(request, signal),
    upload: (ticket, body, signal) => right.upload(ticket, body, signal),
    download: (entry, signal) => {
      downloads.set(entry.id, (downloads.get(entry.id) ?? 0) + 1);
      return right.download(entry, signal);
    },
  });

// oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
