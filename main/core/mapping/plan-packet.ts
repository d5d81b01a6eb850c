import { targetOf, type WriteTarget } from '../../../shared/model/mapping-targets.ts';
import { Big } from 'big.js';
import { parseDecimal, shortestDecimal, type DecimalString } from '../../../shared/model/decimal.ts';
import type { DocumentHandler, Mapping } from '../../../shared/model/mapping.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { Packet } from '../packets/codec/packet.ts';
import type { Handover, WriteCall, WriteDocument } from '../packets/erp.ts';
import { columnsOf } from './column-rules.ts';
import type { AwaitedLookup, AwaitedReference, PacketPlan, PlanInput, RowChange, ValueNote } from './plan.ts';
import { keyText, plainText, typeOf, type Placed, type RowValues, type ValueContext } from './plan-row.ts';
import { rowValues } from './row-values.ts';
import { documentRows, type DocumentRows } from './plan-rows.ts';
import { checkRow } from './row-checks.ts';
import { seriesValues } from './plan-series.ts';
import { unknownIn } from './unknown-in.ts';

interface Planned {
  readonly rows: DocumentRows;
  readonly document: WriteDocument;
  readonly lookups: readonly AwaitedLookup[];
  readonly notes: readonly ValueNote[];
}

/**
 * Turns a packet into one unit of work: documents in the order of their handlers, then of the packet. Pure; every
 * refusal is `rejected` with table, row and field.
 */
export function planPacket(input: PlanInput): Result<PacketPlan> {
  const { packet, mapping } = input;
  const found = documentRows(packet, mapping);
  if (!found.ok) return found;
  const changes: RowChange[] = [];
  const planned: Planned[] = [];
  for (const rows of found.value) {
    const kept = withoutChanges(rows, changes);
    if (kept === undefined) continue;
    const document = writeDocument(kept, input);
    if (!document.ok) return document;
    planned.push({ rows: kept, ...document.value });
  }
  const series = seriesValues(packet, mapping, input.user);
  if (!series.ok) return series;
  const references = awaitedReferences(planned);
  if (!references.ok) return references;
  const { source, packetId, revision, payloadHash, mappingHash, user, company } = input;
  const documents = planned.map((one) => one.document);
  return ok({
    unit: {
      source,
      packetId,
      revision,
      payloadHash,
      mappingHash,
      user,
      company,
      documents,
      series: series.value,
    },
    lookups: planned.flatMap((one) => one.lookups),
    notes: planned.flatMap((one) => one.notes),
    onConflict: planned.map((one) => one.rows.handler.onUpdate),
    references: references.value,
    changes,
    unknown: unknownIn(packet, mapping),
    label: labelOf(
      planned.map(({ rows }) => rows),
      packet,
    ),
    amount: amountOf(planned),
  });
}

/** The document without its changed rows, which are noted; undefined when its header is one. */
function withoutChanges(rows: DocumentRows, changes: RowChange[]): DocumentRows | undefined {
  const { handler, header, rowId } = rows;
  const inserted = (at: Placed, id: string): boolean => {
    const { status, number } = at.row;
    if (status === 'insert') return true;
    const decision = status === 'update' ? handler.onUpdate : handler.onDelete;
    changes.push({ document: handler.document, entity: at.table, rowId: id, row: number, status, decision });
    return false;
  };
  if (!inserted(header, rowId)) return undefined;
  const lines = rows.lines.map((group) =>
    group.filter((at) => inserted(at, plainText(at, handler.rowId).slice(0, 100))),
  );
  return { ...rows, lines };
}

function writeDocument(rows: DocumentRows, input: PlanInput): Result<Omit<Planned, 'rows'>> {
  const { handler, header, rowId } = rows;
  const context: ValueContext = {
    codes: input.mapping.pull.codes,
    zones: input.zones,
    user: input.user,
    packetId: input.packetId,
    company: input.company,
    document: handler.document,
    columns: columnsOf(input.catalogue, handler.write.to),
  };
  const lookups: AwaitedLookup[] = [];
  const notes: ValueNote[] = [];
  const note = (values: RowValues, line: number | undefined): void => {
    lookups.push(...values.lookups.map((one) => ({ ...one, entity: handler.entity, rowId, line })));
    notes.push(...values.notes);
  };
  const number = handler.number === undefined ? ok(undefined) : keyText(header, handler.number);
  if (!number.ok) return number;
  const checked = checkRow(header, handler.checks ?? [], context);
  if (!checked.ok) return checked;
  const head = rowValues(header, handler.write.values, context);
  if (!head.ok) return head;
  note(head.value, undefined);
  const { key, number: erpNumber } = handler.returns;
  const lineContext = {
    ...context,
    keyType: key === undefined ? undefined : typeOf(key.type),
    header,
  };
  const lines: WriteCall[] = [];
  const taken: string[] = [];
  for (const [index, line] of handler.lines.entries()) {
    const columns = columnsOf(input.catalogue, line.write.to);
    for (const at of rows.lines[index] ?? []) {
      const fits = checkRow(at, line.checks ?? [], lineContext);
      if (!fits.ok) return fits;
      const values = rowValues(at, line.write.values, { ...lineContext, columns });
      if (!values.ok) return values;
      note(values.value, lines.length);
      lines.push({ ...callOf(line.write.to), values: values.value.values });
      taken.push(JSON.stringify([line.entity, sorted(values.value)]));
    }
  }
  const document: WriteDocument = {
    document: handler.document,
    entity: handler.entity,
    rowId,
    number: number.value ?? null,
    // Lines sorted: a phone that sends the same order again may send its lines in another order.
    contentHash: input.hash(
      JSON.stringify([handler.document, number.value ?? null, sorted(head.value), taken.sort()]),
    ),
    handover: handoverOf(handler),
    header: {
      ...callOf(handler.write.to),
      values: head.value.values,
      ...(key === undefined ? {} : { returnsKey: { name: key.name, type: typeOf(key.type) } }),
      ...(erpNumber === undefined
        ? {}
        : { returnsNumber: { name: erpNumber.name, type: typeOf(erpNumber.type) } }),
    },
    lines,
  };
  return ok({ document, lookups, notes });
}

/** By name, not in the mapping's order: moving a line in the file must not make every document a new one. */
const sorted = (values: RowValues): RowValues['taken'] =>
  [...values.taken].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));

function callOf(to: WriteTarget): Pick<WriteCall, 'kind' | 'target' | 'upsert'> {
  const target = targetOf(to);
  if ('procedure' in to) return { kind: 'procedure', target };
  return 'table' in to && to.upsert !== undefined
    ? { kind: 'upsert', target, upsert: to.upsert }
    : { kind: 'insert', target };
}

/** Where the ERP says what became of the document; undefined where writing it is the end of it. */
/** Where the ERP says what becomes of a document of this kind; undefined where it is simply written. Pure. */
export function handoverOf({ document, write, returns, erpStatus }: DocumentHandler): Handover | undefined {
  if (!('staging' in write.to) || erpStatus === undefined || returns.key === undefined) return undefined;
  const { column, accepted, refused, number, reason } = erpStatus;
  const key = { name: returns.key.name, type: typeOf(returns.key.type) };
  return { document, staging: write.to.staging, key, column, accepted, refused, number, reason };
}

function awaitedReferences(planned: readonly Planned[]): Result<readonly AwaitedReference[]> {
  const brought = new Set(
    planned.map(({ document }) => JSON.stringify([document.document, document.number])),
  );
  const awaited = new Map<string, AwaitedReference>();
  for (const { rows } of planned)
    for (const { field, entity = rows.handler.entity, to, otherwise } of rows.handler.references)
      for (const at of rowsOf(rows, entity)) {
        const number = keyText(at, field);
        if (!number.ok) return number;
        if (number.value === undefined) continue;
        const document = 'document' in to ? to.document : undefined;
        if (document !== undefined && brought.has(JSON.stringify([document, number.value]))) continue;
        const table = 'table' in to ? { table: to.table, column: to.column } : undefined;
        const what = document ?? table?.table.name ?? '';
        const key = JSON.stringify([document, table, number.value]);
        // Two documents that name the same thing: the stricter wish counts.
        const stricter = awaited.get(key)?.otherwise === 'park' ? 'park' : otherwise;
        awaited.set(key, { what, number: number.value, document, table, otherwise: stricter });
      }
  return ok([...awaited.values()]);
}

function rowsOf(rows: DocumentRows, entity: string): readonly Placed[] {
  if (entity.toLowerCase() === rows.handler.entity.toLowerCase() && rows.handler.group === undefined)
    return [rows.header];
  return rows.handler.lines.flatMap((line, index) =>
    line.entity.toLowerCase() === entity.toLowerCase() ? (rows.lines[index] ?? []) : [],
  );
}

/**
 * What people call a packet, also one that cannot be written: whoever looks for an order looks for its number. Undefined
 * where its rows do not say.
 */
export function packetLabel(packet: Packet, mapping: Mapping): string | undefined {
  const found = documentRows(packet, mapping);
  const label = found.ok ? labelOf(found.value, packet) : '';
  return label === '' ? undefined : label;
}

function labelOf(documents: readonly DocumentRows[], packet: Packet): string {
  const labels = documents.map(({ handler, header }) =>
    [
      [handler.document, plainText(header, handler.number).slice(0, 60)]
        .filter((part) => part !== '')
        .join(' '),
      plainText(header, handler.customer).slice(0, 60),
    ]
      .filter((part) => part !== '')
      .join(', '),
  );
  const [first] = labels;
  if (first === undefined)
    return [...packet.tables.values()]
      .filter((table) => table.rows.length > 0)
      .map((table) => table.name)
      .slice(0, 3)
      .join(', ');
  return labels.length === 1 ? first : `${first} and ${labels.length - 1} more`;
}

/** For people: an amount that is no number is left out here and judged where it is written. */
function amountOf(planned: readonly Planned[]): DecimalString | null {
  const amounts = planned.flatMap(({ rows: { handler, header } }) => {
    const text = plainText(header, handler.amount);
    const amount = text.length > 40 ? undefined : parseDecimal(text);
    return amount === undefined || amount.length > 60 ? [] : [amount];
  });
  if (amounts.length === 0) return null;
  const sum = amounts.reduce((total, amount) => total.plus(amount), new Big(0));
  return shortestDecimal(parseDecimal(sum.toFixed()) ?? amounts[0] ?? ('0' as DecimalString));
}
