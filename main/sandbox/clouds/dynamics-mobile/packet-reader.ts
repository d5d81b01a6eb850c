import { setImmediate as nextTurn } from 'node:timers/promises';
import { SaxesParser } from 'saxes';

/** The bytes are not a synchronization packet; the message says why in words fit for a log. */
export class NotAPacket extends Error {}

export interface PacketVisitor {
  root?(user: string): void;
  table?(name: string): void;
  row?(table: string, status: string | undefined, fields: [string, string][]): void;
}

// A busy snapshot must not keep the other calls waiting for longer than a blink.
const BYTES_PER_TURN = 1 << 20;

/** Reads a packet of any size, strictly, calling the visitor in document order. Throws `NotAPacket`. */
export async function readPacket(source: AsyncIterable<Uint8Array>, visitor: PacketVisitor): Promise<void> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const parser = packetParser(visitor);
  let sinceTurn = 0;
  for await (const chunk of source) {
    step(() => parser.write(decoder.decode(chunk, { stream: true })));
    sinceTurn += chunk.length;
    if (sinceTurn >= BYTES_PER_TURN) {
      sinceTurn = 0;
      await nextTurn();
    }
  }
  step(() => parser.write(decoder.decode()).close());
}

function step(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (error instanceof NotAPacket) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new NotAPacket(
      words.includes('encoded data') ? 'the bytes are not UTF-8' : `not well-formed: ${words}`,
    );
  }
}

function packetParser(visitor: PacketVisitor): SaxesParser<{ xmlns: false; position: true }> {
  const parser = new SaxesParser({ xmlns: false, position: true });
  const seen = new Set<string>();
  let depth = 0;
  let table = '';
  let status: string | undefined;
  let fields: [string, string][] = [];
  let value = '';

  parser.on('xmldecl', (declaration) => {
    const encoding = declaration.encoding?.toLowerCase();
    if (encoding !== undefined && encoding !== 'utf-8')
      throw new NotAPacket(`the declared encoding is ${encoding}`);
  });
  parser.on('doctype', () => {
    throw new NotAPacket('a document type declaration is not allowed');
  });
  parser.on('opentag', (tag) => {
    const attributes = tag.attributes;
    depth += 1;
    if (depth === 1) {
      if (tag.name !== 'NavMobileSync') throw new NotAPacket(`the root is ${tag.name}, not NavMobileSync`);
      const name = Object.keys(attributes).find((key) => key.toLowerCase() === 'salesmancode');
      const user = name === undefined ? undefined : attributes[name];
      if (user === undefined || user === '') throw new NotAPacket('the root names no user');
      visitor.root?.(user);
    } else if (depth === 2) {
      if (tag.name !== 'table')
        throw new NotAPacket(`${tag.name} stands in the root, where only table may stand`);
      table = attributes['tablename'] ?? attributes['name'] ?? '';
      if (table === '') throw new NotAPacket('a table has no name');
      if (seen.has(table)) throw new NotAPacket(`the table ${table} occurs twice`);
      seen.add(table);
      visitor.table?.(table);
    } else if (depth === 3) {
      if (tag.name !== 'r') throw new NotAPacket(`${tag.name} stands in a table, where only r may stand`);
      status = attributes['status'];
      fields = [];
    } else if (depth > 4) throw new NotAPacket(`${tag.name} stands inside a field`);
    value = '';
  });
  parser.on('closetag', (tag) => {
    if (depth === 4) fields.push([tag.name, value]);
    if (depth === 3) visitor.row?.(table, status, fields);
    depth -= 1;
    value = '';
  });
  const take = (piece: string): void => {
    if (depth === 4) value += piece;
    else if (piece.trim() !== '') throw new NotAPacket('text stands outside a field');
  };
  parser.on('text', take);
  parser.on('cdata', take);
  return parser;
}
