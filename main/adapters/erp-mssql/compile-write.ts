import type { FieldType } from '../../../shared/model/field-type.ts';
import type { WriteCall, WriteDocument, WriteValue } from '../../core/packets/erp.ts';
import {
  finishDocumentRow,
  hashOfRow,
  insertRow,
  readNumber,
  runProcedure,
  takeOutputs,
} from './queries/unit-writes.ts';
import { isVariableName, quoteIdent } from './quote-ident.ts';
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
  if (call.kind === 'insert') writeRow(scope, call, tag, returned);
  else callProcedure(scope, call, tag, returned);
}

type Returned = { readonly key?: string | undefined; readonly number?: string | undefined };

function writeRow(scope: Scope, call: WriteCall, tag: string, returned: Returned): void {
  const values = call.values.map((value) => ({
    name: value.name,
    expression: expression(scope, call, value),
  }));
  const wanted = [
    { variable: returned.key, from: call.returnsKey, as: 'k' },
    { variable: returned.number, from: call.returnsNumber, as: 'n' },
  ].flatMap(({ variable, from, as }) =>
    variable === undefined || from === undefined ? [] : [{ variable, name: from.name, type: from.type, as }],
  );
  const table = `@${tag}`;
  if (wanted.length > 0) {
    const types = wanted.map(
      ({ type, as }) => `${as} ${type.kind === 'text' ? 'nvarchar(400)' : sqlType(type)} NULL`,
    );
    scope.declarations.push(`DECLARE ${table} TABLE (${types.join(', ')});`);
  }
  scope.body.push(
    insertRow(call.target, values, wanted.length === 0 ? undefined : { variable: table, outputs: wanted }),
  );
  if (wanted.length > 0) scope.body.push(takeOutputs(table, wanted));
  const { key, number } = returned;
  if (
    key !== undefined &&
    number !== undefined &&
    call.returnsKey !== undefined &&
    call.returnsNumber !== undefined
  )
    scope.body.push(
      readNumber(
        call.target,
        { name: call.returnsNumber.name, expression: number },
        { name: call.returnsKey.name, expression: key },
      ),
    );
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
    header.kind === 'insert' &&
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
