import type { Json } from './draft.ts';

/** A user of the list: a name, or a name with values for filters. */
type User = string | Readonly<Record<string, string | null>>;

const plain = (text: string): boolean => text === text.trim() && !/[;\n\r]/.test(text);

/**
 * The list of users as lines to be edited: `ANNA; Route=12; Van`, the last being a value that is there and empty (null).
 * Undefined where a name or value cannot be written so: then it is edited in the file.
 */
export function linesOf(list: readonly Json[]): string | undefined {
  const lines = list.map((user) => {
    if (typeof user === 'string') return user;
    if (typeof user !== 'object' || user === null || Array.isArray(user)) return undefined;
    const { name, ...values } = user as Readonly<Record<string, Json>>;
    const parts = Object.entries(values).map(([key, value]) => {
      if (!plain(key) || key === '' || key.includes('=')) return undefined;
      if (value === null) return key;
      return typeof value === 'string' && plain(value) ? `${key}=${value}` : undefined;
    });
    return typeof name === 'string' && !parts.includes(undefined) ? [name, ...parts].join('; ') : undefined;
  });
  const text = lines.join('\n');
  // Whatever would come back otherwise is left alone.
  return lines.includes(undefined) || JSON.stringify(usersOf(text)) !== JSON.stringify(list)
    ? undefined
    : text;
}

/** What the lines say; empty ones and those of white space are nobody. */
export function usersOf(text: string): readonly User[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', ...values] = line.split(';').map((part) => part.trim());
      const given = values.filter((value) => value !== '');
      if (given.length === 0) return name;
      return Object.fromEntries([
        ['name', name],
        ...given.map((value): [string, string | null] => {
          const at = value.indexOf('=');
          return at < 0 ? [value, null] : [value.slice(0, at).trim(), value.slice(at + 1).trim()];
        }),
      ]);
    });
}
