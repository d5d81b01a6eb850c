import { z } from 'zod';
import type { ItemId, LinkId, SourceId } from '../../../../shared/model/ids.ts';
import { itemId } from '../../../../shared/model/ids.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

const ledgerRow = z.object({ payload_hash: z.string() });
const idRow = z.object({ id: z.int() });
const archivedRow = z.object({ item: z.int(), settled_at: z.int() });

/** The bytes the ledger row of a packet stood for. */
export function findLedgerHash(db: ReadDb, source: SourceId, packetId: string): string | undefined {
  const row: unknown = prepared(
    db,
    'SELECT payload_hash FROM known_ledger WHERE source = ? AND packet_id = ?',
  ).get(source, packetId);
  return row === undefined ? undefined : decode(ledgerRow, row, 'a row of known_ledger').payload_hash;
}

/** The item of a packet with these bytes, whatever its state. */
export function findPacketItem(db: ReadDb, link: LinkId, packetId: string, hash: string): ItemId | undefined {
  const row: unknown = prepared(
    db,
    `SELECT id FROM item
     WHERE link = ? AND direction = 'in' AND queue IN ('packet', 'file') AND external_id = ? AND body_hash = ?`,
  ).get(link, packetId, hash);
  return row === undefined ? undefined : itemId(decode(idRow, row, 'item').id);
}

export function findArchivedPacket(
  db: ReadDb,
  link: LinkId,
  packetId: string,
  hash: string,
): { readonly item: number; readonly settledAt: number } | undefined {
  const row: unknown = prepared(
    db,
    'SELECT item, settled_at FROM archived_packet WHERE link = ? AND packet_id = ? AND body_hash = ?',
  ).get(link, packetId, hash);
  if (row === undefined) return undefined;
  const found = decode(archivedRow, row, 'archived_packet');
  return { item: found.item, settledAt: found.settled_at };
}

export function forgetArchivedPacket(db: WriteDb, item: number): void {
  prepared(db, 'DELETE FROM archived_packet WHERE item = ?').run(item);
}

/** The packet is not in the ERP: neither its ledger row nor its documents may count as known. */
export function forgetApplied(
  db: WriteDb,
  known: {
    readonly source: SourceId;
    readonly packetId: string;
    readonly link: LinkId;
    readonly item: number | undefined;
  },
): void {
  prepared(db, 'DELETE FROM known_ledger WHERE source = ? AND packet_id = ?').run(
    known.source,
    known.packetId,
  );
  if (known.item !== undefined)
    prepared(db, 'DELETE FROM document WHERE link = ? AND item = ?').run(known.link, known.item);
}
