import { targetOf, type WriteTarget } from '../../../shared/model/mapping-targets.ts';
import { readFileSync } from 'node:fs';
import { readPacket } from '../../../main/sandbox/clouds/dynamics-mobile/packet-reader.ts';
import type { OutgoingFile } from '../../../main/sandbox/phones/cloud-control.ts';
import type { ErpQuery } from '../../../main/sandbox/judge/values.ts';
import { mappingSchema, type DocumentHandler } from '../../../shared/model/mapping.ts';
import type { PullValue } from '../../../shared/model/mapping-values.ts';

const mapping = mappingSchema.parse(
  JSON.parse(
    readFileSync(new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url), 'utf8'),
  ),
);

type Row = Record<string, string>;
interface Packet {
  user: string;
  company: string;
  xml: string;
}

/**
 * Writes phones' packets into the sample ERP the simplest way that is right: each row id once, starts of visits before
 * their ends. What a whole program does on top of that is not of interest to the judge.
 */
export async function applyPackets(
  erp: ErpQuery,
  packets: readonly Packet[],
  files: readonly OutgoingFile[] = [],
): Promise<void> {
  const read = await Promise.all(
    packets.map(async (packet) => ({ packet, tables: await tablesOf(packet.xml) })),
  );
  const seen = new Set<string>();
  for (const handler of mapping.pull.documents)
    for (const { packet, tables } of read)
      for (const row of headersOf(handler, tables)) {
        const { when, rowId } = handler;
        if (when !== undefined && !when.in.includes(row[when.field] ?? '')) continue;
        const id = row[rowId] ?? '';
        if (seen.has(id)) continue;
        seen.add(id);
        await erp.query(documentBatch(handler, row, packet, tables));
      }
  await erp.query('EXEC dbo.ProcessTransfers');
  const rows = new Map(
    read.flatMap(({ tables }) =>
      (tables.get('Snapshot') ?? []).map((row) => [row['imageName'], row] as const),
    ),
  );
  for (const { id, user, bytes } of files) {
    const row = rows.get(`dms://${id}`);
    if (row === undefined) throw new Error(`no packet names the photo ${id}`);
    await erp.query(
      `INSERT INTO dbo.Photos (FileId, MobileUser, Entity, DmsRowId, Picture)
       VALUES (N'${id}', N'${user}', N'${row['entityName'] ?? ''}', '${row['entityDMSROWID'] ?? ''}', 0x${Buffer.from(bytes).toString('hex')})`,
    );
  }
}

/** Of a table without headers, the row with the smallest id of each group. */
function headersOf({ entity, group, rowId }: DocumentHandler, tables: Map<string, Row[]>): Row[] {
  const rows = tables.get(entity) ?? [];
  if (group === undefined) return rows;
  const key = (row: Row): string => JSON.stringify(group.map((field) => row[field]));
  const byId = rows.toSorted((one, other) => ((one[rowId] ?? '') < (other[rowId] ?? '') ? -1 : 1));
  return byId.filter((row, index) => byId.findIndex((one) => key(one) === key(row)) === index);
}

async function tablesOf(xml: string): Promise<Map<string, Row[]>> {
  const tables = new Map<string, Row[]>();
  const bytes = (async function* () {
    yield new TextEncoder().encode(xml);
  })();
  await readPacket(bytes, {
    row(table, _status, fields) {
      tables.set(table, [...(tables.get(table) ?? []), Object.fromEntries(fields)]);
    },
  });
  return tables;
}

function documentBatch(
  handler: DocumentHandler,
  header: Row,
  packet: Packet,
  tables: Map<string, Row[]>,
): string {
  const { key, number } = handler.returns;
  const returned = [
    ...(key === undefined ? [] : [`@${key.name} = @key OUTPUT`]),
    ...(number === undefined ? [] : [`@${number.name} = @number OUTPUT`]),
  ];
  const statements = [
    'SET NOCOUNT ON; SET XACT_ABORT ON; DECLARE @key int; DECLARE @number nvarchar(40); BEGIN TRANSACTION',
    statement(handler.write.to, handler.write.values, header, packet, returned),
  ];
  if (!('procedure' in handler.write.to)) statements.push('SET @key = SCOPE_IDENTITY()');
  for (const line of handler.lines)
    for (const row of tables.get(line.entity) ?? [])
      if (belongs(row, header, handler, line))
        statements.push(statement(line.write.to, line.write.values, row, packet, []));
  return `${statements.join(';\n')};\nCOMMIT`;
}

const belongs = (
  row: Row,
  header: Row,
  { group = [] }: DocumentHandler,
  { join }: DocumentHandler['lines'][number],
): boolean =>
  join === undefined
    ? group.every((field) => row[field] === header[field])
    : row[join.line] === header[join.header];

function statement(
  to: WriteTarget,
  values: Readonly<Record<string, PullValue>>,
  row: Row,
  packet: Packet,
  returned: readonly string[],
): string {
  const names = Object.keys(values);
  const lookups: string[] = [];
  const literals = Object.values(values).map((value) => {
    if (!('lookup' in value)) return literal(value, row, packet);
    const { table, match, take } = value.lookup;
    const where = Object.entries(match).map(([column, one]) => `[${column}] = ${literal(one, row, packet)}`);
    lookups.push(
      `DECLARE @l${lookups.length} nvarchar(100) = (SELECT [${take}] FROM dbo.[${table.name}] WHERE ${where.join(' AND ')})`,
    );
    return `@l${lookups.length - 1}`;
  });
  if (!('procedure' in to))
    return `INSERT INTO dbo.[${targetOf(to).name}] (${names.map((name) => `[${name}]`).join(', ')}) VALUES (${literals.join(', ')})`;
  const given = names.map((name, i) => `@${name} = ${literals[i] ?? 'NULL'}`);
  return [...lookups, `EXEC dbo.${targetOf(to).name} ${[...given, ...returned].join(', ')}`].join(';\n');
}

function literal(value: PullValue, row: Row, packet: Packet): string {
  if ('header' in value) return '@key';
  if ('packet' in value) return text(value.packet === 'user' ? packet.user : packet.company);
  if ('constant' in value) return text(value.constant);
  if (!('field' in value)) throw new Error('the sample mapping uses no such value');
  const raw = row[value.field] ?? value.default;
  if (raw === undefined) return 'NULL';
  if (value.codes !== undefined) return text(mapping.pull.codes[value.codes]?.[raw] ?? '?');
  if (value.convert !== undefined) return text(raw.trim());
  if (value.type === 'bool') return /^(1|true)$/.test(raw) ? '1' : '0';
  if (/^(decimal|int)/.test(value.type)) return raw;
  if (value.type === 'date') return text(raw.slice(0, 10));
  // March before the clocks change: Sofia is two hours ahead.
  const local = (): string => new Date(Date.parse(raw) + 2 * 3_600_000).toISOString().slice(0, 23);
  if (value.type === 'datetime') return text(local());
  if (value.type === 'dateOfTime') return text(local().slice(0, 10));
  return text(raw);
}

const text = (raw: string): string => `N'${raw.replaceAll("'", "''")}'`;
