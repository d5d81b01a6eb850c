import type { FieldType } from '../../../../shared/model/field-type.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';

/** Somebody who holds the row is about to change it: better no answer soon than one late. */
const LOOKUP_LOCK_MS = 10_000;

export interface LookupPart {
  /** Number of the question. */
  readonly index: number;
  readonly table: SqlName;
  /** Column and the expression it must equal. */
  readonly where: readonly { readonly column: string; readonly equals: string }[];
  readonly take: { readonly column: string; readonly type: FieldType };
}

/**
 * All parts answer as text, so that the server makes no common type of them. The texts of days and moments are those that no
 * language setting changes.
 */
function asText(column: string, type: FieldType): string {
  switch (type.kind) {
    case 'text':
      return `CAST(${column} AS nvarchar(max))`;
    case 'decimal':
      return `CONVERT(nvarchar(max), ${column}, 2)`;
    case 'datetime':
      return `CONVERT(nvarchar(max), CAST(${column} AS datetime2(3)), 126)`;
    case 'date':
    case 'dateOfTime':
      return `CONVERT(nvarchar(max), CAST(${column} AS date), 23)`;
    case 'binary':
      return `CONVERT(nvarchar(max), CAST(${column} AS varbinary(max)), 2)`;
    case 'bool':
      return `CONVERT(nvarchar(max), CAST(CAST(${column} AS bit) AS int))`;
    case 'int':
    case 'bigint':
    case 'guid':
      return `CONVERT(nvarchar(max), ${column})`;
    default:
      return type.kind satisfies never;
  }
}

/** Two rows a question at most: one is the answer, two are one too many. */
export const lookupBatch = (parts: readonly LookupPart[]): string => `SET NOCOUNT ON;
SET LOCK_TIMEOUT ${LOOKUP_LOCK_MS};
${parts.map(selectOf).join('\nUNION ALL\n')};`;

function selectOf({ index, table, where, take }: LookupPart): string {
  const conditions = where.map(({ column, equals }) => `t.${quoteIdent(column)} = ${equals}`).join(' AND ');
  return `SELECT ${index} AS ferry_question, x.v AS found FROM (SELECT TOP (2) ${asText(`t.${quoteIdent(take.column)}`, take.type)} AS v FROM ${quoteName(table)} AS t WHERE ${conditions}) AS x`;
}
