import type { Journal } from '../phones/journal.ts';
import { keyOf } from './document.ts';
import type { Document, Fields, Part } from './document.ts';
import { erpDocuments, selectText } from './from-erp.ts';
import { expectedDocuments } from './from-journals.ts';
import type { Expected } from './from-journals.ts';
import { sumOf } from './values.ts';
import type { ErpQuery } from './values.ts';

export interface Finding {
  /** `invented`: in the ERP, made by no phone. `reused`: one document number given twice. */
  kind: 'lost' | 'duplicated' | 'changed' | 'invented' | 'reused';
  /** `order`, `line`, `payment` … */
  what: string;
  user: string;
  /** Document number and, for parts, which one. */
  label: string;
  rowId: string;
  field?: string | undefined;
  phone?: string | null | undefined;
  erp?: string | null | undefined;
}

export interface Verdict {
  /** What the phones made and sent. */
  orders: number;
  lines: number;
  payments: number;
  visits: number;
  activities: number;
  customers: number;
  transfers: number;
  stockCounts: number;
  photos: number;
  /** What is openly held back and therefore rightly not in the ERP. */
  parked: number;
  lost: number;
  duplicated: number;
  changed: number;
  invented: number;
  reused: number;
  /** True when there is nothing to complain about. */
  clean: boolean;
  details: Finding[];
}

export interface JudgeOptions {
  journals: Iterable<Journal>;
  erp: ErpQuery;
  /** Zone of the wall clock in the ERP's columns; default that of the sample company. */
  zone?: string | undefined;
  /** Row ids of documents the program shows as parked: their absence is no loss. */
  parked?: Iterable<string> | undefined;
}

/**
 * Compares what phones wrote in their own journals with what the ERP's tables hold, both ways, field by field, as text.
 * Changes nothing.
 */
export async function judge(options: JudgeOptions): Promise<Verdict> {
  const zone = options.zone ?? 'Europe/Sofia';
  const expected = expectedDocuments(options.journals, zone);
  const held = await erpDocuments(options.erp);
  const parked = new Set([...(options.parked ?? [])].map((rowId) => rowId.toUpperCase()));
  const details = [...reusedNumbers(expected), ...compareAll(expected, held, parked)];
  details.push(...(await totalsOf(options.erp, details)));

  const sent = expected.filter((document) => document.sent);
  const count = (kind: Finding['kind']): number => details.filter((finding) => finding.kind === kind).length;
  const ofKind = (kind: Document['kind']): Expected[] => sent.filter((document) => document.kind === kind);
  const inErp = new Set(held.map(keyOf));
  return {
    orders: ofKind('order').length,
    lines: ofKind('order').reduce(
      (sum, { parts }) => sum + parts.filter(({ kind }) => kind === 'line').length,
      0,
    ),
    payments: ofKind('payment').length,
    visits: ofKind('visit start').length,
    activities: ofKind('activity').length,
    customers: ofKind('customer').length,
    transfers: ofKind('transfer').length,
    stockCounts: ofKind('stock count').length,
    photos: ofKind('photo').length,
    parked: sent.filter((document) => parked.has(document.rowId) && !inErp.has(keyOf(document))).length,
    lost: count('lost'),
    duplicated: count('duplicated'),
    changed: count('changed'),
    invented: count('invented'),
    reused: count('reused'),
    clean: details.length === 0,
    details,
  };
}

const finding = (
  kind: Finding['kind'],
  document: Document,
  part?: Part,
  more: Pick<Finding, 'field' | 'phone' | 'erp'> = {},
): Finding => ({
  kind,
  what: part?.kind ?? document.kind,
  user: document.user,
  label: part?.label ?? document.number,
  rowId: part?.rowId ?? document.rowId,
  ...more,
});

function compareAll(
  expected: readonly Expected[],
  held: readonly Document[],
  parked: ReadonlySet<string>,
): Finding[] {
  const findings: Finding[] = [];
  const inErp = Map.groupBy(held, keyOf);
  const made = new Set(expected.map(keyOf));
  for (const document of expected) {
    const found = inErp.get(keyOf(document)) ?? [];
    if (found.length === 0 && document.sent && !parked.has(document.rowId))
      findings.push(finding('lost', document));
    for (const double of found.slice(1)) findings.push(finding('duplicated', double));
    // A double may hold other values than the first one: each is looked at.
    for (const one of found) findings.push(...compareFields(document, one), ...compareParts(document, one));
  }
  for (const document of held) if (!made.has(keyOf(document))) findings.push(finding('invented', document));
  return findings;
}

function compareParts(document: Document, held: Document): Finding[] {
  const findings: Finding[] = [];
  const inErp = Map.groupBy(held.parts, keyOf);
  const made = new Set(document.parts.map(keyOf));
  for (const part of document.parts) {
    const found = inErp.get(keyOf(part)) ?? [];
    if (found.length === 0) findings.push(finding('lost', document, part));
    for (const double of found.slice(1)) findings.push(finding('duplicated', document, double));
    for (const one of found) findings.push(...compareFields(document, one, part));
  }
  for (const part of held.parts)
    if (!made.has(keyOf(part))) findings.push(finding('invented', document, part));
  return findings;
}

function compareFields(document: Document, held: { fields: Fields }, part?: Part): Finding[] {
  const findings: Finding[] = [];
  for (const [field, phone] of Object.entries((part ?? document).fields)) {
    const erp = held.fields[field] ?? null;
    if (erp !== phone) findings.push(finding('changed', document, part, { field, phone, erp }));
  }
  return findings;
}

/** A number stands for one document only, whoever gave it. */
function reusedNumbers(expected: readonly Expected[]): Finding[] {
  const numbered = expected.filter((document) => document.series !== undefined);
  return [...Map.groupBy(numbered, ({ series, number }) => `${series} ${number}`).values()].flatMap((same) =>
    same.slice(1).map((document) => finding('reused', document)),
  );
}

const TOTALS: readonly { what: string; from: string; label: string; told: string; parts: string }[] = [
  {
    what: 'order total',
    from: 'dbo.SalesOrders',
    label: 'MobileNo',
    told: 'LinesTotal',
    parts: '(SELECT SUM(l.Amount) FROM dbo.[Sales Order Line] l WHERE l.OrderId = dbo.SalesOrders.OrderId)',
  },
  {
    what: 'open entry',
    from: 'dbo.OpenInvoices',
    label: 'EntryNo',
    told: 'Amount - Remaining',
    parts: '(SELECT SUM(l.Amount) FROM dbo.PaymentLines l WHERE l.EntryNo = dbo.OpenInvoices.EntryNo)',
  },
  {
    what: 'unapplied payment',
    from: 'dbo.Payments',
    label: 'MobileNo',
    told: 'PaidAmount - UnappliedAmount',
    parts: '(SELECT SUM(l.Amount) FROM dbo.PaymentLines l WHERE l.PaymentId = dbo.Payments.PaymentId)',
  },
  {
    // The newest coordinates that came in are the customer's; those of another address are not his.
    what: 'place of a customer',
    from: 'dbo.Customers WHERE EXISTS (SELECT 1 FROM dbo.CustomerChanges x WHERE x.CustomerNo = dbo.Customers.CustomerNo AND x.ShipToCode IS NULL)',
    label: 'CustomerNo',
    told: 'Latitude + Longitude',
    parts:
      '(SELECT h.Latitude + h.Longitude FROM dbo.CustomerChanges h WHERE h.ChangeId = (SELECT MAX(x.ChangeId) FROM dbo.CustomerChanges x WHERE x.CustomerNo = dbo.Customers.CustomerNo AND x.ShipToCode IS NULL))',
  },
];

/** What the ERP keeps up by itself: a sum that is off tells of a write done by half. */
async function totalsOf(erp: ErpQuery, known: readonly Finding[]): Promise<Finding[]> {
  // A planted or real finding changes sums too; it is reported already.
  if (known.length > 0) return [];
  const findings: Finding[] = [];
  for (const { what, from, label, told, parts } of TOTALS) {
    const rows = await selectText(
      erp,
      { label: [label, 'text'], told: [told, 'decimal'], parts: [parts, 'decimal'] },
      from,
    );
    for (const row of rows) {
      const [kept, sum] = [sumOf([row['told'] ?? null]), sumOf([row['parts'] ?? null])];
      if (kept !== sum)
        findings.push({
          kind: 'changed',
          what,
          user: '',
          label: row['label'] ?? '',
          rowId: '',
          field: 'sum',
          phone: sum,
          erp: kept,
        });
    }
  }
  return findings;
}
