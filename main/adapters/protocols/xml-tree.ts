import { SaxesParser } from 'saxes';
import { fail, ok, type Result } from '../../../shared/model/result.ts';

/** An element by its local name. Every value is a text as it came: nothing is trimmed, and nothing taken for a number. */
export interface XmlNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** Its own text, without that of its children. */
  readonly text: string;
}

const MOST_LEVELS = 64;
const MOST_NODES = 2_000_000;

interface Open {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlNode[];
  text: string;
}

/** A whole document as a tree, prefixes of namespaces dropped; the failure says in words why it is none. A DOCTYPE is refused. */
export function xmlTree(given: string): Result<XmlNode, string> {
  const text = given.replace(/^\uFEFF/, '');
  if (!/^\s*</.test(text)) return fail(text.trim() === '' ? 'it is empty' : 'it is not XML');
  if (/<!DOCTYPE|<!ENTITY/i.test(text))
    return fail(/<html[\s>]/i.test(text) ? 'it is an HTML page' : 'it has a DOCTYPE');
  const parser = new SaxesParser({ xmlns: false });
  const open: Open[] = [];
  let root: XmlNode | undefined;
  let nodes = 0;
  const addText = (piece: string): void => {
    const top = open.at(-1);
    if (top !== undefined) top.text += piece;
  };
  parser.on('opentag', (tag) => {
    nodes += 1;
    if (open.length >= MOST_LEVELS) throw new UnreadableXml('it is nested too deep');
    if (nodes > MOST_NODES) throw new UnreadableXml('it has too many elements');
    const attributes = new Map(
      Object.entries(tag.attributes).map(([name, value]): [string, string] => [localName(name), value]),
    );
    open.push({ name: localName(tag.name), attributes, children: [], text: '' });
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => {
    const done = open.pop();
    if (done === undefined) return;
    const parent = open.at(-1);
    if (parent === undefined) root ??= done;
    else parent.children.push(done);
  });
  parser.on('error', (error) => {
    throw new UnreadableXml(
      `it is not well-formed at ${/^\d+:\d+/.exec(error.message)?.[0] ?? 'some place'}`,
    );
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof UnreadableXml) return fail(isPage(text) ? 'it is an HTML page' : error.message);
    throw error;
  }
  if (root === undefined) return fail('it has no element');
  return root.name.toLowerCase() === 'html' ? fail('it is an HTML page') : ok(root);
}

class UnreadableXml extends Error {}

const isPage = (text: string): boolean => /^\s*<html[\s>]/i.test(text);
const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

export const childrenNamed = (node: XmlNode, name: string): readonly XmlNode[] =>
  node.children.filter((child) => child.name === name);

export const childNamed = (node: XmlNode, name: string): XmlNode | undefined =>
  node.children.find((child) => child.name === name);

/** All elements of this name at any depth, none of them within another one that was found. */
export function descendantsNamed(node: XmlNode, name: string): readonly XmlNode[] {
  return node.name === name ? [node] : node.children.flatMap((child) => descendantsNamed(child, name));
}

/** The text of an element with that of all beneath it. */
export const wholeText = (node: XmlNode): string => node.text + node.children.map(wholeText).join('');

const UNCARRIED =
  // oxlint-disable-next-line no-control-regex -- exactly what XML 1.0 cannot carry
  /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Whether a text can be written into XML 1.0 at all. */
export const canBeXml = (text: string): boolean => !UNCARRIED.test(text);

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
  '\n': '&#10;',
  '\t': '&#9;',
};

/** For element content and for attributes; line ends come back as they were. Check `canBeXml` first. */
export const xmlText = (text: string): string => text.replace(/[&<>"'\r\n\t]/g, (one) => ESCAPES[one] ?? one);
