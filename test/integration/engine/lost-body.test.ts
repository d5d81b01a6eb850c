import { describe, expect, onTestFinished, test } from 'vitest';
import { explainReason } from '../../../shared/contract/explain-reason.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

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

  test('cannot be retried: there is nothing to try', async () => {
    const b = bench();
    const id = b.deliver(order('SO-1'));
    b.cloud.control.vanishBody({ area: AREA, id });
    await b.run('pull');
    expect(b.store.retry(only(parked(b)).id, b.runtime.wall())).toBeUndefined();
    expect(only(parked(b)).reason).toMatchObject({ failure: { code: 'body-gone' } });
  });
});

// oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
async function* oneChunk(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
