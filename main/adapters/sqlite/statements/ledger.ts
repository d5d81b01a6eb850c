import { z } from 'zod';
import type { DocumentResult } from '../../../core/packets/erp.ts';
import type { ItemId, LinkId, Sha256, SourceId } from '../../../../shared/model/ids.ts';
import { sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

export function upsertDocument(
  db: WriteDb,
  link: LinkId,
  item: ItemId,
  document: DocumentResult,
  now: Instant,
): void {
  prepared(
    db,
    `INSERT INTO document (link, document, row_id, number, erp_key, erp_number, item, at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (link, document, row_id) DO UPDATE SET number = excluded.number, erp_key = excluded.erp_key,
       erp_number = excluded.erp_number, item = excluded.item, at = excluded.at`,
  ).run(
    link,
    document.document,
    document.rowId,
    document.number,
    document.erpKey,
    document.erpNumber,
    item,
    now,
  );
}

export function isDocumentKnown(db: ReadDb, link: LinkId, document: string, number: string): boolean {
  return (
    prepared(db, 'SELECT 1 FROM document WHERE link = ? AND document = ? AND number = ? LIMIT 1').get(
      link,
      document,
      number,
    ) !== undefined
  );
}

export function upsertLedgerRow(
  db: WriteDb,
  row: { readonly source: SourceId; readonly packetId: string; readonly payloadHash: Sha256 },
  now: Instant,
): void {
  prepared(
    db,
    `INSERT INTO known_ledger (source, packet_id, payload_hash, at) VALUES (?, ?, ?, ?)
     ON CONFLICT (source, packet_id) DO UPDATE SET payload_hash = excluded.payload_hash, at = excluded.at`,
  ).run(row.source, row.packetId, row.payloadHash, now);
}

const ledgerRow = z.object({ packet_id: z.string(), payload_hash: z.string() });

/** Newest first. */
export function readRecentLedger(
  db: ReadDb,
  source: SourceId,
  count: number,
): readonly { readonly packetId: string; readonly payloadHash: Sha256 }[] {
  return prepared(
    db,
    'SELECT packet_id, payload_hash FROM known_ledger WHERE source = ? ORDER BY id DESC LIMIT ?',
  )
    .all(source, count)
    .map((row) => {
      const r = decode(ledgerRow, row, 'a row of known_ledger');
      return { packetId: r.packet_id, payloadHash: sha256(r.payload_hash) };
    });
}
