/** Rows of a table as they stand in a packet of ours, told apart without reading more than a piece of it at once. */
export type RowTexts = AsyncIterable<readonly string[]>;

const ROW_START = '<r status="insert">';
/** Values hold no angle bracket, so this ends a row and nothing else. */
const ROW_END = '</r>\n';
const TABLE_START = /^<table tablename="([^"]*)">\n/;
const ROW_ID = 'DMS_ROWID';

const ENTITIES: readonly (readonly [RegExp, string])[] = [
  [/&lt;/g, '<'],
  [/&gt;/g, '>'],
  [/&quot;/g, '"'],
  [/&#13;/g, '\r'],
  [/&#10;/g, '\n'],
  [/&#9;/g, '\t'],
  [/&amp;/g, '&'],
];
const plain = (text: string): string =>
  text.includes('&') ? ENTITIES.reduce((rest, [from, to]) => rest.replace(from, to), text) : text;

/** The table a segment is of; undefined where these are no bytes of ours. Reads the beginning only. */
export async function tableOf(bytes: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    if (text.includes('\n')) break;
  }
  const name = TABLE_START.exec(text)?.[1];
  return name === undefined ? undefined : plain(name);
}

/** The rows of one segment, without their tags, piece by piece. Throws what `bytes` throws. */
export async function* rowTexts(bytes: AsyncIterable<Uint8Array>): RowTexts {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of bytes) {
    text += decoder.decode(chunk, { stream: true });
    const rows: string[] = [];
    let from = 0;
    for (;;) {
      const end = text.indexOf(ROW_END, from);
      if (end < 0) break;
      const start = text.indexOf(ROW_START, from);
      rows.push(text.slice(start + ROW_START.length, end));
      from = end + ROW_END.length;
    }
    text = text.slice(from);
    if (rows.length > 0) yield rows;
  }
}

/** One value of a row, as it is written; undefined where the row does not have the field. */
export function valueIn(row: string, field: string): string | undefined {
  const open = `<${field}>`;
  const start = row.indexOf(open);
  if (start < 0) return undefined;
  return row.slice(start + open.length, row.indexOf('<', start + open.length));
}

/** Fields in their order, values as the app reads them. */
export function fieldsOf(row: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const [, name = '', value = ''] of row.matchAll(/<([^<>/]+)>([^<]*)<\/\1>/g))
    fields.set(name, plain(value));
  return fields;
}

/** What a row is known by: its id, else its key, else all of it. */
export function keyOf(row: string, keyFields: readonly string[]): string {
  const id = valueIn(row, ROW_ID);
  if (id !== undefined && id !== '') return id.toLowerCase();
  const key = keyFields.map((field) => valueIn(row, field));
  return key.length === 0 || key.includes(undefined) ? row : key.join('<');
}

/** The same for people; its number where nothing else names it. */
export function nameOf(row: string, keyFields: readonly string[], number: number): string {
  const id = valueIn(row, ROW_ID);
  if (id !== undefined && id !== '') return plain(id);
  const key = keyFields.flatMap((field) => valueIn(row, field) ?? []);
  return key.length === 0 || key.length < keyFields.length
    ? String(number)
    : key.map((one) => plain(one)).join(', ');
}
