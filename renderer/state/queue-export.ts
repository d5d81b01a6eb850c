import type { ArgsIn, SiteClient } from '../../shared/contract/contract.ts';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../shared/contract/reply.ts';
import type { Speaker } from '../../shared/i18n/say.ts';
import { CSV_MARK, csvLine, csvSeparator } from './queue-csv.ts';
import { shapeOf, type ListPlan } from './queue-choice.ts';

/** More is no list for people any more; filters make it smaller. */
export const MOST_EXPORTED = 10_000;
const PAGE = 500;

export type Exported =
  | { readonly kind: 'done'; readonly csv: string; readonly count: number; readonly total: number }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'stopped' };

/**
 * Collects the list of a plan. What is stored after `now` does not come in, and when items leave the list meanwhile the next
 * page begins earlier, so that none is passed over; an item seen twice is written once.
 */
export async function collectCsv(
  client: SiteClient,
  plan: ListPlan,
  speaker: Speaker,
  progress: (done: number, total: number) => void,
  signal: AbortSignal,
): Promise<Exported> {
  const { now } = speaker.view;
  const args: ArgsIn<'queueList'> = { ...plan.args, before: Math.min(plan.args.before ?? now, now) };
  const order = args.order ?? 'newest';
  let leftOut = 0;
  if (plan.leftOut !== undefined) {
    const counted = await client.call('queueList', { ...plan.leftOut, limit: 1 }, signal);
    if (signal.aborted) return { kind: 'stopped' };
    if (!counted.ok) return { kind: 'refused', refusal: counted.error };
    leftOut = counted.value.total;
  }
  const items = new Map<number, ItemView>();
  let offset = order === 'oldest' ? leftOut : 0;
  let total = 0;
  let found: number | undefined;
  for (;;) {
    const reply = await client.call('queueList', { ...args, limit: PAGE, offset }, signal);
    if (signal.aborted) return { kind: 'stopped' };
    if (!reply.ok) return { kind: 'refused', refusal: reply.error };
    const { items: page } = reply.value;
    const gone = Math.max(0, (found ?? reply.value.total) - reply.value.total);
    found = reply.value.total;
    total = shapeOf({ order }, found, leftOut).count;
    if (gone > 0 && offset > 0) {
      // Items before this page left: what stood at its beginning stands before it now.
      offset = Math.max(0, offset - gone);
      continue;
    }
    const end = order === 'oldest' ? Number.POSITIVE_INFINITY : total;
    for (const [n, item] of page.entries())
      if (items.size < MOST_EXPORTED && offset + n < end) items.set(item.id, item);
    offset += page.length;
    progress(items.size, Math.min(total, MOST_EXPORTED));
    if (page.length === 0 || items.size >= Math.min(total, MOST_EXPORTED) || offset >= found) break;
  }
  return { kind: 'done', csv: csvOf([...items.values()], speaker), count: items.size, total };
}

/** The file: what the list shows, with the technical names. */
export function csvOf(items: readonly ItemView[], speaker: Speaker): string {
  const separator = csvSeparator(speaker.view.locale);
  const head = (
    [
      'item',
      'state',
      'direction',
      'link',
      'document',
      'user',
      'packet',
      'company',
      'stored',
      'settled',
      'attempts',
      'size',
      'cause',
      'who',
      'next',
    ] as const
  ).map((name) => speaker.text(`queue.csv.${name}`));
  const time = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
  const lines = items.map((item) =>
    csvLine(
      [
        item.id,
        speaker.text(`itemState.${item.state}`),
        speaker.text(`queue.direction.${item.direction}`),
        item.link,
        speaker.title(item),
        item.user,
        item.externalId,
        item.company,
        time(item.createdAt),
        time(item.settledAt),
        item.attempts,
        item.size,
        item.reason === undefined ? '' : speaker.say(item.reason.what),
        item.reason === undefined ? '' : speaker.text(`owner.${item.reason.owner}`),
        item.reason === undefined ? '' : speaker.say(item.reason.next),
      ],
      separator,
    ),
  );
  return CSV_MARK + csvLine(head, separator) + lines.join('');
}
