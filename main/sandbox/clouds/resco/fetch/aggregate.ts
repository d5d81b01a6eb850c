import { Big } from 'big.js';
import type { Attribute } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import { fieldOf } from '../state/store.ts';
import { comparable, compare } from './compare.ts';
import type { Scope, Tuple } from './conditions.ts';
import type { Column, Node } from './query.ts';

export interface AggregateCell {
  readonly name: string;
  readonly attribute: Attribute;
  readonly value: string | undefined;
  /** Whether the value is one of the attribute, to be shown as such. */
  readonly asAttribute: boolean;
}

interface Placed {
  readonly column: Column;
  readonly node: Node;
  readonly place: number;
}

/** One list of cells per group; without `groupby` there is one group, also of nothing. */
export function aggregateRows(scope: Scope, tuples: readonly Tuple[]): AggregateCell[][] {
  const columns: Placed[] = scope.nodes.flatMap((node, place) =>
    node.columns.map((column) => ({ column, node, place })),
  );
  for (const { column } of columns) {
    if (column.alias === undefined) throw new RescoFault(`${column.attribute.name} has no alias`);
    if ((column.aggregate === undefined) === !column.groupBy)
      throw new RescoFault(`${column.alias} is neither aggregated nor grouped by`);
  }
  const valueIn = ({ column, node, place }: Placed, tuple: Tuple): string | undefined => {
    const row = tuple[place];
    return row === undefined ? undefined : fieldOf(node.entity, row, column.attribute.name);
  };
  const keys = columns.filter(({ column }) => column.groupBy);
  const groups = new Map<string, Tuple[]>();
  if (keys.length === 0) groups.set('[]', []);
  for (const tuple of tuples) {
    const key = JSON.stringify(keys.map((one) => valueIn(one, tuple)?.toLowerCase() ?? null));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [tuple]);
    else group.push(tuple);
  }
  return [...groups.values()].map((group) =>
    columns.map((one) => {
      const { column } = one;
      const first = group[0];
      return {
        name: column.alias ?? '',
        attribute: column.attribute,
        value: column.groupBy
          ? first === undefined
            ? undefined
            : valueIn(one, first)
          : calculate(
              column,
              group.map((tuple) => valueIn(one, tuple)),
            ),
        asAttribute: column.groupBy || column.aggregate === 'min' || column.aggregate === 'max',
      };
    }),
  );
}

function calculate({ aggregate, attribute, distinct }: Column, all: readonly (string | undefined)[]) {
  const present = all.filter((value) => value !== undefined);
  const values = distinct ? [...new Set(present.map((value) => value.toLowerCase()))] : present;
  switch (aggregate) {
    case 'count':
      return String(distinct ? values.length : all.length);
    case 'countcolumn':
      return String(values.length);
    case 'sum':
    case 'avg': {
      if (!['Integer', 'Float', 'Decimal', 'Money'].includes(attribute.type))
        throw new RescoFault(`${aggregate} does not suit ${attribute.name}`);
      if (values.length === 0) return undefined;
      const sum = values.reduce((total, value) => total.plus(value), new Big(0));
      return (aggregate === 'sum' ? sum : sum.div(values.length)).toFixed();
    }
    case 'min':
    case 'max':
      return [...values].sort((a, b) => compare(comparable(attribute, a), comparable(attribute, b)))[
        aggregate === 'min' ? 0 : values.length - 1
      ];
    default:
      throw new RescoFault(`there is no aggregate '${aggregate ?? ''}'`);
  }
}
