import { readFileSync } from 'node:fs';
import { companyRows } from '../../../main/sandbox/sample-erp/company.ts';
import type { CompanyOptions } from '../../../main/sandbox/sample-erp/company.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import type { DynamicsMobile } from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';

export const AREA = 'MERIDIAN';
export const KEY = 'key-of-the-area';

const mapping = mappingSchema.parse(
  JSON.parse(
    readFileSync(new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url), 'utf8'),
  ),
);

type Row = Record<string, string | null>;

/** What a correct program would push to a user, straight from the sample company's rows. */
export function snapshotXml(options: CompanyOptions, user: string): string {
  const tables = new Map<string, Row[]>();
  for (const { table, columns, rows } of companyRows(options))
    tables.set(
      table.replace(/^dbo\.\[?|\]$/g, ''),
      rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null]))),
    );
  const all = (name: string): Row[] => tables.get(name) ?? [];
  const routeOf = (row: Row): Row => ({
    ...row,
    Route: all('Customers').find((one) => one['CustomerNo'] === row['CustomerNo'])?.['Route'] ?? null,
  });
  const selects: Record<string, Row[]> = {
    Address: all('Addresses').map(routeOf),
    OpenEntry: all('OpenInvoices').map(routeOf),
    NumberSeries: all('DeviceSeries')
      .filter((row) => row['UserName'] === user)
      .map((row) => ({ ...row, CurrentNo: row['StartNo'] ?? null })),
  };
  const me = all('MobileUsers').find((row) => row['UserName'] === user);
  if (me === undefined) throw new Error(`no mobile user ${user}`);
  const xml: string[] = [`<NavMobileSync salesmancode="${escape(user)}">`];
  for (const { entity, from, filter, fields } of mapping.push.entities) {
    const rows = ('table' in from ? all(from.table.name) : (selects[entity] ?? [])).filter((row) =>
      filter.every(({ column, equalsUser }) => row[column] === me[equalsUser]),
    );
    if (rows.length === 0) continue;
    xml.push(`<table tablename="${entity}">`);
    for (const row of rows) {
      xml.push('<r status="insert">');
      for (const [field, { column, type }] of Object.entries(fields)) {
        const value = row[column] ?? null;
        if (value !== null) xml.push(`<${field}>${escape(spelled(value, type))}</${field}>`);
      }
      xml.push('</r>');
    }
    xml.push('</table>');
  }
  xml.push('</NavMobileSync>');
  return xml.join('');
}

function spelled(value: string, type: string): string {
  if (type === 'date') return `${value}T00:00:00Z`;
  // The sample's stamps are winter wall clock in Sofia, two hours ahead.
  if (type === 'datetime') return new Date(Date.parse(`${value}Z`) - 2 * 3_600_000).toISOString();
  return value;
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** Uploads a snapshot the way a client does, and waits until the cloud accepted it. */
export async function pushSnapshot(cloud: DynamicsMobile, user: string, xml: string): Promise<void> {
  const bytes = new TextEncoder().encode(xml);
  const query = new URLSearchParams({
    packetUniqueId: `${user.length}-${bytes.length}`,
    size: String(bytes.length),
    packetType: 'xml',
  });
  const link = await cloud.handle(
    new Request(`http://cloud/mobile/erp/push/${AREA}/${encodeURIComponent(user)}?${query}`, {
      headers: { 'x-api-key': KEY },
    }),
  );
  const { uploadPath } = (await link.json()) as { uploadPath: string };
  const put = await cloud.handle(
    new Request(new URL(uploadPath, 'http://cloud'), {
      method: 'PUT',
      body: bytes,
      headers: { 'content-type': 'application/xml', 'content-length': String(bytes.length) },
    }),
  );
  if (!put.ok) throw new Error(`the upload for ${user} was refused: ${await put.text()}`);
  await cloud.control.settled();
}
