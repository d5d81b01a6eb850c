/** Settings as they stand in a file that may not check: looked into without trusting their shape. */

export const fieldOf = (data: unknown, name: string): unknown =>
  typeof data === 'object' && data !== null && Object.hasOwn(data, name)
    ? (data as Record<string, unknown>)[name]
    : undefined;

export const listOf = (data: unknown, name: string): readonly unknown[] => {
  const list = fieldOf(data, name);
  return Array.isArray(list) ? list : [];
};

export const idsIn = (data: unknown, list: string): readonly string[] =>
  listOf(data, list).flatMap((one) => {
    const id = fieldOf(one, 'id');
    return typeof id === 'string' ? [id] : [];
  });

const LOOKS_SECRET = /pass(word)?|pwd|secret|token|api-?_?key/i;

/** The same without what somebody typed under a name of a secret: no such key is known, so nothing that checks is lost. */
export function withoutSecrets(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutSecrets);
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data)
      .filter(([name]) => !LOOKS_SECRET.test(name))
      .map(([name, value]) => [name, withoutSecrets(value)]),
  );
}

/** Top-level sections that differ: for the log, which holds no values. */
export function changedSections(before: unknown, after: unknown): readonly string[] {
  const names = [...new Set([before, after].flatMap((one) => Object.keys(asRecord(one))))].sort();
  return names.filter((name) => canonical(fieldOf(before, name)) !== canonical(fieldOf(after, name)));
}

const asRecord = (data: unknown): object => (typeof data === 'object' && data !== null ? data : {});

const canonical = (value: unknown): string =>
  JSON.stringify(value, (_name, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  ) ?? '';
