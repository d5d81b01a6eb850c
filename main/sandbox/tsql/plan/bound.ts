import type { Expr } from '../parser/ast.ts';
import type { Values } from '../storage/rows.ts';
import type { Table } from '../storage/schema-objects.ts';
import type { Env, Run, CompiledQuery, Source } from './context.ts';

/** Calls `row` for every combination of rows; false from it, or to the caller, means stop. */
export type Each = (e: Env, row: () => boolean) => boolean;

/** Where the rows of one place in FROM come from. */
export type Origin =
  | {
      readonly k: 'table';
      readonly table: (run: Run) => Table;
      readonly fixed: Table;
      readonly hints: readonly string[];
    }
  | {
      readonly k: 'rows';
      readonly rows: (run: Run, e: Env | null) => readonly Values[];
      readonly correlated: boolean;
    }
  | { readonly k: 'query'; readonly query: CompiledQuery; readonly lateral: boolean };

export interface BoundSource extends Source {
  readonly origin: Origin;
}

export type BoundRef =
  | { readonly k: 'leaf'; readonly source: BoundSource }
  | {
      readonly k: 'join';
      readonly kind: 'inner' | 'left' | 'full' | 'cross' | 'cross apply' | 'outer apply';
      readonly l: BoundRef;
      readonly r: BoundRef;
      readonly on?: Expr | undefined;
    };
