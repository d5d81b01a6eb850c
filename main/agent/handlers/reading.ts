import { z } from 'zod';
import type { Args, Handlers } from '../../../shared/contract/contract.ts';
import { BODY_TEXT_BYTES } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { itemId, linkId, type LinkId } from '../../../shared/model/ids.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import type { Unknown } from '../../core/mapping/plan.ts';
import type { Item } from '../../core/queue/item.ts';
import type { ReadFailure, ViewerReads } from '../../core/queue/viewer-reads.ts';
import { changeView, editView } from './edit-view.ts';
import { itemView, runView } from '../site-status.ts';

type Refused = ReturnType<typeof refuse>;

const HINTS: Readonly<Record<ReadFailure['kind'], string>> = {
  slow: 'Ask for less: another filter, or a longer text.',
  store: 'Look at the data folder and its disk.',
  ended: 'Ask again.',
  cancelled: 'Ask again.',
};

export const unread = ({ kind, message }: ReadFailure): Refused =>
  refuse('unavailable', message, HINTS[kind]);

export const noItem = (item: number): Refused =>
  refuse(
    'not-found',
    `no item has the number ${item}`,
    'what was settled more than two days ago is in archive/',
  );

export const linkOf = (name: string | undefined): LinkId | undefined =>
  name === undefined ? undefined : linkId(name);

/** The requests that only look at items, for a running site and for one that is at rest. */
export function itemReading(
  reads: ViewerReads,
  signal: AbortSignal,
  mappingOf: (link: LinkId) => Mapping | undefined = () => undefined,
): Pick<Handlers, 'queueList' | 'queueShow' | 'queueBody'> {
  return {
    queueList: async ({ link, ...query }) => {
      const found = await reads.list({ ...query, link: linkOf(link) }, signal);
      if (!found.ok) return unread(found.failure);
      return answer({ items: found.value.items.map(itemView), total: found.value.total });
    },

    queueShow: async ({ item: number }) => {
      const found = await reads.show(itemId(number), signal);
      if (!found.ok) return unread(found.failure);
      if (found.value === undefined) return noItem(number);
      const { item, timeline, beginning, edits } = found.value;
      const { hash, size } = item.body;
      // Beside the item itself: one that cannot be compared is shown all the same.
      const compared = await reads.compared({ item: item.id, mapping: pullOf(mappingOf(item.link)) }, signal);
      const { difference, unknown = [] } = compared.ok ? (compared.value ?? {}) : {};
      const kept = unknownOf(item) ?? unknown;
      return answer({
        item: itemView(item),
        timeline: [...timeline],
        outcome: item.outcome,
        ...(edits.length === 0 ? {} : { edits: edits.map(editView) }),
        ...(difference === undefined
          ? {}
          : { difference: { ...difference, changes: difference.changes.map(changeView) } }),
        ...(kept.length === 0 ? {} : { unknown: [...kept] }),
        body: { size, hash, text: textOf(beginning), truncated: size > BODY_TEXT_BYTES },
      });
    },

    queueBody: async ({ item, offset, limit, original }: Args<'queueBody'>) => {
      const found = await reads.bodyPart({ item: itemId(item), offset, limit, original }, signal);
      if (!found.ok) return unread(found.failure);
      if (found.value === undefined)
        return refuse(
          'not-found',
          `the body of item ${item} is not here`,
          'what was settled more than two days ago is in archive/',
        );
      const { body, bytes } = found.value;
      return answer({
        size: body.size,
        hash: body.hash,
        offset,
        base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
        end: offset + bytes.byteLength >= body.size,
      });
    },
  };
}

export const runReading =
  (reads: ViewerReads, signal: AbortSignal): Handlers['runsList'] =>
  async ({ link, before, limit }) => {
    const found = await reads.runs({ link: linkOf(link), before, limit }, signal);
    return found.ok ? answer({ runs: found.value.map(runView) }) : unread(found.failure);
  };

/** What goes to whoever compares: the part that says what phones send. */
const pullOf = (mapping: Mapping | undefined): Pick<Mapping, 'pull'> | undefined =>
  mapping === undefined ? undefined : { pull: mapping.pull };

const outcomeSchema = z.object({
  unknown: z.array(z.object({ what: z.enum(['table', 'code']), name: z.string() })).optional(),
});

/** As it was noted when the item was written into the ERP: a mapping may know more since, and of this packet nothing more was made. */
function unknownOf({ outcome }: Item): readonly Unknown[] | undefined {
  if (outcome === undefined) return undefined;
  const read = outcomeSchema.safeParse(parsed(outcome));
  return read.success ? read.data.unknown : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Undefined when it is gone or no UTF-8. */
function textOf(beginning: Uint8Array | undefined): string | undefined {
  if (beginning === undefined) return undefined;
  try {
    // `stream` leaves out a character that the end cuts in two.
    return new TextDecoder('utf-8', { fatal: true }).decode(beginning.subarray(0, BODY_TEXT_BYTES), {
      stream: true,
    });
  } catch {
    return undefined;
  }
}
