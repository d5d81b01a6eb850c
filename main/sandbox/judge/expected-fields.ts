import type { Columns, Document, Fields, Part } from './document.ts';
import { plain } from './values.ts';

/** Ids in one spelling. */
export function headOf<K extends Document['kind']>(
  kind: K,
  rowId: string,
  number: string,
  user: string,
): { kind: K; rowId: string; number: string; user: string } {
  return { kind, rowId: rowId.toUpperCase(), number, user };
}

export const part = <C extends Columns>(
  kind: Part['kind'],
  rowId: string,
  label: string,
  columns: C,
  values: { readonly [K in keyof C]: string | undefined },
): Part => ({ kind, rowId: rowId.toUpperCase(), label, fields: fieldsOf(columns, values) });

/** What a phone noted, in the judge's spelling of each column. */
export function fieldsOf<C extends Columns>(
  columns: C,
  values: { readonly [K in keyof C]: string | undefined },
): Fields {
  const fields: Record<string, string | null> = {};
  for (const [name, [, kind]] of Object.entries(columns)) fields[name] = plain(values[name] ?? null, kind);
  return fields;
}
