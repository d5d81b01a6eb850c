import { canBeXml, xmlText } from '../protocols/xml-tree.ts';
import { IDS_PER_READ } from './limits.ts';

export type FetchOperator = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'in' | 'null' | 'not-null';

/** Exactly what this client asks with; values are texts in the form of the cloud. */
export type FetchFilter =
  | { readonly attribute: string; readonly is: FetchOperator; readonly values: readonly string[] }
  | { readonly type: 'and' | 'or'; readonly parts: readonly FetchFilter[] };

export interface FetchQuery {
  readonly entity: string;
  readonly attributes: readonly string[];
  readonly filter?: FetchFilter | undefined;
  readonly order: readonly { readonly attribute: string; readonly descending?: boolean | undefined }[];
  readonly count: number;
  /** It has binary columns, which may take their time. */
  readonly slow?: boolean | undefined;
  /** Ask also for the lowest row version of a transaction that is still open. */
  readonly minActive?: boolean | undefined;
}

export const is = (
  attribute: string,
  operator: FetchOperator,
  ...values: readonly string[]
): FetchFilter => ({
  attribute,
  is: operator,
  values,
});
export const allOf = (...parts: readonly FetchFilter[]): FetchFilter => ({ type: 'and', parts });
export const anyOf = (...parts: readonly FetchFilter[]): FetchFilter => ({ type: 'or', parts });

/**
 * The document, always of the first page: this client pages by key. Throws for what the grammar cannot say, which is a bug of the
 * caller; a value XML cannot carry gives undefined.
 */
export function fetchXml(query: FetchQuery): string | undefined {
  if (query.filter !== undefined && !valuesOf(query.filter).every(canBeXml)) return undefined;
  const attributes = [...new Set(query.attributes)].map((name) => `<attribute name="${xmlText(name)}"/>`);
  const order = query.order.map(
    ({ attribute, descending }) =>
      `<order attribute="${xmlText(attribute)}" descending="${descending === true ? '1' : '0'}"/>`,
  );
  return [
    `<fetch version="1.0" count="${query.count}" page="1"`,
    query.minActive === true ? ' min-active-row-version="1"' : '',
    `><entity name="${xmlText(query.entity)}">`,
    ...attributes,
    query.filter === undefined ? '' : group(query.filter),
    ...order,
    '</entity></fetch>',
  ].join('');
}

const valuesOf = (filter: FetchFilter): readonly string[] =>
  'parts' in filter ? filter.parts.flatMap(valuesOf) : filter.values;

/** The entity takes filters, a filter conditions. */
const group = (filter: FetchFilter): string =>
  'parts' in filter ? filterXml(filter) : filterXml({ type: 'and', parts: [filter] });

function filterXml(filter: FetchFilter): string {
  if ('parts' in filter) {
    if (filter.parts.length === 0) throw new Error('a filter without conditions');
    // Conditions before filters, as in every published document.
    const leaves = filter.parts.filter((part) => !('parts' in part));
    const nested = filter.parts.filter((part) => 'parts' in part);
    return `<filter type="${filter.type}">${[...leaves, ...nested].map(filterXml).join('')}</filter>`;
  }
  const { attribute, is: operator, values } = filter;
  const head = `<condition attribute="${xmlText(attribute)}" operator="${operator}"`;
  if (operator === 'null' || operator === 'not-null') return `${head}/>`;
  if (operator === 'in') {
    if (values.length === 0 || values.length > IDS_PER_READ)
      throw new Error(`${values.length} values of one list`);
    return `${head}>${values.map((value) => `<value>${xmlText(value)}</value>`).join('')}</condition>`;
  }
  const [value, second] = values;
  if (value === undefined || second !== undefined) throw new Error(`${operator} has ${values.length} values`);
  return `${head} value="${xmlText(value)}"/>`;
}
