/**
 * Reads markup for showing, never for carrying: what is broken or cut off gives what there was up to then. Nothing is fetched,
 * no entity is defined, nothing is run; every text comes back as text.
 */
export interface XmlNode {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** The element's own text, without its children's. */
  readonly text: string;
}

export interface XmlLimits {
  readonly nodes: number;
  readonly depth: number;
  /** Characters of one text or attribute; the rest is left out. */
  readonly chars: number;
}

interface Open {
  readonly name: string;
  readonly attributes: Map<string, string>;
  readonly children: XmlNode[];
  text: string;
}

/** The outermost element as far as it goes; `whole` when it ended properly. Undefined when there is none. */
export function readXml(
  source: string,
  limits: XmlLimits,
): { readonly root: XmlNode; readonly whole: boolean } | undefined {
  const stack: Open[] = [];
  let root: XmlNode | undefined;
  let nodes = 0;
  let whole = true;
  let at = 0;

  const close = (): void => {
    const ended = stack.pop();
    if (ended === undefined) return;
    const parent = stack.at(-1);
    if (parent === undefined) root ??= ended;
    else parent.children.push(ended);
  };
  const addText = (raw: string): void => {
    const top = stack.at(-1);
    if (top !== undefined && top.text.length < limits.chars)
      top.text = (top.text + raw).slice(0, limits.chars);
  };

  while (at < source.length) {
    if (root !== undefined) break;
    const mark = source.indexOf('<', at);
    if (mark < 0) {
      addText(decoded(source.slice(at)));
      break;
    }
    if (mark > at) addText(decoded(source.slice(at, Math.min(mark, at + limits.chars * 8))));
    const end = endOfMarkup(source, mark);
    if (end === undefined) break;
    at = end;
    if (source.startsWith('<![CDATA[', mark)) addText(source.slice(mark + 9, end - 3));
    else if (source.startsWith('</', mark)) {
      const name = source.slice(mark + 2, end - 1).trim();
      const opened = stack.findLastIndex((one) => one.name === name);
      // An end nobody began is passed over; one further out ends what was forgotten within.
      if (opened >= 0) {
        if (opened < stack.length - 1) whole = false;
        while (stack.length > opened) close();
      } else whole = false;
    } else if (source[mark + 1] !== '!' && source[mark + 1] !== '?') {
      nodes += 1;
      if (nodes > limits.nodes || stack.length >= limits.depth) {
        whole = false;
        break;
      }
      const empty = source[end - 2] === '/';
      stack.push(startOf(source.slice(mark + 1, end - (empty ? 2 : 1)), limits.chars));
      if (empty) close();
    }
  }
  if (stack.length > 0) whole = false;
  while (stack.length > 0) close();
  return root === undefined ? undefined : { root, whole };
}

/** The place behind the markup that begins at `mark`; undefined when it does not end. */
function endOfMarkup(source: string, mark: number): number | undefined {
  const behind = (what: string, from: number): number | undefined => {
    const found = source.indexOf(what, from);
    return found < 0 ? undefined : found + what.length;
  };
  if (source.startsWith('<!--', mark)) return behind('-->', mark + 4);
  if (source.startsWith('<![CDATA[', mark)) return behind(']]>', mark + 9);
  if (source.startsWith('<?', mark)) return behind('?>', mark + 2);
  if (source.startsWith('<!', mark)) {
    const plain = behind('>', mark);
    const inner = source.indexOf('[', mark);
    return plain !== undefined && inner >= 0 && inner < plain ? behind(']>', inner) : plain;
  }
  // A `>` within an attribute ends nothing.
  let quote = '';
  for (let at = mark + 1; at < source.length; at += 1) {
    const letter = source[at] ?? '';
    if (quote !== '') {
      if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '>') return at + 1;
  }
  return undefined;
}

const ATTRIBUTE = /([^\s=/"'<>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g;

function startOf(tag: string, chars: number): Open {
  const name = /^[^\s/]*/.exec(tag)?.[0] ?? '';
  const attributes = new Map<string, string>();
  for (const [, key = '', double, single] of tag.slice(name.length).matchAll(ATTRIBUTE))
    attributes.set(key.toLowerCase(), decoded(double ?? single ?? '').slice(0, chars));
  return { name, attributes, children: [], text: '' };
}

const NAMED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** The five names and numbers; anything else stays as it stands there. */
const decoded = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (whole, ten, hex, name) => {
        if (typeof name === 'string') return NAMED.get(name) ?? whole;
        const code = typeof ten === 'string' ? Number(ten) : Number.parseInt(String(hex), 16);
        return code > 0 && code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff)
          ? String.fromCodePoint(code)
          : whole;
      })
    : text;
