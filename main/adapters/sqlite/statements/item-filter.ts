import type { ItemQuery } from '../../../core/queue/queue-store.ts';
import type { ReadDb } from '../connection.ts';

export type ItemFilter = Omit<ItemQuery, 'limit' | 'offset' | 'order'>;

/** Conditions on `item AS i`, to be joined by AND, and the values of their parameters. */
export interface Conditions {
  readonly where: readonly string[];
  readonly values: readonly (string | number)[];
}

/** The trigram index answers from three characters on. */
const INDEXED_LENGTH = 3;

export const isIndexed = (text: string): boolean => Array.from(text).length >= INDEXED_LENGTH;

/** What the columns of a row must be; the text apart, because it is looked for in different ways. */
export function columnConditions(filter: ItemFilter): Conditions {
  const { link, direction, states, user, before } = filter;
  const parts: (readonly [string, readonly (string | number)[]])[] = [
    ...(link === undefined ? [] : [['i.link = ?', [link]] as const]),
    ...(direction === undefined ? [] : [['i.direction = ?', [direction]] as const]),
    // The plus: no index is to be chosen for it, the statement names the one it walks.
    ...(states === undefined ? [] : [[`+i.state IN (${states.map(() => '?').join(', ')})`, states] as const]),
    ...(user === undefined ? [] : [['i.user = ? COLLATE NOCASE', [user]] as const]),
    ...(before === undefined ? [] : [['i.created_at < ?', [before]] as const]),
  ];
  return { where: parts.map(([sql]) => sql), values: parts.flatMap(([, values]) => values) };
}

/** A text in label, packet id or user, found by looking at each row; for few rows. */
export const folded = (text: string): Conditions =>
  text === ''
    ? { where: [], values: [] }
    : { where: ['contains_folded(?, i.label, i.external_id, i.user)'], values: [text] };

/** The same for many rows: without leaving SQLite for each. Case is folded letter by letter. */
export function globbed(text: string): Conditions {
  const pattern = globOf(text);
  return {
    where: ['(i.label GLOB ? OR i.external_id GLOB ? OR i.user GLOB ?)'],
    values: [pattern, pattern, pattern],
  };
}

function globOf(text: string): string {
  const one = (letter: string): string => {
    const variants = [...new Set([letter, letter.toLowerCase(), letter.toUpperCase()])].filter(
      (variant) => Array.from(variant).length === 1,
    );
    // In brackets nothing means anything but ] and ^, which mean nothing outside of them.
    return letter === ']' || letter === '^' ? letter : `[${variants.join('')}]`;
  };
  return `*${Array.from(text).map(one).join('')}*`;
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;

/** What the trigram index is asked for: the text as it is. */
export const matchOf = quoted;

/** The parts the index knows; the first ones of a long text, which tell as much as all. */
export function trigramsOf(text: string): readonly string[] {
  const letters = Array.from(text);
  const parts = letters.slice(0, -2).map((_, at) => letters.slice(at, at + 3).join(''));
  return [...new Set(parts)].slice(0, MOST_TRIGRAMS).map(quoted);
}
const MOST_TRIGRAMS = 24;

/** Case folding as JavaScript knows it. */
export function registerSearch(db: ReadDb): void {
  db.function('contains_folded', { deterministic: true, varargs: true }, (part, ...texts) => {
    const wanted = String(part).toLowerCase();
    return texts.some((text) => String(text).toLowerCase().includes(wanted)) ? 1 : 0;
  });
}
