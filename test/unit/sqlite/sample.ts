import { createHash } from 'node:crypto';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { onTestFinished } from 'vitest';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { ListedEntry, PacketListing } from '../../../main/core/packets/packet-cloud.ts';
import type { Item, NewItem } from '../../../main/core/queue/item.ts';
import type { SnapshotMeta } from '../../../main/core/queue/queue-store.ts';
import { linkId, sha256, startId } from '../../../shared/model/ids.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { TEST_START } from '../../support/test-runtime.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

export const LINK = linkId('field-sales');
export const A = startId('start-a');
export const B = startId('start-b');
export const T = TEST_START;
export const HOUR = 3_600_000;

export const unreachable: SyncFailure = { kind: 'unreachable', endpoint: 'erp:main', cause: 'refused' };

type Options = Omit<Parameters<typeof openStore>[0], 'file'>;

export function store(
  file = join(temporaryFolder(), 'ferry.sqlite'),
  options: Options = {},
): SqliteStore & { file: string } {
  const opened = openStore({ file, ...options });
  onTestFinished(() => {
    opened.close();
  });
  return { ...opened, file };
}

/** A second connection that knows nothing of the program, for looking at rows and for damaging them. */
export function rawDatabase(file: string): Database.Database {
  const db = new Database(file);
  onTestFinished(() => {
    db.close();
  });
  return db;
}

export const hashOf = (text: string): ReturnType<typeof sha256> =>
  sha256(createHash('sha256').update(text).digest('hex'));

export function body(text: string): NewItem['body'] {
  const bytes = Buffer.from(text);
  return { place: 'row', hash: hashOf(text), size: bytes.byteLength, bytes };
}

export function entry(id: string, handle = `${id}-1`, user = 'ANNA'): ListedEntry {
  return {
    id,
    path: `/packets/${id}`,
    user,
    company: 'ACME',
    kind: 'data',
    operation: 'insert',
    receiptHandle: handle,
    raw: `<e id="${id}" handle="${handle}"/>`,
  };
}

export function listing(...entries: readonly ListedEntry[]): PacketListing {
  return { queue: 'packet', format: 'xml', raw: `<l>${entries.map((e) => e.raw).join('')}</l>`, entries };
}

export function packet(id: string, text = `bytes of ${id}`, user = 'ANNA'): NewItem {
  return {
    link: LINK,
    direction: 'in',
    externalId: id,
    user,
    company: 'ACME',
    label: `Packet ${id}`,
    body: body(text),
  };
}

export function storePacket(to: SqliteStore, id: string, now = T, text = `bytes of ${id}`): Item {
  return to.storePacket(packet(id, text), { queue: 'packet', entry: entry(id) }, undefined, now);
}

export function snapshot(user: string, text: string): NewItem {
  return {
    link: LINK,
    direction: 'out',
    externalId: `out-${user}-${text}`,
    user,
    company: '',
    label: user,
    body: body(text),
  };
}

export const meta = (user: string, modelHash = 'm1', inboundMark = 0): SnapshotMeta => ({
  user,
  modelHash,
  inboundMark,
  consistency: 'snapshot',
  rows: { Customers: 3 },
});
