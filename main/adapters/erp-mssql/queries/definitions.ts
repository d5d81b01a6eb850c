/** Somebody who changes the schema holds locks on the catalogue: better no answer soon than one late. */
const OPTIONS = 'SET NOCOUNT ON;\nSET LOCK_TIMEOUT 5000;';

const asked = (count: number): string =>
  `(VALUES ${Array.from({ length: count }, (_, index) => `(${index}, @s${index}, @n${index})`).join(', ')}) AS q (asked, schema_name, object_name)`;

/** A name without a schema means the login's own, else dbo. */
const found = (count: number): string =>
  `FROM ${asked(count)} INNER JOIN sys.objects AS o ON o.name = q.object_name INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id AND (s.name = q.schema_name OR (q.schema_name = N'' AND s.name IN (SCHEMA_NAME(), N'dbo')))`;

/**
 * Result sets, told apart by their first column: objects, texts of views, computed columns, tables whose rows a policy filters.
 * Parameters @s0, @n0 and so on. `policies`: whether the server knows those (since 2016).
 */
export const definitionsBatch = (count: number, policies: boolean): string =>
  [
    OPTIONS,
    `SELECT q.asked AS ferry_definition, o.object_id, s.name AS schema_name, o.name AS object_name, RTRIM(o.type) AS object_type, CASE WHEN s.name = SCHEMA_NAME() THEN 0 ELSE 1 END AS distance, CASE WHEN o.is_ms_shipped = 0 THEN 0 ELSE 1 END AS of_server ${found(count)} ORDER BY q.asked, distance;`,
    `SELECT m.object_id AS ferry_text, m.definition FROM sys.sql_modules AS m WHERE m.object_id IN (SELECT o.object_id ${found(count)});`,
    `SELECT c.object_id AS ferry_computed, c.definition FROM sys.computed_columns AS c WHERE c.object_id IN (SELECT o.object_id ${found(count)});`,
    ...(policies
      ? [
          `SELECT p.target_object_id AS ferry_policy FROM sys.security_predicates AS p WHERE p.target_object_id IN (SELECT o.object_id ${found(count)});`,
        ]
      : []),
  ].join('\n');
