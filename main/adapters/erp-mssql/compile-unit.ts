import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { WriteDocument, WriteUnit } from '../../core/packets/erp.ts';
import { LineLoads, runsOf } from './compile-lines.ts';
import { readBack, writeCall, writeHeader } from './compile-write.ts';
import type { FenceToken } from './fence.ts';
import { ledgerNames, lockResource, storedSource } from './ledger-names.ts';
import { KEY_LENGTH } from './queries/ledger-schema.ts';
import { passFence, UNIT_ANSWER, UNIT_CATCH, UNIT_OPTIONS, UNIT_STATE } from './queries/unit-frame.ts';
import {
  finishLedgerRow,
  insertDocumentRow,
  insertLedgerRow,
  raiseSeries,
  RESULT_ANSWER,
  RESULT_TABLE,
  takeOverVoidRow,
} from './queries/unit-rows.ts';
import { NotAnIdentifier } from './quote-ident.ts';
import type { SqlLoad, SqlParameter } from './sql-connection.ts';
import { limited, MAX_PARAMETERS, Parameters, Refused, type Scope } from './unit-scope.ts';

export interface CompiledUnit {
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
  /** What each position of the answer means: `dbo.SalesOrder`, for people. */
  readonly positions: readonly string[];
  /** What the session must hold before the batch is sent. */
  readonly loads: readonly SqlLoad[];
}

/**
 * One unit of work as one batch: ledger row, document rows, the ERP's rows, number series, result, commit. Pure. The
 * answer is a row with `ferry_outcome` and, when applied, a result set with `ferry_document`.
 * Failure `rejected` before anything is sent: a value that does not fit its type, a unit too large, a row id twice.
 */
export function compileUnit(input: {
  readonly unit: WriteUnit;
  readonly schema: string;
  readonly fence: FenceToken;
}): Result<CompiledUnit> {
  try {
    return ok(compile(input.unit, input.schema, input.fence));
  } catch (error) {
    if (error instanceof Refused) return fail(error.failure);
    if (error instanceof NotAnIdentifier)
      return fail({ kind: 'rejected', code: 'not-an-identifier', message: error.message });
    throw error;
  }
}

function compile(unit: WriteUnit, schema: string, fence: FenceToken): CompiledUnit {
  const names = ledgerNames(schema);
  const p = new Parameters();
  const positions: string[] = [];
  const declarations: string[] = [];
  const body: string[] = [];
  const finish: string[] = [];

  p.fixed('lock', lockResource(schema, unit.source));
  p.fixed('source', storedSource(unit.source));
  p.fixed('fence', String(fence.fence));
  p.fixed('start', fence.startId);
  p.fixed('beat', String(fence.beat));
  p.fixed('packet', limited('the packet id', unit.packetId, KEY_LENGTH.packetId));
  p.fixed('revision', String(unit.revision));
  p.fixed('payload', unit.payloadHash);
  p.fixed('mapping', unit.mappingHash);
  p.fixed('user', limited('the mobile user', unit.user, KEY_LENGTH.word));
  p.fixed('company', limited('the company', unit.company, KEY_LENGTH.word));

  body.push(unit.revision === 0 ? insertLedgerRow(names) : takeOverVoidRow(names));

  const rows = new Set<string>();
  const keys = unit.documents.map((document) => documentKey(document, rows, p));
  unit.documents.forEach((document, index) => {
    const [entity, rowId] = keys[index] ?? ['', ''];
    const position = positions.push(`${document.document} ${document.rowId}`) - 1;
    const row = {
      entity,
      rowId,
      number:
        document.number === null ? 'NULL' : p.text(limited('the number', document.number, KEY_LENGTH.number)),
      word: p.text(limited('the document word', document.document, KEY_LENGTH.word)),
      contentHash: p.text(document.contentHash),
      standing: document.handover === undefined ? ('applied' as const) : ('handed-over' as const),
    };
    body.push(insertDocumentRow(names, position, row));
  });

  // Each number series takes three more.
  const loads = new LineLoads(unit.documents, MAX_PARAMETERS - p.all.length - 3 * unit.series.length);
  unit.documents.forEach((document, index) => {
    const scope: Scope = { p, declarations, body, positions, keyVariable: undefined };
    const { key, number } = writeHeader(scope, document.header, index);
    scope.keyVariable = key;
    for (const run of runsOf(document.lines)) {
      if (loads.write(scope, run)) continue;
      for (const line of run.calls) writeCall(scope, line, `l${index}_${positions.length}`);
    }
    finish.push(readBack(names.document, document, index, keys[index] ?? ['', ''], key, number));
  });

  for (const { user, series, current } of unit.series) {
    if (!/^\d{1,38}$/.test(current))
      throw new Refused('not-a-series-value', 'the value of the number series is no whole number', series);
    const row = {
      user: p.text(limited('the mobile user', user, KEY_LENGTH.user)),
      series: p.text(limited('the number series', series, KEY_LENGTH.series)),
      value: `CAST(${p.text(current)} AS decimal(38,0))`,
    };
    body.push(raiseSeries(names, positions.push(`number series ${series}`) - 1, row));
  }

  const text = `${UNIT_OPTIONS}
${UNIT_STATE}
${RESULT_TABLE}
${declarations.join('\n')}
BEGIN TRY
BEGIN TRANSACTION;
${passFence(names.lease)}
${body.join('\n')}
SET @at = -1;
SET @step = N'result';
${finish.join('\n')}
${finishLedgerRow(names)}
SET @step = N'commit';
COMMIT TRANSACTION;
SET @outcome = N'applied';
END TRY
${UNIT_CATCH}
${UNIT_ANSWER}
${RESULT_ANSWER}`;
  return { text, parameters: p.all, positions, loads: loads.all };
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
