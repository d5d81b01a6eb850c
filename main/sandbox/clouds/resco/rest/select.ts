import type { Entity } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import type { XmlElement } from './xml.ts';

const OPERATORS: Readonly<Record<string, string>> = {
  '=': 'eq',
  '<>': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  LIKE: 'like',
};
const TERM = /^\s*([a-z_][a-z0-9_]*)\s*(=|<>|<=|>=|<|>|LIKE\b)\s*('(?:[^']|'')*'|[^\s']+)\s*(?:AND\b|$)/;

const node = (name: string, attributes: Record<string, string>, children: XmlElement[] = []): XmlElement => ({
  name,
  attributes,
  children,
  text: '',
});

/** The Fetch that says the same as a Select. */
export function parseSelect(entity: Entity, names: readonly string[], filter: string | null): XmlElement {
  const children =
    names.length === 0 ? [node('all-attributes', {})] : names.map((name) => node('attribute', { name }));
  if (filter !== null && filter !== '') {
    const conditions: XmlElement[] = [];
    let rest = filter;
    do {
      const [whole, attribute = '', operator = '', literal = ''] = TERM.exec(rest) ?? [];
      if (whole === undefined) throw new RescoFault(`$filter is not understood from '${rest}' on`);
      const value = literal.startsWith("'") ? literal.slice(1, -1).replaceAll("''", "'") : literal;
      conditions.push(node('condition', { attribute, operator: OPERATORS[operator] ?? '', value }));
      rest = rest.slice(whole.length);
    } while (rest.trim() !== '');
    children.push(node('filter', {}, conditions));
  }
  return node('fetch', {}, [node('entity', { name: entity.name }, children)]);
}
