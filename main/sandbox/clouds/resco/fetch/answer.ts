import { xmlAnswer } from '../rest/answers.ts';
import { render } from '../rest/render.ts';
import { element, escapeXml } from '../rest/xml.ts';
import type { XmlElement } from '../rest/xml.ts';
import { RescoFault } from '../state/fault.ts';
import { expireDeletions, fieldOf } from '../state/store.ts';
import type { User, World } from '../state/world.ts';
import { aggregateRows } from './aggregate.ts';
import type { Scope, Tuple } from './conditions.ts';
import { evaluate, nodesOf, shuffled } from './evaluate.ts';
import { readQuery } from './query.ts';
import type { Column, Node, Query } from './query.ts';

/** Answers a Fetch whole, or throws `RescoFault`: nothing partial. */
export function answerFetch(world: World, user: User, xml: XmlElement): Response {
  expireDeletions(world);
  const query = readQuery(world, xml);
  const scope = { world, user, nodes: nodesOf(query.root) };
  const size = pageSize(world, query);
  const start = (query.page - 1) * size;
  const rows = query.aggregate ? aggregated(scope, query) : plain(scope, query, start + size + 1);
  const limited = query.top === undefined ? rows : rows.slice(0, query.top);
  return xmlAnswer(
    world.switches,
    'FetchResponse',
    metadataOf(scope, query) +
      `<Entities>${limited.slice(start, start + size).join('')}</Entities>` +
      `<MoreRecords>${limited.length > start + size ? 'true' : 'false'}</MoreRecords>` +
      '<PagingCookie></PagingCookie>' +
      minActive(world, query),
  );
}

/** How many rows a Fetch has over all pages. */
export function countFetch(world: World, user: User, xml: XmlElement): number {
  const query = readQuery(world, xml);
  return evaluate({ world, user, nodes: nodesOf(query.root) }, query, Infinity).length;
}

/** Lowest row version of an open transaction, else the one that comes next. */
function minActive(world: World, query: Query): string {
  const how = world.switches.minActive;
  if (!query.minActive || how === 'off') return '';
  if (how === 'minusOne') return '<MinActiveRowVersion>-1</MinActiveRowVersion>';
  let lowest = world.versions.last + 1n;
  for (const stage of world.stages)
    if (stage.lowest !== undefined && stage.lowest < lowest) lowest = stage.lowest;
  return `<MinActiveRowVersion>${lowest}</MinActiveRowVersion>`;
}

interface Named {
  readonly node: Node;
  readonly place: number;
  readonly column: Column;
  readonly name: string;
}

function namedColumns({ nodes }: Scope): Named[] {
  const named = nodes.flatMap((node, place) =>
    node.columns.map((column) => {
      const own = column.alias ?? column.attribute.name;
      return { node, place, column, name: node.alias === undefined ? own : `${node.alias}.${own}` };
    }),
  );
  if (new Set(named.map(({ name }) => name)).size < named.length)
    throw new RescoFault('a column is asked for twice');
  if (named.some(({ column }) => column.aggregate !== undefined || column.groupBy))
    throw new RescoFault('aggregate is not set on fetch');
  return named;
}

function plain(scope: Scope, query: Query, limit: number): string[] {
  const { world } = scope;
  const columns = namedColumns(scope);
  const tuples = evaluate(scope, query, query.distinct ? Infinity : limit);
  const from = query.distinct ? 0 : Math.max(0, limit - 1 - pageSize(world, query));
  const seen = new Set<string>();
  const rows: string[] = [];
  for (const [place, tuple] of tuples.entries()) {
    // Rows of earlier pages count, but need no text.
    if (place < from) {
      rows.push('');
      continue;
    }
    if (!query.distinct && place >= limit) break;
    if (query.distinct) {
      const key = JSON.stringify(columns.map((column) => valueOf(column, tuple) ?? null));
      if (seen.has(key)) continue;
      seen.add(key);
    }
    rows.push(rowText(scope, columns, tuple));
  }
  return rows;
}

const pageSize = (world: World, query: Query): number =>
  Math.min(query.count ?? world.switches.fetchMax, world.switches.fetchMax);

function valueOf({ node, place, column }: Named, tuple: Tuple): string | undefined {
  const row = tuple[place];
  return row === undefined ? undefined : fieldOf(node.entity, row, column.attribute.name);
}

function rowText({ world, nodes }: Scope, columns: readonly Named[], tuple: Tuple): string {
  let inner = '';
  for (const column of shuffled(columns, world.random)) {
    const value = valueOf(column, tuple);
    if (value !== undefined)
      inner += `<${column.name}>${render(world, column.column.attribute, value)}</${column.name}>`;
  }
  return `<Entity EntityName="${nodes[0]?.entity.name ?? ''}">${inner}</Entity>`;
}

function aggregated(scope: Scope, query: Query): string[] {
  const name = query.root.entity.name;
  return aggregateRows(scope, evaluate(scope, query, Infinity)).map((cells) => {
    const inner = cells.map(({ name: alias, attribute, value, asAttribute }) =>
      value === undefined
        ? ''
        : `<${alias}>${asAttribute ? render(scope.world, attribute, value) : escapeXml(value)}</${alias}>`,
    );
    return `<Entity EntityName="${name}">${inner.join('')}</Entity>`;
  });
}

function metadataOf({ nodes }: Scope, query: Query): string {
  const attributes = nodes.flatMap((node) =>
    node.columns.map(({ attribute, alias, aggregate }) => {
      const own = alias ?? attribute.name;
      const counts = aggregate === 'count' || aggregate === 'countcolumn';
      return element('Attribute', {
        Name: node.alias === undefined || query.aggregate ? own : `${node.alias}.${own}`,
        Type: counts ? 'Integer' : attribute.name === node.entity.key ? 'PrimaryKey' : attribute.type,
        EntityName: node.entity.name,
      });
    }),
  );
  const inner = `<Attributes>${attributes.join('')}</Attributes>`;
  return element('Metadata', { PrimaryEntity: query.root.entity.name }, inner);
}
