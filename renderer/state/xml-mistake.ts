/** Why a text is no whole XML, and where, counted from 1. */
export type XmlMistake =
  | { readonly kind: 'document-type' }
  | { readonly kind: 'broken'; readonly line?: number; readonly column?: number };

/** What keeps a text from being XML that a packet may be; undefined when it is. Nothing in it is loaded or run. */
export function xmlMistake(text: string): XmlMistake | undefined {
  // It could define entities: the browser must not even look at it.
  if (/<!DOCTYPE/i.test(text)) return { kind: 'document-type' };
  const error = new DOMParser().parseFromString(text, 'application/xml').querySelector('parsererror');
  if (error === null) return undefined;
  const [, line, column] = /line (\d+) at column (\d+)/i.exec(error.textContent ?? '') ?? [];
  return line === undefined || column === undefined
    ? { kind: 'broken' }
    : { kind: 'broken', line: Number(line), column: Number(column) };
}
