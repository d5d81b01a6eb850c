/**
 * What a phone made, written down by the phone itself, before anything leaves it. Values are text as the phone showed
 * them to its user; moments are milliseconds since 1970-01-01 UTC. The judge believes this and nothing else.
 */

export interface OrderLine {
  rowId: string;
  lineNo: number;
  itemNo: string;
  name: string;
  quantity: string;
  unit: string;
  unitFactor: string;
  unitPrice: string;
  discountPercent: string;
  discountAmount: string;
  vatPercent: string;
  vatAmount: string;
  amount: string;
  totalAmount: string;
  isSample: boolean;
}

export interface OrderLot {
  rowId: string;
  lineNo: number;
  itemNo: string;
  warehouse: string;
  lotNo: string;
  quantity: string;
}

export interface OrderMade {
  kind: 'order';
  rowId: string;
  /** Row of the activity list that goes with it. */
  activityRowId: string;
  series: string;
  number: string;
  documentType: string;
  customerNo: string;
  customerName: string;
  visitNo?: string | undefined;
  /** The order that is delivered. */
  sourceNo?: string | undefined;
  /** Why goods come back; a code with zeros in front. */
  reason?: string | undefined;
  at: number;
  /** Calendar day without a zone. */
  deliveryDate?: string | undefined;
  paymentTerm: string;
  note?: string | undefined;
  amount: string;
  vatAmount: string;
  totalAmount: string;
  discountAmount: string;
  lines: OrderLine[];
  lots: OrderLot[];
}

export interface PaymentMade {
  kind: 'payment';
  rowId: string;
  activityRowId: string;
  series: string;
  number: string;
  customerNo: string;
  at: number;
  method: string;
  paidAmount: string;
  totalAmount: string;
  lines: { rowId: string; entryNo: string; amount: string }[];
}

export interface VisitStarted {
  kind: 'visit start';
  rowId: string;
  series: string;
  visitNo: string;
  customerNo: string;
  at: number;
  inRoute: boolean;
  latitude: string;
  longitude: string;
  note?: string | undefined;
}

export interface VisitEnded {
  kind: 'visit end';
  rowId: string;
  visitNo: string;
  customerNo: string;
  at: number;
  duration: number;
  note?: string | undefined;
}

/** Something done, and no document: a visit skipped, a task, or what only a newer app has a name for. */
export interface ActivityMade {
  kind: 'activity';
  rowId: string;
  action: string;
  customerNo: string;
  at: number;
  note?: string | undefined;
}

export interface CustomerMade {
  kind: 'customer';
  rowId: string;
  activityRowId: string;
  /** Set for a new customer, who has a number of the phone's own. */
  series: string | undefined;
  number: string;
  name: string;
  address?: string | undefined;
  city?: string | undefined;
  contact?: string | undefined;
  phone?: string | undefined;
  latitude: string;
  longitude: string;
  shipToCode?: string | undefined;
  at: number;
}

export interface GoodsLine {
  rowId: string;
  lineNo: number;
  itemNo: string;
  quantity: string;
  unit: string;
}

export interface TransferMade {
  kind: 'transfer';
  rowId: string;
  activityRowId: string;
  /** 12 load, 13 unload, 1000 top up. */
  action: string;
  series: string;
  number: string;
  from: string;
  to: string;
  at: number;
  lines: GoodsLine[];
}

export interface CountLine extends GoodsLine {
  lotNo: string;
  calculated: string;
  difference: string;
}

export interface StockCountMade {
  kind: 'stock count';
  /** The smallest id of its lines: there is no header. */
  rowId: string;
  activityRowId: string;
  location: string;
  at: number;
  lines: CountLine[];
}

export interface PhotoMade {
  kind: 'photo';
  /** Id of the file, which the packet names as `dms://<id>`. */
  rowId: string;
  /** Row in the packet that says what the photo belongs to. */
  snapshotRowId: string;
  /** Table and row it belongs to. */
  entity: string;
  ownerRowId: string;
  /** The document whose packet tells of it. */
  orderRowId: string;
  bytes: number;
  /** SHA-256 of the picture, hexadecimal. */
  hash: string;
  at: number;
}

export type Made =
  | OrderMade
  | PaymentMade
  | VisitStarted
  | VisitEnded
  | ActivityMade
  | CustomerMade
  | TransferMade
  | StockCountMade
  | PhotoMade;

/**
 * A packet left the phone; `rowIds` are the documents and activities in it, none for technical packets. Or a file did, which is
 * its own id and row.
 */
export interface Sent {
  kind: 'sent';
  packetId: string;
  rowIds: readonly string[];
  /** Sent before under another packet id. */
  again: boolean;
}

/** The phone took a snapshot; `series` are the last used numbers that came with it. */
export interface SnapshotTaken {
  kind: 'snapshot';
  at: number;
  series: Readonly<Record<string, string>>;
}

export type JournalEntry = Made | Sent | SnapshotTaken;

export interface Journal {
  readonly user: string;
  readonly entries: readonly JournalEntry[];
}

/** A journal that only grows. `write` gets each entry as one line of JSON, to keep it outside the process. */
export function openJournal(
  user: string,
  write?: (line: string) => void,
): Journal & { append(entry: JournalEntry): void } {
  const entries: JournalEntry[] = [];
  return {
    user,
    entries,
    append(entry) {
      const line = JSON.stringify(entry);
      write?.(line);
      // A copy: what the phone changes later is not what it wrote down.
      entries.push(JSON.parse(line) as JournalEntry);
    },
  };
}

/** Reads lines written through `openJournal`'s `write`. */
export function readJournal(user: string, lines: Iterable<string>): Journal {
  const entries: JournalEntry[] = [];
  for (const line of lines) if (line !== '') entries.push(JSON.parse(line) as JournalEntry);
  return { user, entries };
}
