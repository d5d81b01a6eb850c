import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { FieldType } from '../../../shared/model/mapping.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { WriteCall, WriteDocument, WriteUnit, WriteValue } from '../../core/packets/erp.ts';
import { ledgerNames, lockResource, storedSource } from './ledger-names.ts';
import { KEY_LENGTH } from './queries/ledger-schema.ts';
import {
  OWN_ERROR,
  passFence,
  UNIT_ANSWER,
  UNIT_CATCH,
  UNIT_OPTIONS,
  UNIT_STATE,
} from './queries/unit-frame.ts';
import { isVariableName, quoteIdent, quoteName } from './quote-ident.ts';
import type { SqlParameter } from './sql-connection.ts';
import { castOf, checkValue, columnAsText, sqlType } from './sql-value.ts';

/** The server takes 2,100 parameters; the statement and its declaration are two of them, the rest is reserve. */
export const MAX_PARAMETERS = 2_000;

export interface CompiledUnit {
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
  /** What each position of the answer means: `dbo.SalesOrder`, for people. */
  readonly positions: readonly string[];
}

class Refused extends Error {
  readonly failure: SyncFailure;

  constructor(code: string, message: string, where?: string, field?: string) {
    super(code);
    this.failure = { kind: 'rejected', code, message, where, field };
  }
}

class Parameters {
  readonly all: SqlParameter[] = [];

  fixed(name: string, value: string | null): void {
    this.all.push({ name, type: 'nvarchar', value });
  }

  add(type: SqlParameter['type'], value: string | Uint8Array): string {
    const name = `p${this.all.length}`;
    this.all.push({ name, type, value });
    if (this.all.length > MAX_PARAMETERS)
      throw new Refused(
        'unit-too-large',
        `the packet has more than ${MAX_PARAMETERS} values for one transaction`,
      );
    return `@${name}`;
  }

  text(value: string): string {
    return this.add('nvarchar', value);
  }
}

const limited = (what: string, value: string, length: number): string => {
  if (value.length > length)
    throw new Refused(
      'key-too-long',
      `${what} has ${value.length} characters, the ledger holds ${length}`,
      what,
    );
  return value;
};

/**
 * One unit of work as one batch: ledger row, document rows, the ERP's rows, number series, result, commit. Pure. The
 * answer is a row with `ferry_outcome` and, when applied, a result set with `ferry_document`.
 * Failure `rejected` before anything is sent: a value that does not fit its type, a unit too large, a row id twice.
 */
export function compileUnit(input: {
  readonly unit: WriteUnit;
  readonly schema: string;
  readonly fence: number;
}): Result<CompiledUnit> {
  try {
    return ok(compile(input.unit, input.schema, input.fence));
  } catch (error) {
    if (error instanceof Refused) return fail(error.failure);
    throw error;
  }
}

function compile(unit: WriteUnit, schema: string, fence: number): CompiledUnit {
  const names = ledgerNames(schema);
  const p = new Parameters();
  const positions: string[] = [];
  const declarations: string[] = [];
  const body: string[] = [];
  const finish: string[] = [];

  p.fixed('lock', lockResource(schema, unit.source));
  p.fixed('source', storedSource(unit.source));
  p.fixed('fence', String(fence));
  p.fixed('packet', limited('the packet id', unit.packetId, KEY_LENGTH.packetId));
  p.fixed('revision', String(unit.revision));
  p.fixed('payload', unit.payloadHash);
  p.fixed('mapping', unit.mappingHash);
  p.fixed('user', limited('the mobile user', unit.user, KEY_LENGTH.word));
  p.fixed('company', limited('the company', unit.company, KEY_LENGTH.word));

  body.push(
    unit.revision === 0
      ? `SET @step = N'ledger';
INSERT INTO ${names.ledger} (source, packet_id, state, revision, payload_hash, mapping_hash, fence, mobile_user, company, applied_at) VALUES (@source, @packet, N'applied', CAST(@revision AS int), @payload, @mapping, CAST(@fence AS bigint), @user, @company, SYSUTCDATETIME());`
      : // Only the void row of the revision before may be taken over: an older edit that comes late finds nothing.
        `SET @step = N'ledger';
UPDATE ${names.ledger} SET state = N'applied', revision = CAST(@revision AS int), payload_hash = @payload, mapping_hash = @mapping, fence = CAST(@fence AS bigint), mobile_user = @user, company = @company, applied_at = SYSUTCDATETIME(), finished_at = NULL WHERE source = @source AND packet_id = @packet AND state = N'void' AND revision = CAST(@revision AS int) - 1;
IF @@ROWCOUNT <> 1 THROW ${OWN_ERROR}, N'no void row of the revision before', 1;`,
  );

  const rows = new Set<string>();
  const keys = unit.documents.map((document) => documentKey(document, rows, p));
  unit.documents.forEach((document, index) => {
    const [entity, rowId] = keys[index] ?? ['', ''];
    const number =
      document.number === null ? 'NULL' : p.text(limited('the number', document.number, KEY_LENGTH.number));
    const word = p.text(limited('the document word', document.document, KEY_LENGTH.word));
    body.push(`SET @step = N'document';
SET @at = ${positions.push(`${document.document} ${document.rowId}`) - 1};
INSERT INTO ${names.document} (source, entity, row_id, document, number, content_hash, packet_id) VALUES (@source, ${entity}, ${rowId}, ${word}, ${number}, ${p.text(document.contentHash)}, @packet);`);
  });

  unit.documents.forEach((document, index) => {
    const scope: Scope = { p, declarations, body, positions, keyVariable: undefined };
    const { key, number } = writeHeader(scope, document.header, index);
    scope.keyVariable = key;
    for (const line of document.lines) writeCall(scope, line, `l${index}_${positions.length}`);
    finish.push(...readBack(names.document, document, index, keys[index] ?? ['', ''], key, number));
  });

  for (const { user, series, current } of unit.series) {
    if (!/^\d{1,38}$/.test(current))
      throw new Refused('not-a-series-value', 'the value of the number series is no whole number', series);
    const [u, s, v] = [
      p.text(limited('the mobile user', user, KEY_LENGTH.user)),
      p.text(limited('the number series', series, KEY_LENGTH.series)),
      `CAST(${p.text(current)} AS decimal(38,0))`,
    ];
    body.push(`SET @step = N'series';
SET @at = ${positions.push(`number series ${series}`) - 1};
UPDATE ${names.series} SET current_value = ${v} WHERE source = @source AND mobile_user = ${u} AND series = ${s} AND current_value < ${v};
IF @@ROWCOUNT = 0
INSERT INTO ${names.series} (source, mobile_user, series, current_value) SELECT @source, ${u}, ${s}, ${v} WHERE NOT EXISTS (SELECT 1 FROM ${names.series} WHERE source = @source AND mobile_user = ${u} AND series = ${s});`);
  }

  const text = `${UNIT_OPTIONS}
${UNIT_STATE}
DECLARE @result TABLE (position int NOT NULL, erp_key nvarchar(400) NULL, erp_number nvarchar(400) NULL);
${declarations.join('\n')}
BEGIN TRY
BEGIN TRANSACTION;
${passFence(names.lease)}
${body.join('\n')}
SET @at = -1;
SET @step = N'result';
${finish.join('\n')}
UPDATE ${names.ledger} SET finished_at = SYSUTCDATETIME() WHERE source = @source AND packet_id = @packet AND state = N'applied' AND revision = CAST(@revision AS int) AND finished_at IS NULL;
IF @@ROWCOUNT <> 1 SET @step = N'ended';
IF @@TRANCOUNT <> 1 OR XACT_STATE() <> 1 SET @step = N'ended';
IF @step = N'ended' THROW ${OWN_ERROR}, N'the transaction is not the one that was begun', 1;
SET @step = N'commit';
COMMIT TRANSACTION;
SET @outcome = N'applied';
END TRY
${UNIT_CATCH}
${UNIT_ANSWER}
SELECT position AS ferry_document, erp_key, erp_number FROM @result ORDER BY position;`;
  return { text, parameters: p.all, positions };
}

function documentKey(document: WriteDocument, seen: Set<string>, p: Parameters): readonly [string, string] {
  const entity = limited('the entity', document.entity, KEY_LENGTH.entity);
  const rowId = limited('the row id', document.rowId, KEY_LENGTH.rowId);
  const key = JSON.stringify([entity, rowId]);
  if (seen.has(key))
    throw new Refused('row-twice', `the row ${rowId} of ${entity} occurs twice in the packet`, entity, rowId);
  seen.add(key);
  return [p.text(entity), p.text(rowId)];
}

interface Scope {
  readonly p: Parameters;
  readonly declarations: string[];
  readonly body: string[];
  readonly positions: string[];
  /** Variable with what the header returned, for its lines. */
  keyVariable: string | undefined;
}

const nameOf = (call: WriteCall): string => `${call.target.schema}.${call.target.name}`;

function writeHeader(
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

function writeCall(
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
function readBack(
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
      (value) => `ISNULL(${columnAsText(quoteIdent(value.name), value.type)}, N'')`,
    );
    hash = `(SELECT TOP (1) HASHBYTES('SHA2_256', CAST(${columns.join(" + N'|' + ")} AS nvarchar(4000))) FROM ${quoteName(header.target)} WHERE ${quoteIdent(header.returnsKey.name)} = ${key})`;
  }
  lines.push(`UPDATE ${documentTable} SET erp_key = ${keyText}, erp_number = ${numberText}, readback_hash = ${hash} WHERE source = @source AND entity = ${entity} AND row_id = ${rowId} AND packet_id = @packet;
IF @@ROWCOUNT <> 1 SET @step = N'ended';
INSERT INTO @result (position, erp_key, erp_number) VALUES (${index}, ${keyText}, ${numberText});`);
  return lines;
}
