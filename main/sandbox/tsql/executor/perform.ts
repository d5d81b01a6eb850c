import { SqlError, refused } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import { convertTo } from '../plan/convert-node.ts';
import { findTable, invalidObject } from '../plan/names.ts';
import { executeSecurity } from '../security/statements.ts';
import { INT, nvarchar, plainText } from '../types/sql-type.ts';
import { alterDatabaseTracking } from './alter-tracking.ts';
import { executeChange } from './change.ts';
import { executeInsert } from './insert.ts';
import type { Flow, Interp, Program } from './interp.ts';
import { callProcedure, executeText } from './procedures.ts';
import { raise, thrown } from './raise.ts';
import { SCHEMA_STATEMENTS, executeSchema } from './schema.ts';
import { executeSelect, sendWritten } from './select.ts';
import type { Frame } from './session.ts';
import {
  alterDatabase,
  alteredDatabase,
  setIsolation,
  setOptions,
  setValue,
  transactionVerb,
} from './session-verbs.ts';
import { assign, nameOf } from './values.ts';

/** Runs one statement that is no control of flow. */
export function* perform(interp: Interp, s: Statement, frame: Frame): Program<Flow> {
  const { session } = interp;
  if (SCHEMA_STATEMENTS.has(s.k)) {
    yield* executeSchema(interp, s, frame);
    return undefined;
  }
  switch (s.k) {
    case 'select':
      yield* executeSelect(interp, s, frame);
      return undefined;
    case 'insert':
      yield* sendWritten(interp, yield* executeInsert(interp, s, frame));
      return undefined;
    case 'update':
    case 'delete':
      yield* sendWritten(interp, yield* executeChange(interp, s, frame));
      return undefined;
    case 'declare':
      for (const item of s.items) if (item.value) yield* assign(interp, item.name, item.value, '=', frame);
      return undefined;
    case 'declareTable':
    case 'nothing':
      return undefined;
    case 'security':
      yield* executeSecurity(interp, s, frame);
      return undefined;
    case 'set':
      yield* assign(interp, s.variable, s.e, s.op, frame);
      session.rowcount = 1;
      return undefined;
    case 'option':
      setOptions(interp, s.names, s.on);
      return undefined;
    case 'identityInsert': {
      const table = findTable(s.table, interp.binding(frame));
      if (!table || session.access?.may(frame.database, 'ALTER', table) === false)
        throw new SqlError(1088, `Cannot find the object "${s.table.join('.')}".`);
      if (s.on && session.options.identityInsert && session.options.identityInsert !== table)
        throw new SqlError(8107, 'IDENTITY_INSERT is already ON for another table.');
      if (!table.columns.some((c) => c.identity))
        throw new SqlError(8106, `Table '${table.fullName}' does not have the identity property.`);
      session.options.identityInsert = s.on ? table : undefined;
      return undefined;
    }
    case 'setValue':
      yield* setValue(interp, s, frame);
      return undefined;
    case 'isolation':
      setIsolation(interp, s.level);
      return undefined;
    case 'break':
    case 'continue':
      return s.k;
    case 'return': {
      if (s.e) {
        const { value, type } = yield* interp.evaluate(frame, s.e);
        frame.returned = Number(
          convertTo({ type, nullable: true, eval: () => value, constant: { value } }, INT).eval(
            {} as never,
          ) ?? 0,
        );
      }
      return 'return';
    }
    case 'throw':
      throw yield* thrown(interp, s, frame);
    case 'raiserror':
      yield* raise(interp, s, frame);
      return undefined;
    case 'print': {
      const { value, type } = yield* interp.evaluate(frame, s.e);
      const text = convertTo(
        { type, nullable: true, eval: () => value, constant: { value } },
        nvarchar('max'),
      ).constant?.value;
      session.message({
        number: 0,
        state: 1,
        severity: 0,
        text: text === null || text === undefined ? '' : plainText(text),
        line: s.line,
        procedure: frame.object?.name ?? '',
      });
      return undefined;
    }
    case 'begin':
    case 'commit':
    case 'rollback':
    case 'save':
      transactionVerb(interp, s.k, yield* nameOf(interp, s.name, frame));
      return undefined;
    case 'exec':
      yield* callProcedure(interp, s, frame);
      return undefined;
    case 'execText': {
      const { value } = yield* interp.evaluate(frame, s.e);
      yield* executeText(interp, plainText(value ?? ''), [], frame);
      return undefined;
    }
    case 'alterDatabase':
      alterDatabase(interp, s, frame);
      return undefined;
    case 'databaseTracking':
      alterDatabaseTracking(alteredDatabase(interp, s.name, frame), s);
      return undefined;
    case 'use': {
      const database = session.server.database(s.database);
      if (!database)
        throw new SqlError(
          911,
          `Database '${s.database}' does not exist. Make sure that the name is entered correctly.`,
          16,
          'batch',
        );
      session.access?.enter(database);
      session.database = database;
      Object.assign(frame, { database });
      session.emit({ kind: 'database', name: database.name });
      session.message({
        number: 5701,
        state: 2,
        severity: 0,
        text: `Changed database context to '${database.name}'.`,
        line: s.line,
      });
      return undefined;
    }
    case 'insertBulk': {
      const table = findTable(s.table, interp.binding(frame));
      if (!table) throw invalidObject(s.table);
      session.access?.checkBulk(frame.database, table, s.options);
      session.bulk = { table, columns: s.columns.map((c) => c.name), options: s.options };
      return undefined;
    }
    default:
      throw refused(s.k);
  }
}
