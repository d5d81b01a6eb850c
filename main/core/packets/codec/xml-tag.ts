const NAME_START =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const NAME = `[${NAME_START}][${NAME_START}\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040]*`;
const BLANK = '[ \\t\\n]';
const START = new RegExp(`<(${NAME})`, 'uy');
const ATTRIBUTE = new RegExp(`${BLANK}+(${NAME})${BLANK}*=${BLANK}*(?:"([^<"]*)"|'([^<']*)')`, 'uy');
const END = new RegExp(`${BLANK}*(/?)>`, 'uy');
const TARGET = new RegExp(`^<\\?(${NAME})(?:${BLANK}|\\?>$)`, 'u');
const DECLARATION = new RegExp(
  `^<\\?xml${BLANK}+version${BLANK}*=${BLANK}*(?:"1\\.[0-9]+"|'1\\.[0-9]+')` +
    `(?:${BLANK}+encoding${BLANK}*=${BLANK}*(?:"[A-Za-z][\\w.-]*"|'[A-Za-z][\\w.-]*'))?` +
    `(?:${BLANK}+standalone${BLANK}*=${BLANK}*(?:"(?:yes|no)"|'(?:yes|no)'))?${BLANK}*\\?>$`,
);

/** A start tag as it stands in a document. Equal text is the same tag: it is parsed once. */
export interface Tag {
  readonly source: string;
  readonly name: string;
  /** The name in lower case: devices do not agree on capitals. */
  readonly key: string;
  /** The end tag it most likely has. */
  readonly close: string;
  readonly isEmpty: boolean;
  /** By lower-case name, the first of several. */
  readonly attributes: ReadonlyMap<string, string>;
  /** Attributes as written. */
  readonly count: number;
}

/** What is wrong with a document, in words. */
export class Malformed extends Error {}

/**
 * Parses a start tag from `<` to `>`; line ends are normalised already. Looks no further than one attribute behind
 * `mostAttributes`. Throws Malformed.
 */
export function parseTag(source: string, mostAttributes: number): Tag {
  START.lastIndex = 0;
  const name = START.exec(source)?.[1];
  if (name === undefined) throw new Malformed('a character that no name begins with after "<"');
  const written = new Set<string>();
  const attributes = new Map<string, string>();
  let at = name.length + 1;
  while (written.size <= mostAttributes) {
    ATTRIBUTE.lastIndex = at;
    const found = ATTRIBUTE.exec(source);
    if (found === null) break;
    const attribute = found[1] ?? '';
    if (written.has(attribute)) throw new Malformed('an attribute twice on one element');
    written.add(attribute);
    const key = attribute.toLowerCase();
    // Blanks of any kind are spaces in an attribute; what a reference stands for stays.
    const value = expand((found[2] ?? found[3] ?? '').replace(/[\t\n]/g, ' '));
    if (!attributes.has(key)) attributes.set(key, value);
    at = ATTRIBUTE.lastIndex;
  }
  END.lastIndex = at;
  const end = END.exec(source);
  if (written.size <= mostAttributes && (end === null || END.lastIndex !== source.length))
    throw new Malformed('a tag that is not written as XML has it');
  return {
    source,
    name,
    key: name.toLowerCase(),
    close: `</${name}>`,
    isEmpty: end?.[1] === '/',
    attributes,
    count: written.size,
  };
}

/** Index of the `>` that ends the start tag at `at`, quotes considered; -1 where it is still to come. */
export function tagEnd(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    const char = text[index];
    if (char === '>') return index;
    if (char !== '"' && char !== "'") continue;
    const end = text.indexOf(char, index + 1);
    if (end < 0) return -1;
    index = end;
  }
  return -1;
}

/** What unfinished markup ends with; empty where it is none, or not told yet. */
export function endOf(markup: string): string {
  if (!markup.startsWith('<') || markup.length < 2) return '';
  if (markup.startsWith('<?')) return '?>';
  if (markup.startsWith('<!--')) return '-->';
  if (markup.startsWith('<![CDATA[')) return ']]>';
  return markup.startsWith('<!') ? '' : '>';
}

/** Checks an instruction from `<?` to `?>`, which nobody reads. Throws Malformed. */
export function checkInstruction(source: string, atStart: boolean): void {
  const target = TARGET.exec(source)?.[1];
  if (target === undefined) throw new Malformed('a processing instruction without a proper name');
  if (target.toLowerCase() === 'xml' && !(atStart && DECLARATION.test(source)))
    throw new Malformed('an XML declaration that is wrong or not at the beginning');
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
]);

/** What the reference between `&` and `;` stands for. Throws Malformed. */
export function referred(name: string): string {
  const entity = ENTITIES.get(name);
  if (entity !== undefined) return entity;
  const digits = /^#(?:x([0-9A-Fa-f]+)|([0-9]+))$/.exec(name);
  if (digits === null) throw new Malformed('a reference to something that is not defined');
  const code =
    digits[1] === undefined ? Number.parseInt(digits[2] ?? '', 10) : Number.parseInt(digits[1], 16);
  if (!isCharacter(code)) throw new Malformed('a reference to a character that XML cannot carry');
  return String.fromCodePoint(code);
}

/** Text with its references replaced. Throws Malformed. */
function expand(text: string): string {
  let amp = text.indexOf('&');
  if (amp < 0) return text;
  let value = '';
  let from = 0;
  for (; amp >= 0; amp = text.indexOf('&', from)) {
    const end = text.indexOf(';', amp);
    if (end < 0) throw new Malformed('"&" without a reference');
    value += text.slice(from, amp) + referred(text.slice(amp + 1, end));
    from = end + 1;
  }
  return value + text.slice(from);
}

const isCharacter = (code: number): boolean =>
  (code >= 0x20 && code <= 0xd7ff) ||
  code === 0x09 ||
  code === 0x0a ||
  code === 0x0d ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);
