import type { Attribute, Entity } from '../metadata/entity-types.ts';
import { RescoFault } from '../state/fault.ts';
import { attributeOf, entityOf } from '../state/store.ts';
import type { World } from '../state/world.ts';
import type { XmlElement } from '../rest/xml.ts';

export interface Column {
  readonly attribute: Attribute;
  readonly alias: string | undefined;
  readonly aggregate: string | undefined;
  readonly groupBy: boolean;
  readonly distinct: boolean;
}

export interface ConditionText {
  readonly attribute: string;
  readonly operator: string;
  readonly values: readonly string[];
  readonly entityName: string | undefined;
}

export interface Filter {
  readonly type: 'and' | 'or';
  readonly conditions: readonly ConditionText[];
  readonly filters: readonly Filter[];
}

export interface Order {
  readonly attribute: string | undefined;
  readonly alias: string | undefined;
  readonly descending: boolean;
}

export interface Node {
  readonly entity: Entity;
  /** Undefined for the root, whose columns have no prefix. */
  readonly alias: string | undefined;
  readonly columns: readonly Column[];
  readonly filters: readonly Filter[];
  readonly orders: readonly Order[];
  readonly links: readonly Link[];
}

export interface Link {
  readonly node: Node;
  readonly from: Attribute;
  readonly to: Attribute;
  readonly outer: boolean;
}

export interface Query {
  readonly root: Node;
  readonly count: number | undefined;
  readonly page: number;
  readonly top: number | undefined;
  readonly distinct: boolean;
  readonly aggregate: boolean;
  readonly minActive: boolean;
}

const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  fetch: [
    'version',
    'count',
    'page',
    'paging-cookie',
    'distinct',
    'aggregate',
    'min-active-row-version',
    'top',
  ],
  entity: ['name', 'alias', 'aggregate'],
  'link-entity': ['name', 'from', 'to', 'link-type', 'alias'],
  attribute: ['name', 'alias', 'aggregate', 'groupby', 'distinct', 'dategrouping'],
  'all-attributes': [],
  filter: ['type'],
  condition: ['attribute', 'operator', 'value', 'entityname', 'uitype', 'uiname'],
  value: ['uitype', 'uiname'],
  order: ['attribute', 'descending', 'alias'],
};

/** Reads a `<fetch>` document, strictly: an element or attribute that the grammar does not have is a fault. */
export function readQuery(world: World, xml: XmlElement): Query {
  if (xml.name !== 'fetch') throw new RescoFault(`the root is ${xml.name}, not fetch`);
  const attributes = known(xml);
  const [entity, ...more] = xml.children;
  if (entity?.name !== 'entity' || more.length > 0) throw new RescoFault('fetch takes one entity');
  const page = whole(attributes['page'], 'page') ?? 1;
  if (page < 1) throw new RescoFault('page starts with 1');
  const count = whole(attributes['count'], 'count');
  if (count === 0) throw new RescoFault('count starts with 1');
  return {
    root: readNode(world, entity, undefined, new Set()),
    count,
    page,
    top: whole(attributes['top'], 'top'),
    distinct: flag(attributes['distinct']),
    aggregate: flag(attributes['aggregate']) || flag(entity.attributes['aggregate']),
    minActive: flag(attributes['min-active-row-version']),
  };
}

function known(xml: XmlElement): Readonly<Record<string, string>> {
  const allowed = ALLOWED[xml.name];
  if (allowed === undefined) throw new RescoFault(`Fetch has no element ${xml.name}`);
  for (const name of Object.keys(xml.attributes))
    if (!allowed.includes(name)) throw new RescoFault(`${xml.name} has no attribute ${name}`);
  return xml.attributes;
}

function whole(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw new RescoFault(`${name} is '${text}', no number`);
  return Number(text);
}

function flag(text: string | undefined): boolean {
  if (text === undefined || text === '0' || text === 'false') return false;
  if (text === '1' || text === 'true') return true;
  throw new RescoFault(`'${text}' is neither true nor false`);
}

function readNode(world: World, xml: XmlElement, alias: string | undefined, aliases: Set<string>): Node {
  const entity = entityOf(world, known(xml)['name'] ?? '');
  const columns: Column[] = [];
  const filters: Filter[] = [];
  const orders: Order[] = [];
  const links: Link[] = [];
  for (const child of xml.children) {
    const attributes = known(child);
    if (child.name === 'attribute')
      columns.push({
        attribute: attributeOf(entity, attributes['name'] ?? ''),
        alias: attributes['alias'],
        aggregate: attributes['aggregate'],
        groupBy: flag(attributes['groupby']),
        distinct: flag(attributes['distinct']),
      });
    else if (child.name === 'all-attributes')
      for (const attribute of entity.all.values())
        columns.push({ attribute, alias: undefined, aggregate: undefined, groupBy: false, distinct: false });
    else if (child.name === 'filter') filters.push(readFilter(child));
    else if (child.name === 'order') orders.push(readOrder(attributes));
    else if (child.name === 'link-entity') links.push(readLink(world, entity, child, aliases));
    else throw new RescoFault(`${child.name} stands in ${xml.name}, where it may not`);
  }
  return { entity, alias, columns, filters, orders, links };
}

function readOrder(attributes: Readonly<Record<string, string>>): Order {
  const { attribute, alias } = attributes;
  if (attribute === undefined && alias === undefined) throw new RescoFault('order names no attribute');
  return { attribute, alias, descending: flag(attributes['descending']) };
}

function readLink(world: World, parent: Entity, xml: XmlElement, aliases: Set<string>): Link {
  const { alias = xml.attributes['name'] ?? '', from = '', to = '' } = xml.attributes;
  const type = xml.attributes['link-type'] ?? 'inner';
  if (type !== 'inner' && type !== 'outer') throw new RescoFault(`'${type}' is no link-type`);
  if (aliases.has(alias)) throw new RescoFault(`the alias ${alias} is used twice`);
  aliases.add(alias);
  const node = readNode(world, xml, alias, aliases);
  return { node, from: attributeOf(node.entity, from), to: attributeOf(parent, to), outer: type === 'outer' };
}

function readFilter(xml: XmlElement): Filter {
  const { type = 'and' } = known(xml);
  if (type !== 'and' && type !== 'or') throw new RescoFault(`'${type}' is no type of filter`);
  const conditions: ConditionText[] = [];
  const filters: Filter[] = [];
  for (const child of xml.children) {
    const attributes = known(child);
    if (child.name === 'filter') filters.push(readFilter(child));
    else if (child.name === 'condition') {
      const listed = child.children.map((value) => {
        if (value.name !== 'value') throw new RescoFault(`${value.name} stands in a condition`);
        known(value);
        return value.text;
      });
      const { attribute = '', operator = '', value, entityname } = attributes;
      if (value !== undefined && listed.length > 0) throw new RescoFault('a condition has its value twice');
      conditions.push({
        attribute,
        operator,
        values: value === undefined ? listed : [value],
        entityName: entityname,
      });
    } else throw new RescoFault(`${child.name} stands in filter, where it may not`);
  }
  return { type, conditions, filters };
}
