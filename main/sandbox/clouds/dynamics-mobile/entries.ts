import { SaxesParser } from 'saxes';
import { escapeXml } from './device-packet.ts';
import type { DevicePacket } from './state.ts';

export type ListFormat = 'xml' | 'json';

export interface EntryContext {
  format: ListFormat;
  receiptHandle: string;
  /** Time of the list call, in milliseconds: entries do not say when the packet was made. */
  now: number;
  deliveries: number;
  /** Adds fields no client knows, in a form that does not survive reading and writing again. */
  extraFields: boolean;
}

/** One entry exactly as it goes out. */
export function renderEntry(packet: DevicePacket, context: EntryContext): string {
  const fields: [string, string | number][] = [
    ['id', packet.id],
    ['url', packet.paths[context.format]],
    ['userName', packet.user],
    ['companyId', packet.companyId],
    ['appCode', packet.appCode],
    ['packetType', packet.kind === 'file' ? 'image' : 'data'],
    ['onDate', new Date(context.now).toISOString()],
    ['size', 0],
  ];
  if (packet.operation !== undefined) fields.push(['operation', packet.operation]);
  fields.push(['receiptHandle', context.receiptHandle]);
  if (context.format === 'xml') {
    const elements = fields.map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
    if (context.extraFields)
      elements.push(`<attributes count="${context.deliveries}"><![CDATA[a<b & "c"]]></attributes>`);
    return `<message>${elements.join('')}</message>`;
  }
  const members = fields.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  if (context.extraFields)
    members.push(
      `"attributes":{"count":${context.deliveries},"sequence":188000000000000001.50,"note":"\\u0161"}`,
    );
  return `{${members.join(',')}}`;
}

export function renderList(format: ListFormat, entries: readonly string[]): string {
  if (format === 'json') return `[${entries.join(',')}]`;
  return entries.length === 0 ? '<messages/>' : `<messages>${entries.join('')}</messages>`;
}

/** Receipt handles of a posted list, undefined for an entry without one; or why the body is no such list. */
export function readHandles(
  format: ListFormat,
  body: string,
): { handles: (string | undefined)[] } | { refused: string } {
  return format === 'json' ? readJsonHandles(body) : readXmlHandles(body);
}

function readJsonHandles(body: string): { handles: (string | undefined)[] } | { refused: string } {
  let list: unknown;
  try {
    list = JSON.parse(body);
  } catch {
    return { refused: 'the body is not JSON' };
  }
  if (!Array.isArray(list)) return { refused: 'the body is not an array' };
  const handles: (string | undefined)[] = [];
  for (const entry of list as unknown[]) {
    if (typeof entry !== 'object' || entry === null) return { refused: 'an entry is not an object' };
    const handle = (entry as Record<string, unknown>)['receiptHandle'];
    handles.push(typeof handle === 'string' ? handle : undefined);
  }
  return { handles };
}

class Refused extends Error {}

function readXmlHandles(body: string): { handles: (string | undefined)[] } | { refused: string } {
  const handles: (string | undefined)[] = [];
  const parser = new SaxesParser({ xmlns: false });
  const path: string[] = [];
  let text = '';
  parser.on('doctype', () => {
    throw new Refused('a document type declaration is not allowed');
  });
  parser.on('opentag', (tag) => {
    path.push(tag.name);
    if (path.length === 1 && tag.name !== 'messages') throw new Refused('the root is not messages');
    if (path.length === 2) {
      if (tag.name !== 'message') throw new Refused('an entry is not a message');
      handles.push(undefined);
    }
    text = '';
  });
  parser.on('text', (piece) => {
    text += piece;
  });
  parser.on('cdata', (piece) => {
    text += piece;
  });
  parser.on('closetag', (tag) => {
    if (path.length === 3 && tag.name === 'receiptHandle') handles[handles.length - 1] = text;
    path.pop();
  });
  try {
    parser.write(body).close();
  } catch (error) {
    return { refused: error instanceof Refused ? error.message : 'the body is not well-formed XML' };
  }
  return { handles };
}
