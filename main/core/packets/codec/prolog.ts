/** Longest text before the root element; real packets have an XML declaration at most. */
const PROLOG_CHARS = 64 * 1024;

/** What a document turns out to be once its first element is seen. */
export type PrologVerdict =
  | { readonly kind: 'more' }
  /** Something else than XML, with words for what it looks like. */
  | { readonly kind: 'not-xml'; readonly code: 'not-a-packet' | 'json-packet'; readonly detail: string }
  | {
      readonly kind: 'root';
      readonly name: string;
      readonly doctype: boolean;
      readonly encoding: string | undefined;
    };

const more: PrologVerdict = { kind: 'more' };
const notXml = (detail: string): PrologVerdict => ({ kind: 'not-xml', code: 'not-a-packet', detail });
/** Told apart from other things that are no XML: somebody may have switched an account to it. */
const json: PrologVerdict = {
  kind: 'not-xml',
  code: 'json-packet',
  detail: 'it is JSON; only XML packets are read, because the form of JSON packets is not published',
};

/**
 * Looks at the beginning of a document up to the name of its first element, without an XML parser: what is refused for
 * its DOCTYPE must not reach one. `more` while the text does not tell yet. Pure.
 */
export function readProlog(text: string): PrologVerdict {
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let doctype = false;
  let encoding: string | undefined;
  if (text.length > PROLOG_CHARS) text = text.slice(0, PROLOG_CHARS + 1);
  const tooLong = (): PrologVerdict =>
    text.length > PROLOG_CHARS ? notXml('no element within the first 64 KiB') : more;
  for (;;) {
    while (at < text.length && /\s/.test(text.charAt(at))) at += 1;
    if (at >= text.length) return tooLong();
    const rest = text.slice(at, at + 9);
    if (!rest.startsWith('<')) return /^[[{"]/.test(rest) ? json : notXml('it does not begin with "<"');
    if (rest.startsWith('<?')) {
      const end = text.indexOf('?>', at);
      if (end < 0) return tooLong();
      const declared = /^<\?xml\s[^>]*?encoding\s*=\s*["']([\w.:-]*)["']/.exec(text.slice(at, end));
      encoding ??= declared?.[1];
      at = end + 2;
    } else if (rest.startsWith('<!--')) {
      const end = text.indexOf('-->', at + 4);
      if (end < 0) return tooLong();
      at = end + 3;
    } else if (/^<!DOCTYPE/i.test(rest)) {
      doctype = true;
      const end = doctypeEnd(text, at);
      if (end < 0) return text.length > PROLOG_CHARS ? { kind: 'root', name: '', doctype, encoding } : more;
      at = end;
    } else {
      const name = /^<([^\s<>/=!?]+)[\s/>]/.exec(text.slice(at, at + 300));
      if (name?.[1] !== undefined) return { kind: 'root', name: name[1], doctype, encoding };
      if (/^<!?[^\s<>/=!?]*$/.test(text.slice(at)) && text.length - at < 300) return more;
      return notXml('its first tag is not an element');
    }
  }
}

/** Where the declaration that starts at `at` ends, quotes and an internal subset considered; -1 when not yet seen. */
function doctypeEnd(text: string, at: number): number {
  let quote = '';
  let subset = false;
  for (let i = at + 9; i < text.length; i += 1) {
    const char = text.charAt(i);
    if (quote !== '') {
      if (char === quote) quote = '';
    } else if (char === '"' || char === "'") quote = char;
    else if (char === '[') subset = true;
    else if (char === ']') subset = false;
    else if (char === '>' && !subset) return i + 1;
  }
  return -1;
}

export const isPacketRoot = (name: string): boolean => name.toLowerCase() === 'navmobilesync';
