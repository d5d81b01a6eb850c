import type { Attribute, Entity } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import { attributeOf, fieldOf } from '../state/store.ts';
import type { Row } from '../state/table.ts';
import { guidOf, instant } from '../state/values.ts';
import type { User, World } from '../state/world.ts';
import { comparable, compare } from './compare.ts';
import type { Comparable } from './compare.ts';
import type { ConditionText, Filter, Node } from './query.ts';

/** One record of each node of the query, in the order of `scope`; undefined where an outer join found none. */
export type Tuple = readonly (Row | undefined)[];
export type Test = (tuple: Tuple) => boolean;

export interface Scope {
  readonly world: World;
  readonly user: User;
  readonly nodes: readonly Node[];
}

/** Compiles the filters of one node; all of them must hold. Throws `RescoFault` for what the server does not take. */
export function compileFilters(scope: Scope, node: Node): Test | undefined {
  if (node.filters.length === 0) return undefined;
  return all(node.filters.map((filter) => compile(scope, node, filter)));
}

function compile(scope: Scope, node: Node, filter: Filter): Test {
  const tests = [
    ...filter.conditions.map((one) => condition(scope, node, one)),
    ...filter.filters.map((one) => compile(scope, node, one)),
  ];
  // An empty filter asks for nothing.
  if (filter.type === 'and' || tests.length === 0) return all(tests);
  return (tuple) => tests.some((test) => test(tuple));
}

const all =
  (tests: readonly Test[]): Test =>
  (tuple) =>
    tests.every((test) => test(tuple));

function condition(scope: Scope, node: Node, text: ConditionText): Test {
  const place =
    text.entityName === undefined
      ? scope.nodes.indexOf(node)
      : scope.nodes.findIndex((one) => one.alias === text.entityName);
  const target = scope.nodes[place];
  if (target === undefined) throw new RescoFault(`nothing is joined as ${text.entityName ?? ''}`);
  const { entity } = target;
  const attribute = attributeOf(entity, text.attribute);
  if (attribute.permissions.includes('NoQuery'))
    throw new RescoFault(`${attribute.name} may not be used in a filter`);
  if (attribute.type === 'RowVersion' && scope.world.switches.rowVersionConditions === 'fault')
    throw new RescoFault(`${attribute.name} may not be used in a filter`);
  const test = operator(scope, attribute, text);
  return (tuple) => {
    const row = tuple[place];
    return test(row === undefined ? undefined : fieldOf(entity, row, attribute.name));
  };
}

type ValueTest = (value: string | undefined) => boolean;

function operator(scope: Scope, attribute: Attribute, text: ConditionText): ValueTest {
  const { operator: name, values } = text;
  const expect = (least: number, most: number): void => {
    if (values.length < least || values.length > most)
      throw new RescoFault(`${name} of ${attribute.name} does not take ${values.length} values`);
  };
  const operand = (value: string): Comparable => literal(attribute, value);
  const ordered = (holds: (order: number) => boolean): ValueTest => {
    expect(1, 1);
    const wanted = operand(values[0] ?? '');
    return (value) => value !== undefined && holds(compare(comparable(attribute, value), wanted));
  };
  switch (name) {
    case 'eq':
      return ordered((order) => order === 0);
    case 'ne': {
      // As in the reference language, a null is not equal to anything.
      const same = ordered((order) => order === 0);
      return (value) => !same(value);
    }
    case 'lt':
      return ordered((order) => order < 0);
    case 'le':
      return ordered((order) => order <= 0);
    case 'gt':
      return ordered((order) => order > 0);
    case 'ge':
      return ordered((order) => order >= 0);
    case 'null':
      expect(0, 0);
      return (value) => value === undefined;
    case 'not-null':
      expect(0, 0);
      return (value) => value !== undefined;
    case 'in':
    case 'not-in': {
      expect(1, Infinity);
      const wanted = new Set(values.map((value) => String(operand(value))));
      const within: ValueTest = (value) =>
        value !== undefined && wanted.has(String(comparable(attribute, value)));
      return name === 'in' ? within : (value) => !within(value);
    }
    case 'between':
    case 'not-between': {
      expect(2, 2);
      const [low, high] = [operand(values[0] ?? ''), operand(values[1] ?? '')];
      const within: ValueTest = (value) => {
        if (value === undefined) return false;
        const own = comparable(attribute, value);
        return compare(own, low) >= 0 && compare(own, high) <= 0;
      };
      return name === 'between' ? within : (value) => !within(value);
    }
    case 'like':
    case 'not-like': {
      expect(1, 1);
      if (attribute.type !== 'String') throw new RescoFault(`${name} does not suit ${attribute.name}`);
      const fits = likePattern(values[0] ?? '');
      return (value) => (value !== undefined && fits.test(value)) === (name === 'like');
    }
    case 'eq-userid':
      expect(0, 0);
      return (value) => value !== undefined && comparable(attribute, value) === scope.user.id;
    default:
      throw new RescoFault(`there is no operator '${name}'`);
  }
}

/** `%` and `_` are wildcards. */
export function likePattern(text: string): RegExp {
  const body = text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${body.replaceAll('%', '.*').replaceAll('_', '.')}$`, 'is');
}

/** The value of a condition in comparable form; it must be of the attribute's type. */
export function literal(attribute: Attribute, text: string): Comparable {
  const refuse = (): never => {
    throw new RescoFault(`'${text}' cannot be compared with ${attribute.name}`);
  };
  switch (attribute.type) {
    case 'UniqueIdentifier':
    case 'Lookup':
      return guidOf(text) ?? refuse();
    case 'RowVersion':
      return /^\d{1,20}$/.test(text) ? BigInt(text) : refuse();
    case 'Integer':
    case 'Picklist':
    case 'PicklistMap':
      return /^-?\d+$/.test(text) ? Number(text) : refuse();
    case 'Float':
      return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text) ? Number(text) : refuse();
    case 'Decimal':
    case 'Money':
      return /^-?\d+(\.\d+)?$/.test(text) ? comparable(attribute, text) : refuse();
    case 'Boolean':
      if (/^(true|1)$/i.test(text)) return 'true';
      return /^(false|0)$/i.test(text) ? 'false' : refuse();
    case 'DateTime':
      return instant(text) ?? refuse();
    case 'Binary':
    case 'PartyList':
      return refuse();
    case 'String':
      return text.toLowerCase();
  }
}

/** The key that the root filter pins down, if it does: ids that can be looked up instead of searched. */
export function pinnedIds(entity: Entity, filters: readonly Filter[]): readonly string[] | undefined {
  for (const filter of filters) {
    if (filter.type !== 'and' && filter.conditions.length + filter.filters.length !== 1) continue;
    for (const { attribute, operator: name, values, entityName } of filter.conditions)
      if (entityName === undefined && attribute === entity.key && (name === 'eq' || name === 'in'))
        return [...new Set(values.map((value) => guidOf(value) ?? ''))];
    const inner = pinnedIds(entity, filter.filters);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

/** The row version that every record must be above, if the root filter says so. */
export function versionFloor(entity: Entity, filters: readonly Filter[]): bigint | undefined {
  for (const filter of filters) {
    if (filter.type !== 'and') continue;
    for (const { attribute, operator: name, values, entityName } of filter.conditions)
      if (
        entityName === undefined &&
        attribute === entity.versionName &&
        (name === 'gt' || name === 'ge') &&
        /^\d{1,20}$/.test(values[0] ?? '')
      )
        return BigInt(values[0] ?? '0') + (name === 'gt' ? 1n : 0n);
  }
  return undefined;
}
