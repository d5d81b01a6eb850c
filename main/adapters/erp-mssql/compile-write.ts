import type { FieldType } from '../../../shared/model/field-type.ts';
import type { WriteCall, WriteDocument } from '../../core/packets/erp.ts';
import { wantedOf, writeByKey, type Returned, type RowWrite } from './compile-upsert.ts';
import { expression, nameOf } from './compile-value.ts';
import {
  finishDocumentRow,
  hashOfRow,
  insertRow,
  readNumber,
  runProcedure,
  takeOutputs,
  type Named,
} from './queries/unit-writes.ts';
import { isVariableName, quoteIdent } from './quote-ident.ts';
import { columnAsText, sqlType } from './sql-value.ts';
import { Refused, type Scope } from './unit-scope.ts';

/** A returned text is as long as the ERP made it; cutting it to the declared length would break the reference. */
const returnedType = (type: FieldType): string => (type.kind === 'text' ? 'nvarchar(400)' : sqlType(type));

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
    scope.declarations.push(`DECLARE ${variable} ${returnedType(returned.type)};`);
    return variable;
  };
  const key = declare(`@key${index}`, call.returnsKey);
  const number = declare(`@number${index}`, call.returnsNumber);
  writeCall(scope, call, `h${index}`, { key, number });
  return { key, number };
}

/** A row or a procedure call, with its step and position. */
export function writeCall(scope: Scope, call: WriteCall, tag: string, returned: Returned = {}): void {
  scope.body.push(`SET @step = N'write';
SET @at = ${scope.positions.push(nameOf(call)) - 1};`);
  const row = (): RowWrite => {
    const values = call.values.map((value) => ({
      name: value.name,
      expression: expression(scope, call, value),
    }));
    return { values, insert: insertOf(scope, call, tag, values, returned) };
  };
  if (call.kind === 'procedure') callProcedure(scope, call, tag, returned);
  else if (call.kind === 'upsert') writeByKey(scope, call, row(), returned);
  else scope.body.push(row().insert);
}

/** The statements that insert a row and take what it gives back. */
function insertOf(
  scope: Scope,
  call: WriteCall,
  tag: string,
  values: readonly Named[],
  returned: Returned,
): string {
  const wanted = wantedOf(call, returned);
  if (wanted.length === 0) return insertRow(call.target, values, undefined);
  const variable = `@${tag}`;
  const types = wanted.map(({ type, as }) => `${as} ${returnedType(type)} NULL`);
  scope.declarations.push(`DECLARE ${variable} TABLE (${types.join(', ')});`);
  const statements = [
    insertRow(call.target, values, { variable, outputs: wanted }),
    takeOutputs(variable, wanted),
  ];
  const [key, number] = wanted;
  if (key !== undefined && number !== undefined)
    statements.push(
      readNumber(
        call.target,
        { name: number.name, expression: number.variable },
        { name: key.name, expression: key.variable },
      ),
    );
  return statements.join('\n');
}

function callProcedure(scope: Scope, call: WriteCall, tag: string, returned: Returned): void {
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
  scope.body.push(runProcedure(call.target, given));
}

/** Fills in what the ERP gave and how the header row reads as stored. */
export function readBack(
  documentTable: string,
  document: WriteDocument,
  index: number,
  [entity, rowId]: readonly [string, string],
  key: string | undefined,
  number: string | undefined,
): string {
  const { header } = document;
  const keyText =
    key === undefined || header.returnsKey === undefined ? 'NULL' : columnAsText(key, header.returnsKey.type);
  const numberText =
    number === undefined || header.returnsNumber === undefined
      ? 'NULL'
      : columnAsText(number, header.returnsNumber.type);
  let hash = 'NULL';
  if (
    header.kind !== 'procedure' &&
    key !== undefined &&
    header.returnsKey !== undefined &&
    header.values.length > 0
  ) {
    const columns = header.values.map(
      (value) =>
        // Columns of different collations cannot be joined as they are.
        `ISNULL(${columnAsText(quoteIdent(value.name), value.type)}, N'') COLLATE DATABASE_DEFAULT`,
    );
    hash = hashOfRow(header.target, columns, { name: header.returnsKey.name, expression: key });
  }
  return finishDocumentRow(documentTable, index, { entity, rowId, key: keyText, number: numberText, hash });
}
