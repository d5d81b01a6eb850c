import { SaxesParser } from 'saxes';

export interface XmlElement {
  /** Local name. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

/** The bytes are no XML document that this server takes. */
export class NotXml extends Error {}

interface Open {
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  text: string;
}

/** Parses a whole document, strictly: well-formed, namespaces bound, no document type. Throws `NotXml`. */
export function parseXml(text: string): XmlElement {
  const parser = new SaxesParser({ xmlns: true, position: false });
  const top: Open = { name: '', attributes: {}, children: [], text: '' };
  const open: Open[] = [top];
  parser.on('doctype', () => {
    throw new NotXml('a document type declaration is not allowed');
  });
  parser.on('opentag', (tag) => {
    const attributes: Record<string, string> = {};
    for (const [name, { value, prefix }] of Object.entries(tag.attributes))
      if (prefix !== 'xmlns' && name !== 'xmlns') attributes[name] = value;
    const element: Open = { name: tag.local, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  parser.on('closetag', () => {
    open.pop();
  });
  const take = (piece: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += piece;
  };
  parser.on('text', take);
  parser.on('cdata', take);
  try {
    parser.write(text).close();
  } catch (error) {
    throw error instanceof NotXml
      ? error
      : new NotXml(error instanceof Error ? error.message : String(error));
  }
  const root = top.children[0];
  if (root === undefined) throw new NotXml('there is no root element');
  return root;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};
// A bare carriage return would come out of the reader's parser as a line feed.
const NEEDS_ESCAPE = /[&<>"'\r]/g;

export const escapeXml = (text: string): string =>
  text.replaceAll(NEEDS_ESCAPE, (one) => ESCAPES[one] ?? one);

/** An element with attributes; undefined ones are left out. */
export function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  inner = '',
): string {
  let start = name;
  for (const [key, value] of Object.entries(attributes))
    if (value !== undefined)
      start += ` ${key}="${escapeXml(value).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')}"`;
  return inner === '' ? `<${start}/>` : `<${start}>${inner}</${name}>`;
}
