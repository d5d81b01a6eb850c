import { z } from 'zod';
import type { DocumentKey } from '../../../core/packets/apply/document-diff.ts';
import type { Item } from '../../../core/queue/item.ts';
import { itemId, type ItemId, type LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb } from '../connection.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

const documentRow = z.object({ item: optional(z.int()), at: z.int() });
const wordRow = z.object({ document: optional(z.string()) });
const archivedRow = z.object({
  item: z.int(),
  packet_id: z.string(),
  body_hash: z.string(),
  body_size: z.int(),
  created_at: z.int(),
  settled_at: z.int(),
});
const idRow = z.object({ id: z.int() });

/** Kinds of documents of a link are few; more than these are no mapping's. */
const MOST_WORDS = 100;
/** Packets settled in one moment. */
const MOST_AT_ONCE = 20;

export interface KnownDocument {
  /** Undefined: it is in the archive. */
  readonly item: ItemId | undefined;
  /** When it was settled. */
  readonly at: Instant;
}

/** Documents of a link that the ERP has, found by these keys, in their order. */
export function findDocuments(
  db: ReadDb,
  link: LinkId,
  keys: readonly DocumentKey[],
): readonly KnownDocument[] {
  let words: readonly string[] | undefined;
  return keys.flatMap(({ document, rowId, number }) => {
    const kinds = document === undefined ? (words ??= wordsOf(db, link)) : [document];
    return kinds
      .flatMap((word) => [
        ...(rowId === undefined
          ? []
          : prepared(db, 'SELECT item, at FROM document WHERE link = ? AND document = ? AND row_id = ?').all(
              link,
              word,
              rowId,
            )),
        ...(number === undefined
          ? []
          : prepared(
              db,
              'SELECT item, at FROM document WHERE link = ? AND document = ? AND number = ? ORDER BY at DESC LIMIT 5',
            ).all(link, word, number)),
      ])
      .map((row) => {
        const found = decode(documentRow, row, 'a row of document');
        return { item: found.item === undefined ? undefined : itemId(found.item), at: found.at };
      });
  });
}

/** From one word to the next by the index: a link has few, and millions of documents. */
function wordsOf(db: ReadDb, link: LinkId): readonly string[] {
  const words: string[] = [];
  for (let last = ''; words.length < MOST_WORDS;) {
    const row = prepared(
      db,
      'SELECT min(document) AS document FROM document WHERE link = ? AND document > ?',
    ).get(link, last);
    const { document } = decode(wordRow, row, 'a row of document');
    if (document === undefined) break;
    words.push((last = document));
  }
  return words;
}

/** What stays of packets that were settled at a moment and are archived. */
export const findArchivedAt = (
  db: ReadDb,
  link: LinkId,
  settledAt: Instant,
): readonly {
  readonly item: number;
  readonly packetId: string;
  readonly bodyHash: string;
  readonly size: number;
  readonly createdAt: Instant;
  readonly settledAt: Instant;
}[] =>
  prepared(
    db,
    `SELECT item, packet_id, body_hash, body_size, created_at, settled_at FROM archived_packet
     WHERE settled_at = ? AND link = ? AND queue = 'packet' ORDER BY item LIMIT ${String(MOST_AT_ONCE)}`,
  )
    .all(settledAt, link)
    .map((row) => {
      const r = decode(archivedRow, row, 'archived_packet');
      return {
        item: r.item,
        packetId: r.packet_id,
        bodyHash: r.body_hash,
        size: r.body_size,
        createdAt: r.created_at,
        settledAt: r.settled_at,
      };
    });

/** Packets of the same user that came before and are not settled, newest first. */
export const readOpenBefore = (
  db: ReadDb,
  { id, link, user }: Pick<Item, 'id' | 'link' | 'user'>,
  most: number,
): readonly ItemId[] =>
  prepared(
    db,
    `SELECT i.id FROM item AS i
     WHERE i.direction = 'in' AND i.state NOT IN ('settled', 'discarded') AND i.link = ? AND i.user = ? COLLATE NOCASE
       AND i.queue = 'packet' AND i.id < ? ORDER BY i.id DESC LIMIT ?`,
  )
    .all(link, user, id, most)
    .map((row) => itemId(decode(idRow, row, 'item').id));
