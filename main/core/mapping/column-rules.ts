import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import type { WriteTarget } from '../../../shared/model/mapping-targets.ts';
import { tableOf, targetOf } from '../../../shared/model/mapping-targets.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { dateTimeText, instantOfLocal, localTimeAt, parseLocalTime } from '../../../shared/model/time.ts';
import { columnTypeText, type Catalogue, type ColumnType } from '../drift/catalogue.ts';
import { columnOf, objectOf, procedureOf, shownName } from '../drift/lookup.ts';
import { codePage } from './code-page.ts';

/** Where a value is going, as the ERP's catalogue has it. */
export interface TakenColumn {
  /** `dbo.Orders.Name`, `dbo.NewOrder.@name`. */
  readonly label: string;
  readonly type: ColumnType;
  readonly mayBeNull: boolean;
}

export interface ColumnProblem {
  readonly code: 'must-not-be-empty' | 'too-long' | 'not-in-code-page' | 'not-a-date';
  readonly message: string;
}

const COLUMN_CODES: ReadonlySet<string> = new Set<ColumnProblem['code']>([
  'must-not-be-empty',
  'too-long',
  'not-in-code-page',
  'not-a-date',
]);

/** Whether another column might have taken the value. */
export const isColumnRefusal = (failure: SyncFailure): boolean =>
  failure.kind === 'rejected' && COLUMN_CODES.has(failure.code);

export type ColumnLookup = (name: string) => TakenColumn | undefined;

/** What is known of a target's columns; nothing of a synonym's, or where the login may not read the catalogue. Pure. */
export function columnsOf(catalogue: Catalogue | undefined, to: WriteTarget): ColumnLookup {
  if (catalogue === undefined) return () => undefined;
  const name = targetOf(to);
  if (tableOf(to) === undefined) {
    const procedure = procedureOf(catalogue, name);
    if (procedure === undefined || procedure === 'synonym') return () => undefined;
    return (wanted) => {
      const found = procedure.parameters.find((one) => one.name.toLowerCase() === wanted.toLowerCase());
      return found === undefined
        ? undefined
        : { label: `${shownName(procedure)}.@${found.name}`, type: found.type, mayBeNull: true };
    };
  }
  const table = objectOf(catalogue, name);
  if (table === undefined || table === 'synonym') return () => undefined;
  // Such a trigger may fill in what is missing; a view does not show what the table behind it demands.
  const free = table.kind === 'view' || table.triggers.some((one) => one.enabled && one.insteadOf);
  return (wanted) => {
    const found = columnOf(table, wanted);
    return found === undefined
      ? undefined
      : {
          label: `${shownName(table)}.${found.name}`,
          type: found.type,
          mayBeNull: free || found.nullable,
        };
  };
}

/** What the column makes of a value it takes: the same, or for moments the nearest it can hold. */
export interface ColumnValue {
  /** Set where it is another than what is sent. */
  readonly kept?: string | undefined;
}

const SAME: ColumnValue = {};
const problem = (code: ColumnProblem['code'], message: string): Result<never, ColumnProblem> =>
  fail({ code, message });

/**
 * Whether a column takes this value and what it makes of it. What holds for every value of a type is not asked again here:
 * that has been compared before the flow began. Pure.
 */
export function checkColumn(
  value: string | null,
  type: FieldType,
  column: TakenColumn,
): Result<ColumnValue, ColumnProblem> {
  if (value === null)
    return column.mayBeNull
      ? ok(SAME)
      : problem('must-not-be-empty', `there is no value, and ${column.label} must have one`);
  switch (type.kind) {
    case 'text':
      return text(value, column);
    case 'binary':
      return binary(value, column);
    case 'datetime':
    case 'date':
    case 'dateOfTime':
      return moment(value, column);
    case 'decimal':
    case 'int':
    case 'bigint':
    case 'bool':
    case 'guid':
      return ok(SAME);
    default:
      return type.kind satisfies never;
  }
}

const nameOfChar = (char: string): string => {
  const code = `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  return /^[\p{L}\p{N}\p{P}\p{S}]$/u.test(char) ? `"${char}" (${code})` : code;
};

const isWhole = /^(n?char|n?varchar|sysname)$/;

function text(value: string, { label, type }: TakenColumn): Result<ColumnValue, ColumnProblem> {
  const most = isWhole.test(type.name) && typeof type.length === 'number' ? type.length : undefined;
  const shown = columnTypeText(type);
  if (type.codePage === undefined)
    return most !== undefined && value.length > most
      ? problem('too-long', `${value.length} characters, and ${label} is ${shown}`)
      : ok(SAME);
  const page = codePage(type.codePage);
  const misfit = page.misfit(value);
  if (misfit !== undefined)
    return problem(
      'not-in-code-page',
      `the character ${nameOfChar(misfit)} cannot be stored in ${label}: it is ${shown} in code page ${type.codePage}`,
    );
  const bytes = page.bytes(value);
  if (most === undefined || bytes <= most) return ok(SAME);
  return problem(
    'too-long',
    bytes === value.length
      ? `${value.length} characters, and ${label} is ${shown}`
      : `${value.length} characters are ${bytes} bytes in code page ${type.codePage}, and ${label} is ${shown}`,
  );
}

function binary(value: string, { label, type }: TakenColumn): Result<ColumnValue, ColumnProblem> {
  const bytes = (value.length / 4) * 3 - (value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0);
  return typeof type.length === 'number' && bytes > type.length
    ? problem('too-long', `${bytes} bytes, and ${label} is ${columnTypeText(type)}`)
    : ok(SAME);
}

/** Milliseconds since 1970 of a wall clock, for arithmetic only. */
function millis(value: string): number {
  const local = parseLocalTime(value);
  return local === undefined ? Number.NaN : instantOfLocal(local, 'UTC');
}
const wall = (ms: number): string => dateTimeText(localTimeAt(ms, 'UTC'));

const SMALL_FIRST = '1900-01-01T00:00:00.000';
const SMALL_LAST = '2079-06-06T23:59:29.998';
const LAST = millis('9999-12-31T23:59:59.999');

function moment(value: string, { label, type }: TakenColumn): Result<ColumnValue, ColumnProblem> {
  const sent = millis(value);
  const kept = keptMoment(sent, type);
  const outside =
    type.name === 'smalldatetime' ? sent < millis(SMALL_FIRST) || sent > millis(SMALL_LAST) : kept > LAST;
  if (outside) return problem('not-a-date', `${value} is outside of what ${label} holds: it is ${type.name}`);
  return ok(kept === sent || value.length === 10 ? SAME : { kept: wall(kept) });
}

/** What is stored, to the millisecond it reads as. */
function keptMoment(sent: number, { name, scale }: ColumnType): number {
  if (name === 'smalldatetime') return Math.floor((sent + 30_001) / 60_000) * 60_000;
  if (name === 'datetime') {
    // Steps of a three-hundredth of a second: each ten milliseconds have 0, 3 and 7.
    const tens = Math.floor(sent / 10) * 10;
    return tens + ([0, 0, 3, 3, 3, 7, 7, 7, 7, 10][sent - tens] ?? 0);
  }
  if ((name !== 'datetime2' && name !== 'datetimeoffset') || scale >= 3) return sent;
  const step = 10 ** (3 - scale);
  return Math.floor((sent + step / 2) / step) * step;
}
