import { describe, expect, it } from 'vitest';
import { csvCell, csvLine, csvSeparator } from '../../../renderer/state/queue-csv.ts';
import { MOST_EXPORTED, collectCsv } from '../../../renderer/state/queue-export.ts';
import { openView, planOf } from '../../../renderer/state/queue-choice.ts';
import type { ArgsIn, SiteClient } from '../../../shared/contract/contract.ts';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { Speaker } from '../../../shared/i18n/say.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30);
const ZONE = 'Europe/Sofia';
const speaker = new Speaker({ now: NOW, timeZone: ZONE, locale: 'en-GB' });

describe('cells', () => {
  it.each([
    ['=1+1', "'=1+1"],
    ['+49 30', "'+49 30"],
    ['-5', "'-5"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\uFEFF=1', "'\uFEFF=1"],
    ['\t=1', "'\t=1"],
    ['\r=1', "'\r=1"],
    ['＝1', "'＝1"],
  ])('hold %j as text', (value, text) => {
    expect(csvCell(value, ';').replace(/^"|"$/g, '')).toBe(text);
  });

  it('leave numbers and plain text alone', () => {
    expect(csvLine([-5, 'SO-1042', 'a=b'], ',')).toBe('-5,SO-1042,a=b\r\n');
  });

  it('keep separators, quotes and line ends within themselves', () => {
    expect(csvLine(['a;b', 'say "x"', 'two\nlines', 'c,d'], ';')).toBe(
      '"a;b";"say ""x""";"two\nlines";"c,d"\r\n',
    );
  });

  it('stand apart by what the locale’s spreadsheets expect', () => {
    expect(['en-GB', 'de-DE', 'bg-BG', 'en-US'].map(csvSeparator)).toEqual([',', ';', ';', ',']);
  });
});

const itemOf = (id: number, label = `Order ${id}`): ItemView => ({
  id,
  link: 'a',
  direction: 'in',
  externalId: `P-${id}`,
  user: 'ANNA',
  company: 'ACME',
  label,
  state: 'settled',
  size: 1,
  createdAt: NOW - 10_000_000 + id,
  dueAt: NOW,
  attempts: 1,
  revision: 0,
});

/** A queue that answers lists; `between` happens after each answer. */
function clientOf(
  queue: { items: ItemView[] },
  between: (call: number) => void = () => undefined,
): SiteClient {
  let calls = 0;
  const call = async (_name: string, args: ArgsIn<'queueList'>) => {
    const found = queue.items
      .filter((item) => args.before === undefined || item.createdAt < args.before)
      .toSorted((a, b) => (args.order === 'oldest' ? a.id - b.id : b.id - a.id));
    const offset = args.offset ?? 0;
    const reply = answer({ items: found.slice(offset, offset + (args.limit ?? 50)), total: found.length });
    between((calls += 1));
    return reply;
  };
  return { call } as unknown as SiteClient;
}
const items = (count: number): ItemView[] => Array.from({ length: count }, (_, n) => itemOf(n + 1));
const idsIn = (csv: string): number[] =>
  csv
    .split('\r\n')
    .slice(1, -1)
    .map((line) => Number(line.split(',')[0]));
const never = new AbortController().signal;
const all = planOf(openView('all', undefined), NOW, ZONE);

describe('export', () => {
  it('holds every item once, newest first, under a head', async () => {
    const exported = await collectCsv(
      clientOf({ items: items(1_234) }),
      all,
      speaker,
      () => undefined,
      never,
    );
    if (exported.kind !== 'done') throw new Error(exported.kind);
    expect(exported.csv.startsWith('\uFEFFItem,State,Direction,Link,Document')).toBe(true);
    expect(idsIn(exported.csv)).toEqual(
      items(1_234)
        .map(({ id }) => id)
        .toReversed(),
    );
    expect(exported.count).toBe(1_234);
  });

  it('passes over none when items leave and others come meanwhile', async () => {
    const queue = { items: items(2_000) };
    const exported = await collectCsv(
      clientOf(queue, (call) => {
        // The newest forty leave the list; ten come that are later than the export.
        if (call === 2) queue.items = queue.items.filter(({ id }) => id <= 1_960);
        if (call === 3)
          queue.items.push(
            ...Array.from({ length: 10 }, (_, n) => ({ ...itemOf(5_000 + n), createdAt: NOW + n })),
          );
      }),
      all,
      speaker,
      () => undefined,
      never,
    );
    if (exported.kind !== 'done') throw new Error(exported.kind);
    expect(new Set(idsIn(exported.csv)).size).toBe(exported.count);
    const written = new Set(idsIn(exported.csv));
    const missed = items(1_960).filter(({ id }) => !written.has(id));
    expect(missed).toEqual([]);
    expect(Math.max(...written)).toBe(2_000);
  });

  it('takes today’s items only, in either order', async () => {
    const midnight = Date.UTC(2026, 10, 19, 22);
    const queue = {
      items: items(900).map((item) => ({
        ...item,
        createdAt: item.id <= 700 ? midnight - 1_000 : midnight + item.id,
      })),
    };
    for (const order of ['newest', 'oldest'] as const) {
      const plan = planOf({ ...openView('today', undefined), order }, NOW, ZONE);
      const exported = await collectCsv(clientOf(queue), plan, speaker, () => undefined, never);
      if (exported.kind !== 'done') throw new Error(exported.kind);
      expect([exported.count, exported.total]).toEqual([200, 200]);
      expect(Math.min(...idsIn(exported.csv))).toBe(701);
    }
  });

  it('stops at its most and says how many there are', async () => {
    const exported = await collectCsv(
      clientOf({ items: items(10_700) }),
      all,
      speaker,
      () => undefined,
      never,
    );
    expect(exported).toMatchObject({ kind: 'done', count: MOST_EXPORTED, total: 10_700 });
  });

  it('saves nothing when stopped or refused', async () => {
    const stopping = new AbortController();
    const stopped = await collectCsv(
      clientOf({ items: items(5_000) }),
      all,
      speaker,
      () => stopping.abort(),
      stopping.signal,
    );
    expect(stopped).toEqual({ kind: 'stopped' });
    const refusing = { call: async () => refuse('forbidden', 'no') } as unknown as SiteClient;
    const refused = await collectCsv(refusing, all, speaker, () => undefined, never);
    expect(refused).toMatchObject({ kind: 'refused', refusal: { code: 'forbidden' } });
  });
});
