import { quoteIdent } from '../quote-ident.ts';

/** Somebody who changes the schema holds locks on the catalogue: better no answer soon than one late. */
const CATALOGUE_LOCK_MS = 5_000;

const OPTIONS = `SET NOCOUNT ON;
SET LOCK_TIMEOUT ${CATALOGUE_LOCK_MS};`;

/** Parameters @s0, @n0 and so on: schema and name. Compared as the database compares names. */
const chosen = (count: number): string =>
  Array.from({ length: count }, (_, index) => `(s.name = @s${index} AND o.name = @n${index})`).join(' OR ');

const objects = (kinds: string, names: number | 'all'): string =>
  `FROM sys.objects AS o INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id WHERE o.is_ms_shipped = 0 AND o.type IN (${kinds})${names === 'all' ? '' : ` AND (${chosen(names)})`}`;

/** A type by its name; alias types by the one they stand for, types of the CLR by their own. */
const typed = (of: string): string =>
  `LEFT JOIN sys.types AS b ON b.user_type_id = ${of}.system_type_id LEFT JOIN sys.types AS t ON t.user_type_id = ${of}.user_type_id`;
const TYPE = 'COALESCE(b.name, t.name) AS type_name';

/** What texts of a collation can hold; a parameter of a procedure has the database's. */
const codePageOf = (collation: string): string =>
  `CAST(COLLATIONPROPERTY(${collation}, 'CodePage') AS int) AS code_page`;
const DATABASE_COLLATION = '(SELECT d.collation_name FROM sys.databases AS d WHERE d.name = DB_NAME())';

/**
 * Result sets, told apart by their first column: objects, columns, keys, foreign_keys, triggers, parameters, texts.
 * `temporal`: whether the server knows columns it fills with the period of a row (since 2016).
 */
export function catalogueBatch(names: number | 'all', temporal: boolean): string {
  const tables = objects("'U', 'V'", names);
  const procedures = objects("'P', 'PC'", names);
  const parts = [
    OPTIONS,
    `SELECT o.object_id AS ferry_object, s.name AS schema_name, o.name AS object_name, RTRIM(o.type) AS object_type ${objects(names === 'all' ? "'U', 'V'" : "'U', 'V', 'P', 'PC', 'SN'", names)} ORDER BY s.name, o.name;`,
    `SELECT c.object_id AS ferry_column, c.name AS column_name, ${TYPE}, c.max_length, c.precision, c.scale, ${codePageOf('c.collation_name')}, c.is_nullable, c.is_identity, c.is_computed, CASE WHEN c.default_object_id <> 0 THEN 1 ELSE 0 END AS has_default, ${temporal ? 'CASE WHEN c.generated_always_type <> 0 THEN 1 ELSE 0 END' : '0'} AS is_generated FROM sys.columns AS c ${typed('c')} WHERE c.object_id IN (SELECT o.object_id ${tables}) ORDER BY c.object_id, c.column_id;`,
    `SELECT i.object_id AS ferry_key, i.name AS key_name, i.is_primary_key, c.name AS column_name FROM sys.indexes AS i INNER JOIN sys.index_columns AS x ON x.object_id = i.object_id AND x.index_id = i.index_id INNER JOIN sys.columns AS c ON c.object_id = x.object_id AND c.column_id = x.column_id WHERE i.is_unique = 1 AND i.has_filter = 0 AND x.key_ordinal > 0 AND i.object_id IN (SELECT o.object_id ${tables}) ORDER BY i.object_id, i.index_id, x.key_ordinal;`,
    `SELECT f.parent_object_id AS ferry_foreign, f.name AS key_name, fc.name AS column_name, rs.name AS to_schema, ro.name AS to_name, rc.name AS to_column FROM sys.foreign_keys AS f INNER JOIN sys.foreign_key_columns AS k ON k.constraint_object_id = f.object_id INNER JOIN sys.columns AS fc ON fc.object_id = k.parent_object_id AND fc.column_id = k.parent_column_id INNER JOIN sys.objects AS ro ON ro.object_id = k.referenced_object_id INNER JOIN sys.schemas AS rs ON rs.schema_id = ro.schema_id INNER JOIN sys.columns AS rc ON rc.object_id = k.referenced_object_id AND rc.column_id = k.referenced_column_id WHERE f.parent_object_id IN (SELECT o.object_id ${tables}) ORDER BY f.object_id, k.constraint_column_id;`,
    `SELECT g.parent_id AS ferry_trigger, g.name AS trigger_name, g.is_disabled, g.is_instead_of_trigger FROM sys.triggers AS g WHERE g.parent_class = 1 AND g.parent_id IN (SELECT o.object_id ${tables}) ORDER BY g.name;`,
  ];
  if (names !== 'all')
    parts.push(
      `SELECT p.object_id AS ferry_parameter, p.name AS parameter_name, ${TYPE}, p.max_length, p.precision, p.scale, ${codePageOf(DATABASE_COLLATION)}, p.is_output FROM sys.parameters AS p ${typed('p')} WHERE p.parameter_id > 0 AND p.object_id IN (SELECT o.object_id ${procedures}) ORDER BY p.object_id, p.parameter_id;`,
      `SELECT m.object_id AS ferry_text, m.definition FROM sys.sql_modules AS m WHERE m.object_id IN (SELECT o.object_id ${procedures});`,
    );
  return parts.join('\n');
}

/** Proves that the server takes a mapping's SELECT and knows the columns; gives no row. */
export const emptySelect = (select: string, columns: readonly string[]): string => `${OPTIONS}
SELECT TOP (0) ${columns.map((column) => `t.${quoteIdent(column)}`).join(', ')} FROM (${select.trim().replace(/;+\s*$/, '')}
) AS t;`;
