/**
 * A list made of some raw entries of one, to report a part of it done. Entries go in as they came, byte for byte; only
 * the wrapper is new.
 */
export function composePart(format: 'xml' | 'json', entries: readonly { readonly raw: string }[]): string {
  const raw = entries.map((entry) => entry.raw);
  return format === 'xml' ? `<messages>${raw.join('')}</messages>` : `[${raw.join(',')}]`;
}
