import type { Entity } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import { attributeOf, fieldOf, may, sees, tableOf } from '../state/store.ts';
import type { Row } from '../state/table.ts';
import { comparable, compare } from './compare.ts';
import { compileFilters, pinnedIds, versionFloor } from './conditions.ts';
import type { Scope, Test, Tuple } from './conditions.ts';
import type { Link, Node, Order, Query } from './query.ts';

/** All nodes of a query, the root first, each before those joined to it. */
export function nodesOf(root: Node): Node[] {
  return [root, ...root.links.flatMap((link) => nodesOf(link.node))];
}

interface Join {
  readonly link: Link;
  readonly parent: number;
  readonly parentEntity: Entity;
  readonly own: number;
  readonly test: Test | undefined;
  /** Records that may be read, by what they are joined with. */
  readonly byKey: ReadonlyMap<string, readonly Row[]>;
}

/**
 * The tuples of a query in its order, at most `limit` of them where that saves work. Throws `RescoFault` before any row
 * is looked at.
 */
export function evaluate(scope: Scope, query: Query, limit: number): Tuple[] {
  const { root } = query;
  const rootTest = compileFilters(scope, root);
  const order = orderOf(scope);
  const joins = joinsOf(scope, root);
  const byVersion = onlyByVersion(scope);
  const found: Tuple[] = [];
  for (const row of candidates(scope, root)) {
    for (const tuple of joined(joins, [row])) {
      if (rootTest !== undefined && !rootTest(tuple)) continue;
      found.push(tuple);
    }
    if (byVersion && found.length >= limit) break;
  }
  if (byVersion) return found;
  if (order === undefined) return shuffled(found, scope.world.random);
  return found.sort(order);
}

function readable(scope: Scope, node: Node): (row: Row) => boolean {
  const { world, user } = scope;
  if (!may(world, user, node.entity.name, 'read')) return () => false;
  return (row) => sees(user, node.entity, row);
}

/** Records of the root that can come into question, in ascending row versions unless their ids are given. */
function* candidates(scope: Scope, root: Node): Generator<Row> {
  const { entity, filters } = root;
  const allowed = readable(scope, root);
  const table = tableOf(scope.world, entity.name);
  const ids = pinnedIds(entity, filters);
  if (ids !== undefined) {
    const rows = ids.map((id) => table.rows.get(id)).filter((row) => row !== undefined);
    for (const row of rows.sort((a, b) => (a.version < b.version ? -1 : 1))) if (allowed(row)) yield row;
    return;
  }
  const floor = versionFloor(entity, filters);
  const sorted = table.inOrder();
  for (let place = floor === undefined ? 0 : table.placeOf(floor); place < sorted.length; place++) {
    const row = sorted[place];
    if (row !== undefined && allowed(row)) yield row;
  }
}

function joinsOf(scope: Scope, root: Node): readonly Join[] {
  const joins: Join[] = [];
  const add = (node: Node): void => {
    for (const link of node.links) {
      const byKey = new Map<string, Row[]>();
      const allowed = readable(scope, link.node);
      for (const row of tableOf(scope.world, link.node.entity.name).rows.values()) {
        const value = fieldOf(link.node.entity, row, link.from.name);
        if (value === undefined || !allowed(row)) continue;
        const key = String(comparable(link.from, value));
        const rows = byKey.get(key);
        if (rows === undefined) byKey.set(key, [row]);
        else rows.push(row);
      }
      joins.push({
        link,
        parent: scope.nodes.indexOf(node),
        parentEntity: node.entity,
        own: scope.nodes.indexOf(link.node),
        test: compileFilters(scope, link.node),
        byKey,
      });
      add(link.node);
    }
  };
  add(root);
  return joins;
}

function joined(joins: readonly Join[], start: Tuple, at = 0): Tuple[] {
  const join = joins[at];
  if (join === undefined) return [start];
  const parent = start[join.parent];
  const tuples: Tuple[] = [];
  const place = (row: Row | undefined): Tuple => {
    const tuple = [...start];
    tuple[join.own] = row;
    return tuple;
  };
  const value = parent === undefined ? undefined : fieldOf(join.parentEntity, parent, join.link.to.name);
  const rows = value === undefined ? [] : (join.byKey.get(String(comparable(join.link.to, value))) ?? []);
  for (const row of rows) {
    const tuple = place(row);
    if (join.test === undefined || join.test(tuple)) tuples.push(...joined(joins, tuple, at + 1));
  }
  if (tuples.length === 0 && join.link.outer) return joined(joins, place(undefined), at + 1);
  return tuples;
}

function ordersOf(scope: Scope): { node: number; order: Order; name: string }[] {
  return scope.nodes.flatMap((node, place) =>
    node.orders.map((order) => {
      const at =
        order.alias === undefined ? place : scope.nodes.findIndex((one) => one.alias === order.alias);
      const target = scope.nodes[at];
      if (target === undefined) throw new RescoFault(`nothing is joined as ${order.alias ?? ''}`);
      const name = attributeOf(target.entity, order.attribute ?? '').name;
      if (name === target.entity.versionName && scope.world.switches.rowVersionConditions === 'fault')
        throw new RescoFault(`${name} may not be sorted by`);
      return { node: at, order, name };
    }),
  );
}

/** Whether the order is that in which candidates come. */
function onlyByVersion(scope: Scope): boolean {
  const [first, ...more] = ordersOf(scope);
  return (
    first !== undefined &&
    more.length === 0 &&
    first.node === 0 &&
    !first.order.descending &&
    first.name === scope.nodes[0]?.entity.versionName
  );
}

function orderOf(scope: Scope): ((a: Tuple, b: Tuple) => number) | undefined {
  const orders = ordersOf(scope);
  if (orders.length === 0) return undefined;
  return (a, b) => {
    for (const { node, order, name } of orders) {
      const entity = scope.nodes[node]?.entity;
      if (entity === undefined) continue;
      const attribute = attributeOf(entity, name);
      const of = (tuple: Tuple) => {
        const row = tuple[node];
        const value = row === undefined ? undefined : fieldOf(entity, row, name);
        return value === undefined ? undefined : comparable(attribute, value);
      };
      const [x, y] = [of(a), of(b)];
      // Nulls come first, as on SQL Server.
      const signed =
        x === undefined || y === undefined
          ? Number(x !== undefined) - Number(y !== undefined)
          : compare(x, y);
      if (signed !== 0) return order.descending ? -signed : signed;
    }
    return 0;
  };
}

/** A new list in random order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items];
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [list[i] as T, list[j] as T];
    list[i] = b;
    list[j] = a;
  }
  return list;
}
