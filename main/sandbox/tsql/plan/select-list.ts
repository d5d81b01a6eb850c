import { bindingError } from '../errors.ts';
import type { SelectItem, Expr } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { Scope } from './context.ts';
import type { SourceColumn, Compiled, Binding } from './context.ts';
import { scalar, isCondition } from './expressions.ts';
import { AGGREGATES } from './aggregate-binding.ts';

export interface OutputColumn extends SourceColumn {
  readonly compiled: Compiled;
  /** SELECT @v = value */
  readonly assign?: { readonly variable: string; readonly op: string } | undefined;
}

export function bindItems(items: readonly SelectItem[], scope: Scope, binding: Binding): OutputColumn[] {
  const out: OutputColumn[] = [];
  for (const item of items) {
    if (item.k === 'star') {
      const qualifier = item.table?.map(nameKey);
      const sources = scope.sources.filter((s) => !qualifier || s.alias === qualifier.at(-1));
      if (sources.length === 0) {
        if (qualifier)
          throw bindingError(
            4104,
            `The multi-part identifier "${qualifier.join('.')}.*" could not be bound.`,
          );
        throw bindingError(263, 'Must specify table to select from.');
      }
      for (const source of sources) {
        for (const c of source.columns) {
          const compiled = scalar({ k: 'col', parts: [source.alias, c.name], line: 0 }, scope, binding);
          out.push({ ...c, compiled });
        }
      }
      continue;
    }
    if (item.k === 'assign') {
      const compiled = scalar(item.e, scope, binding);
      out.push({
        name: '',
        key: '',
        type: compiled.type,
        nullable: true,
        compiled,
        assign: { variable: item.variable, op: item.op },
      });
      continue;
    }
    if (isCondition(item.e)) throw bindingError(102, 'Incorrect syntax: a condition cannot be selected.', 15);
    const compiled = scalar(item.e, scope, binding);
    const name = item.alias ?? (item.e.k === 'col' ? (item.e.parts.at(-1) ?? '') : '');
    out.push({
      name,
      key: nameKey(name),
      type: compiled.type,
      nullable: compiled.nullable,
      identity: compiled.column?.identity,
      compiled,
    });
  }
  return out;
}

function contains(e: unknown, test: (f: Expr & { k: 'func' }) => boolean): boolean {
  if (!e || typeof e !== 'object') return false;
  if (Array.isArray(e)) return e.some((x) => contains(x, test));
  const node = e as { k?: string };
  if (node.k === 'sub' || node.k === 'exists') return false;
  if (node.k === 'func' && test(e as Expr & { k: 'func' })) return true;
  return Object.values(e).some((x) => contains(x, test));
}
export const hasAggregate = (e: unknown): boolean => contains(e, (f) => AGGREGATES.has(f.name) && !f.over);
export const hasWindow = (e: unknown): boolean => contains(e, (f) => f.over !== undefined);
