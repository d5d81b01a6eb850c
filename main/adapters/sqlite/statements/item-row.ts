import { z } from 'zod';
import { ITEM_STATES } from '../../../core/queue/item.ts';
import type { Item } from '../../../core/queue/item.ts';
import { itemId, linkId, sha256 } from '../../../../shared/model/ids.ts';
import { reasonColumn } from '../failure-codec.ts';
import { decode, optional } from './decode.ts';

/** What every statement that gives items selects, from `item AS i`. */
export const ITEM_COLUMNS = `i.id, i.link, i.direction, i.queue, i.external_id, i.user, i.company, i.label, i.state,
  i.state_since, i.reason, i.body_place, i.body_hash, i.body_size, i.created_at, i.due_at, i.attempts, i.unclean_exits,
  i.revision, i.claimed_by, i.settled_at, i.outcome, i.handed_since, i.handed_until`;

const hash = z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256' });

const itemRow = z.object({
  id: z.int(),
  link: z.string(),
  direction: z.enum(['in', 'out']),
  queue: optional(z.enum(['packet', 'file'])),
  external_id: z.string(),
  user: z.string(),
  company: z.string(),
  label: z.string(),
  state: z.enum(ITEM_STATES),
  state_since: z.int(),
  reason: z.string().nullable(),
  body_place: z.enum(['row', 'spool']),
  body_hash: hash,
  body_size: z.int(),
  created_at: z.int(),
  due_at: z.int(),
  attempts: z.int(),
  unclean_exits: z.int(),
  revision: z.int(),
  claimed_by: optional(z.string()),
  settled_at: optional(z.int()),
  outcome: optional(z.string()),
  handed_since: optional(z.int()),
  handed_until: optional(z.int()),
});

const named = z.object({ id: z.number() });

const idOf = (row: unknown): string => {
  const id = named.safeParse(row);
  return id.success ? String(id.data.id) : 'without an id';
};

/**
 * A row as an item. A reason that cannot be read does not hide the item: the damage becomes its reason. Anything else that
 * is damaged throws StoreError `damaged-row`.
 */
export function decodeItem(row: unknown): Item {
  const where = `row ${idOf(row)} of item`;
  const r = decode(itemRow, row, where);
  return {
    id: itemId(r.id),
    link: linkId(r.link),
    direction: r.direction,
    ...(r.queue === undefined ? {} : { queue: r.queue }),
    externalId: r.external_id,
    user: r.user,
    company: r.company,
    label: r.label,
    state: r.state,
    reason: r.reason === null ? undefined : readReason(r.reason, where),
    body: { place: r.body_place, hash: sha256(r.body_hash), size: r.body_size },
    createdAt: r.created_at,
    dueAt: r.due_at,
    attempts: r.attempts,
    uncleanExits: r.unclean_exits,
    revision: r.revision,
    claimedBy: r.claimed_by,
    settledAt: r.settled_at,
    outcome: r.outcome,
    handed:
      r.handed_since === undefined || r.handed_until === undefined
        ? undefined
        : { since: r.handed_since, until: r.handed_until },
  };
}

function readReason(text: string, where: string): Item['reason'] {
  const parsed = reasonColumn.safeParse(text);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const what = issue === undefined ? '' : `${['reason', ...issue.path].join('.')}: ${issue.message}`;
  return { kind: 'failure', failure: { kind: 'defect', message: `${where} is damaged: ${what}` } };
}
