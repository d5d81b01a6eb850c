import type { FieldType } from '../../../shared/model/mapping.ts';
import type { WriteCall, WriteDocument, WriteValue } from '../../core/packets/erp.ts';
import { OWN_ERROR } from './queries/unit-frame.ts';
import { isVariableName, quoteIdent, quoteName } from './quote-ident.ts';
import { castOf, checkValue, columnAsText, sqlType } from './sql-value.ts';
import { Refused, type Scope } from './unit-scope.ts';

const nameOf = (call: WriteCall): string => `${call.target.schema}.${call.target.name}`;

/** The header's row or procedure; gives the variables with what it returned. */
export function writeHeader(
  scope: Scope,
  call: WriteCall,
  index: number,
): { key: string | undefined; number: string | undefined } {
  const declare = (
    variable: string,
    returned: { name: string; type: FieldType } | undefined,
  ): string | undefined => {
    if (returned === undefined) return undefined;
    if (returned.type.kind === 'binary')
      throw new Refused(
        'unsupported-return',
        'a binary key or number cannot be handed on',
        nameOf(call),
        returned.name,
      );
    // A returned text is as long as the ERP made it; cutting it to the declared length would break the reference.
    const type = returned.type.kind === 'text' ? 'nvarchar(400)' : sqlType(returned.type);
    scope.declarations.push(`DECLARE ${variable} ${type};`);
    return variable;
  };
  const key = declare(`@key${index}`, call.returnsKey);
  const number = declare(`@number${index}`, call.returnsNumber);
  writeCall(scope, call, `h${index}`, { key, number });
  return { key, number };
}

/** A row or a procedure call, with its step and position. */
export function writeCall(
  scope: Scope,
  call: WriteCall,
  tag: string,
  returned: { readonly key?: string | undefined; readonly number?: string | undefined } = {},
): void {
  scope.body.push(`SET @step = N'write';
SET @at = ${scope.positions.push(nameOf(call)) - 1};`);
  if (call.kind === 'table') insertRow(scope, call, tag, returned);
  else runProcedure(scope, call, tag, returned);
}

type Returned = { readonly key?: string | undefined; readonly number?: string | undefined };

function insertRow(scope: Scope, call: WriteCall, tag: string, returned: Returned): void {
  const columns = call.values.map((value) => quoteIdent(value.name)).join(', ');
  const values = call.values.map((value) => expression(scope, call, value)).join(', ');
  const wanted = [
    { variable: returned.key, from: call.returnsKey, as: 'k' },
    { variable: returned.number, from: call.returnsNumber, as: 'n' },
  ].flatMap(({ variable, from, as }) =>
    variable === undefined || from === undefined ? [] : [{ variable, from, as }],
  );
  let output = '';
  if (wanted.length > 0) {
    const types = wanted.map(
      ({ from, as }) => `${as} ${from.type.kind === 'text' ? 'nvarchar(400)' : sqlType(from.type)} NULL`,
    );
    scope.declarations.push(`DECLARE @${tag} TABLE (${types.join(', ')});`);
    // Into a table variable: a plain OUTPUT is refused on tables that have triggers.
    output = ` OUTPUT ${wanted.map(({ from }) => `INSERTED.${quoteIdent(from.name)}`).join(', ')} INTO @${tag} (${wanted.map(({ as }) => as).join(', ')})`;
  }
  scope.body.push(
    call.values.length === 0
      ? `INSERT INTO ${quoteName(call.target)}${output} DEFAULT VALUES;`
      : `INSERT INTO ${quoteName(call.target)} (${columns})${output} VALUES (${values});`,
  );
  if (wanted.length > 0)
    scope.body.push(
      `SELECT ${wanted.map(({ variable, as }) => `${variable} = ${as}`).join(', ')} FROM @${tag};`,
    );
  // A number is often given by a trigger, after OUTPUT has seen the row.
  const { key, number } = returned;
  if (
    key !== undefined &&
    number !== undefined &&
    call.returnsKey !== undefined &&
    call.returnsNumber !== undefined
  )
    scope.body.push(
      `SELECT ${number} = ${quoteIdent(call.returnsNumber.name)} FROM ${quoteName(call.target)} WHERE ${quoteIdent(call.returnsKey.name)} = ${key};`,
    );
}

function runProcedure(scope: Scope, call: WriteCall, tag: string, returned: Returned): void {
  const argument = (name: string): string => {
    if (!isVariableName(name))
      throw new Refused('not-a-parameter-name', `@${name} is no name of a parameter`, nameOf(call), name);
    return `@${name}`;
  };
  const given = call.values.map((value, index) => {
    // Arguments are variables or constants, never expressions.
    const text = expression(scope, call, value);
    if (!text.startsWith('CAST(')) return `${argument(value.name)} = ${text}`;
    const variable = `@${tag}_v${index}`;
    scope.declarations.push(`DECLARE ${variable} ${sqlType(value.type)};`);
    scope.body.push(`SET ${variable} = ${text};`);
    return `${argument(value.name)} = ${variable}`;
  });
  for (const [variable, from] of [
    [returned.key, call.returnsKey],
    [returned.number, call.returnsNumber],
  ] as const)
    if (variable !== undefined && from !== undefined)
      given.push(`${argument(from.name)} = ${variable} OUTPUT`);
  scope.body.push(`EXEC ${quoteName(call.target)}${given.length === 0 ? '' : ` ${given.join(', ')}`};
IF @@TRANCOUNT <> 1 OR XACT_STATE() <> 1 BEGIN SET @step = N'ended'; THROW ${OWN_ERROR}, N'the procedure ended the transaction', 1; END;`);
}

function expression(scope: Scope, call: WriteCall, { name, type, value }: WriteValue): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') {
    if (scope.keyVariable === undefined)
      throw new Refused(
        'no-header-key',
        'the line wants the key of its header, which returns none',
        nameOf(call),
        name,
      );
    return scope.keyVariable;
  }
  const checked = checkValue(value, type);
  if (!checked.ok) throw new Refused(checked.code, checked.message, nameOf(call), name);
  return castOf(scope.p.add(checked.type, checked.value), type);
}

/**
 * Fills in what the ERP gave and how the header row reads as stored. The hash covers the first 4,000 characters of the
 * written columns: SQL Server 2012 hashes 8,000 bytes at most.
 */
export function readBack(
  documentTable: string,
  document: WriteDocument,
  index: number,
  [entity, rowId]: readonly [string, string],
  key: string | undefined,
  number: string | undefined,
): readonly string[] {
  const { header } = document;
  const keyText =
    key === undefined || header.returnsKey === undefined ? 'NULL' : columnAsText(key, header.returnsKey.type);
  const numberText =
    number === undefined || header.returnsNumber === undefined
      ? 'NULL'
      : columnAsText(number, header.returnsNumber.type);
  const lines: string[] = [];
  let hash = 'NULL';
  if (
    header.kind === 'table' &&
    key !== undefined &&
    header.returnsKey !== undefined &&
    header.values.length > 0
  ) {
    const columns = header.values.map(
      (value) =>
        // Columns of different collations cannot be joined as they are.
        `ISNULL(${columnAsText(quoteIdent(value.name), value.type)}, N'') COLLATE DATABASE_DEFAULT`,
    );
    hash = `(SELECT TOP (1) HASHBYTES('SHA2_256', CAST(${columns.join(" + N'|' + ")} AS nvarchar(4000))) FROM ${quoteName(header.target)} WHERE ${quoteIdent(header.returnsKey.name)} = ${key})`;
  }
  lines.push(`UPDATE ${documentTable} SET erp_key = ${keyText}, erp_number = ${numberText}, readback_hash = ${hash} WHERE source = @source AND entity = ${entity} AND row_id = ${rowId} AND packet_id = @packet;
IF @@ROWCOUNT <> 1 SET @step = N'ended';
INSERT INTO @result (position, erp_key, erp_number) VALUES (${index}, ${keyText}, ${numberText});`);
  return lines;
}
