import type { DocumentHandler, Mapping } from '../../../shared/model/mapping.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { Packet } from '../packets/codec/packet.ts';
import { shown } from '../packets/codec/refusal.ts';
import { fieldText, refused, rowIdOf, whereOf, type Placed } from './plan-row.ts';

/** What one document is made of in the packet. */
export interface DocumentRows {
  readonly handler: DocumentHandler;
  readonly rowId: string;
  readonly header: Placed;
  /** By index of `handler.lines`, in the order of the packet. */
  readonly lines: readonly Placed[][];
}

/** A header row: with the document it starts, or kept only. */
interface Header {
  readonly at: Placed;
  readonly document: DocumentRows | undefined;
}

type Headers = ReadonlyMap<string, readonly Header[]>;

const lower = (text: string): string => text.toLowerCase();
const named = (names: readonly string[], table: string): boolean =>
  names.some((name) => lower(name) === lower(table));

/** Finds the documents of a packet: each header with its handler and its lines. Nothing a handler could want is left over. */
export function documentRows(
  packet: Packet,
  mapping: Pick<Mapping, 'pull'>,
): Result<readonly DocumentRows[]> {
  const headers = headerRows(packet, mapping);
  if (!headers.ok) return headers;
  const lines = placeLines(packet, mapping, headers.value);
  if (!lines.ok) return lines;
  const under = linesUnderLines(headers.value);
  if (!under.ok) return under;
  const documents: DocumentRows[] = [];
  for (const handler of mapping.pull.documents)
    for (const { document } of headers.value.get(lower(handler.entity)) ?? [])
      if (document?.handler === handler) documents.push(document);
  return ok(documents);
}

export function tableRows(packet: Packet, entity: string): readonly Placed[] {
  const table = packet.tables.get(lower(entity));
  return table === undefined ? [] : table.rows.map((row) => ({ table: table.name, row }));
}

function headerRows(packet: Packet, mapping: Pick<Mapping, 'pull'>): Result<Headers> {
  const found = new Map<string, Header[]>();
  for (const entity of new Set(mapping.pull.documents.map((handler) => lower(handler.entity)))) {
    const headers: Header[] = [];
    const grouped: Member[] = [];
    const known = new Map<string, Placed>();
    for (const at of tableRows(packet, entity)) {
      const handler = chooseHandler(at, mapping);
      if (!handler.ok) return handler;
      if (handler.value === undefined) {
        headers.push({ at, document: undefined });
        continue;
      }
      const rowId = rowIdOf(at, handler.value.rowId);
      if (!rowId.ok) return rowId;
      const twin = known.get(lower(rowId.value));
      if (twin !== undefined)
        return refused(at, 'row-twice', handler.value.rowId, `the same id as ${whereOf(twin)}`);
      known.set(lower(rowId.value), at);
      if (handler.value.group !== undefined) {
        grouped.push({ at, handler: handler.value, rowId: rowId.value });
        continue;
      }
      headers.push({ at, document: documentOf(handler.value, rowId.value, at) });
    }
    const groups = gather(grouped);
    if (!groups.ok) return groups;
    found.set(entity, [...headers, ...groups.value]);
  }
  return ok(found);
}

const documentOf = (handler: DocumentHandler, rowId: string, header: Placed): DocumentRows => ({
  handler,
  rowId,
  header,
  lines: handler.lines.map((): Placed[] => []),
});

/** A row of a table without headers. */
interface Member {
  readonly at: Placed;
  readonly handler: DocumentHandler;
  readonly rowId: string;
}

/** Documents made of rows that say the same in the fields of `group`; known again by their smallest row id. */
function gather(members: readonly Member[]): Result<readonly Header[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const key: string[] = [member.handler.document];
    for (const field of member.handler.group ?? []) {
      const text = fieldText(member.at, field);
      if (!text.ok) return text;
      key.push(text.value?.trim() ?? '');
    }
    const name = JSON.stringify(key);
    groups.set(name, [...(groups.get(name) ?? []), member]);
  }
  return ok(
    [...groups.values()].map((rows) => {
      const first = rows.reduce((least, row) => (lower(row.rowId) < lower(least.rowId) ? row : least));
      const document = documentOf(first.handler, first.rowId, first.at);
      const own = first.handler.lines.findIndex((line) => lower(line.entity) === lower(first.handler.entity));
      document.lines[own]?.push(...rows.map(({ at }) => at));
      return { at: first.at, document };
    }),
  );
}

/** Undefined: no handler wants the row and the mapping says that it is kept only. */
function chooseHandler(at: Placed, mapping: Pick<Mapping, 'pull'>): Result<DocumentHandler | undefined> {
  let seen: { readonly field: string; readonly value: string | undefined } | undefined;
  for (const handler of mapping.pull.documents) {
    if (lower(handler.entity) !== lower(at.table)) continue;
    if (handler.when === undefined) return ok(handler);
    const value = fieldText(at, handler.when.field);
    if (!value.ok) return value;
    if (value.value !== undefined && handler.when.in.includes(value.value.trim())) return ok(handler);
    seen ??= { field: handler.when.field, value: value.value };
  }
  if (named(mapping.pull.keepOnly, at.table)) return ok(undefined);
  return refused(
    at,
    'no-handler',
    seen?.field,
    `${seen?.value === undefined ? 'the field is missing' : `the value is ${shown(seen.value)}`}, and no document of the mapping takes it`,
  );
}

function placeLines(packet: Packet, mapping: Pick<Mapping, 'pull'>, headers: Headers): Result<void> {
  for (const entity of new Set(
    mapping.pull.documents.flatMap((one) =>
      one.lines.flatMap((line) => (line.join === undefined ? [] : lower(line.entity))),
    ),
  )) {
    const index = joinIndex(entity, mapping, headers);
    if (!index.ok) return index;
    for (const at of tableRows(packet, entity)) {
      const placed = placeLine(at, index.value, mapping);
      if (!placed.ok) return placed;
    }
  }
  return ok(undefined);
}

interface Join {
  /** Field of the line. */
  readonly field: string;
  readonly headers: ReadonlyMap<string, readonly Header[]>;
}

/** For one table of lines: by each way of joining it, the headers by the value they are joined by. */
function joinIndex(
  entity: string,
  mapping: Pick<Mapping, 'pull'>,
  headers: Headers,
): Result<readonly Join[]> {
  const joins = new Map<string, { readonly field: string; readonly headers: Map<string, Header[]> }>();
  for (const handler of mapping.pull.documents)
    for (const line of handler.lines) {
      if (lower(line.entity) !== entity || line.join === undefined) continue;
      const key = JSON.stringify([handler.entity, line.join.line, line.join.header].map(lower));
      if (joins.has(key)) continue;
      const byValue = new Map<string, Header[]>();
      for (const header of headers.get(lower(handler.entity)) ?? []) {
        const value = fieldText(header.at, line.join.header);
        if (!value.ok) return value;
        const text = value.value?.trim() ?? '';
        if (text !== '') byValue.set(text, [...(byValue.get(text) ?? []), header]);
      }
      joins.set(key, { field: line.join.line, headers: byValue });
    }
  return ok([...joins.values()]);
}

function placeLine(at: Placed, joins: readonly Join[], mapping: Pick<Mapping, 'pull'>): Result<void> {
  const kept = named(mapping.pull.keepOnly, at.table);
  const found = new Set<Header>();
  let field = '';
  let seen: string | undefined;
  for (const join of joins) {
    const value = fieldText(at, join.field);
    if (!value.ok) return value;
    field ||= join.field;
    seen ??= value.value?.trim();
    for (const header of join.headers.get(value.value?.trim() ?? '') ?? []) found.add(header);
  }
  const [header] = found;
  if (header === undefined)
    return kept
      ? ok(undefined)
      : refused(at, 'line-without-header', field, `no header in the packet belongs to ${shown(seen ?? '')}`);
  if (found.size > 1)
    return refused(
      at,
      'ambiguous-line',
      field,
      `${found.size} headers in the packet belong to ${shown(seen ?? '')}`,
    );
  const { document } = header;
  if (document === undefined) return ok(undefined);
  const index = document.handler.lines.findIndex((line) => lower(line.entity) === lower(at.table));
  const place = document.lines[index];
  if (place === undefined)
    return kept
      ? ok(undefined)
      : refused(
          at,
          'line-not-taken',
          field,
          `the document "${document.handler.document}" takes no lines of this table`,
        );
  place.push(at);
  return ok(undefined);
}

/** A row that belongs to a line must find exactly one. */
function linesUnderLines(headers: Headers): Result<void> {
  for (const { document } of [...headers.values()].flat())
    for (const [index, { under }] of document?.handler.lines.entries() ?? []) {
      if (document === undefined || under === undefined) continue;
      const above = document.handler.lines.findIndex((line) => lower(line.entity) === lower(under.entity));
      const owners = new Map<string, number>();
      for (const at of document.lines[above] ?? []) {
        const key = joinedBy(
          at,
          under.join.map(({ to }) => to),
        );
        if (!key.ok) return key;
        owners.set(key.value, (owners.get(key.value) ?? 0) + 1);
      }
      for (const at of document.lines[index] ?? []) {
        const key = joinedBy(
          at,
          under.join.map(({ line }) => line),
        );
        if (!key.ok) return key;
        const found = owners.get(key.value) ?? 0;
        if (found === 1) continue;
        const fields = under.join.map(({ line }) => line).join(', ');
        return found === 0
          ? refused(
              at,
              'line-without-line',
              fields,
              `no row of ${under.entity} belongs to ${shown(key.value)}`,
            )
          : refused(
              at,
              'ambiguous-line',
              fields,
              `${found} rows of ${under.entity} belong to ${shown(key.value)}`,
            );
      }
    }
  return ok(undefined);
}

function joinedBy(at: Placed, fields: readonly string[]): Result<string> {
  const values: string[] = [];
  for (const field of fields) {
    const text = fieldText(at, field);
    if (!text.ok) return text;
    values.push(text.value?.trim() ?? '');
  }
  return ok(values.length === 1 ? (values[0] ?? '') : JSON.stringify(values));
}
