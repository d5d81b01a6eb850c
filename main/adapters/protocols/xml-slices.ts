import { SaxesParser } from 'saxes';
import { fail, ok, type Result } from '../../../shared/model/result.ts';

/** One child of the root: its text as it came, and its own children's texts by lower-case name, the first of each. */
export interface XmlSlice {
  readonly name: string;
  readonly raw: string;
  readonly fields: ReadonlyMap<string, string>;
}

export interface SlicedXml {
  readonly root: string;
  readonly children: readonly XmlSlice[];
}

const MOST_LEVELS = 16;

/** The children of an XML root with their own text, byte for byte. A DOCTYPE is refused. */
export function xmlSlices(text: string): Result<SlicedXml, string> {
  if (!/^\uFEFF?\s*</.test(text)) return fail('it is not XML');
  if (/<!DOCTYPE/i.test(text))
    return fail(/<html[\s>]/i.test(text) ? 'it is an HTML page' : 'it has a DOCTYPE');
  const parser = new SaxesParser({ xmlns: false });
  const children: XmlSlice[] = [];
  let root = '';
  let depth = 0;
  let start = 0;
  let field = '';
  let value = '';
  let fields = new Map<string, string>();
  const addText = (piece: string): void => {
    if (depth === 3) value += piece;
  };
  parser.on('opentagstart', (tag) => {
    depth += 1;
    if (depth > MOST_LEVELS) throw new UnreadableXml('it is nested too deep');
    if (depth === 1) root = tag.name;
    // Nothing of a tag before the end of its name holds another "<".
    if (depth === 2) [start, fields] = [text.lastIndexOf('<', parser.position - 1), new Map()];
    if (depth === 3) [field, value] = [tag.name.toLowerCase(), ''];
  });
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', (tag) => {
    if (depth === 2) children.push({ name: tag.name, raw: text.slice(start, parser.position), fields });
    if (depth === 3 && !fields.has(field)) fields.set(field, value);
    depth -= 1;
  });
  parser.on('error', (error) => {
    throw new UnreadableXml(
      `it is not well-formed at ${/^\d+:\d+/.exec(error.message)?.[0] ?? 'some place'}`,
    );
  });
  try {
    parser.write(text).close();
  } catch (error) {
    if (error instanceof UnreadableXml)
      return fail(root.toLowerCase() === 'html' ? 'it is an HTML page' : error.message);
    throw error;
  }
  return ok({ root, children });
}

class UnreadableXml extends Error {}
