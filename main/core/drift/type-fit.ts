import { fitsDecimal, parseDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { ColumnType } from './catalogue.ts';

/**
 * `fits`: every value the mapping lets through arrives as it is. `perhaps`: it depends on the values, and one that does not
 * fit is refused or changed in a known way. `breaks`: values that the mapping allows are refused or arrive as others.
 */
export type Fit = 'fits' | 'perhaps' | 'breaks';

type Family = 'text' | 'whole' | 'decimal' | 'float' | 'bit' | 'moment' | 'guid' | 'binary' | 'other';

const FAMILIES: Readonly<Record<string, Family>> = {
  char: 'text',
  varchar: 'text',
  nchar: 'text',
  nvarchar: 'text',
  text: 'text',
  ntext: 'text',
  sysname: 'text',
  tinyint: 'whole',
  smallint: 'whole',
  int: 'whole',
  bigint: 'whole',
  decimal: 'decimal',
  numeric: 'decimal',
  money: 'decimal',
  smallmoney: 'decimal',
  float: 'float',
  real: 'float',
  bit: 'bit',
  date: 'moment',
  datetime: 'moment',
  datetime2: 'moment',
  smalldatetime: 'moment',
  datetimeoffset: 'moment',
  uniqueidentifier: 'guid',
  binary: 'binary',
  varbinary: 'binary',
  image: 'binary',
  timestamp: 'binary',
  rowversion: 'binary',
};

const familyOf = ({ name }: ColumnType): Family => FAMILIES[name] ?? 'other';

/** Digits before the point that a whole type holds in every value. */
const WHOLE_DIGITS: Readonly<Record<string, number>> = { tinyint: 2, smallint: 4, int: 9, bigint: 18 };
/** Digits the longest value of a whole type has. */
const WHOLE_MOST: Readonly<Record<string, number>> = { tinyint: 3, smallint: 5, int: 10, bigint: 19 };
const WHOLE_RANGE: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [0n, 255n],
  smallint: [-32768n, 32767n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};
/** Decimal digits that survive a way into binary floating point and back. */
const FLOAT_DIGITS: Readonly<Record<string, number>> = { float: 15, real: 6 };

const MOMENT_CHARS = 23;
const DAY_CHARS = 10;
const GUID_CHARS = 36;

const chars = ({ name, length }: ColumnType): number =>
  name === 'text' || name === 'ntext' || length === 'max' || length === undefined ? Infinity : length;

/** Digits before and behind the point. Money and its smaller kind do not use all of their first digit. */
function digits({ name, precision, scale }: ColumnType): readonly [before: number, behind: number] {
  if (name === 'money') return [14, 4];
  if (name === 'smallmoney') return [5, 4];
  return [precision - scale, scale];
}

/** Whether a float column was declared small. */
const floatDigits = ({ name, precision }: ColumnType): number =>
  (name === 'real' || precision <= 24 ? FLOAT_DIGITS['real'] : FLOAT_DIGITS['float']) ?? 0;

const when = (fits: boolean, otherwise: Fit = 'breaks'): Fit => (fits ? 'fits' : otherwise);

/**
 * Whether a column or parameter takes what the mapping writes. `values` are all there can be, where the mapping names them:
 * a constant, the results of a code map. Pure.
 */
export function writeFit(type: FieldType, column: ColumnType, values?: readonly string[]): Fit {
  const family = familyOf(column);
  const named = values === undefined ? undefined : namedValuesFit(values, type, column, family);
  if (named !== undefined) return named;
  switch (type.kind) {
    case 'text':
      return textFit(type.length, column, family);
    case 'decimal': {
      const { precision = 38, scale = 10 } = type;
      return numberFit(precision - scale, scale, precision + 2, column, family);
    }
    case 'int':
      return column.name === 'int' ? 'fits' : numberFit(10, 0, 11, column, family);
    case 'bigint':
      return column.name === 'bigint' ? 'fits' : numberFit(19, 0, 20, column, family);
    case 'bool':
      return family === 'bit' ? 'fits' : numberFit(1, 0, 1, column, family);
    case 'datetime':
      return momentFit(column, family);
    case 'date':
    case 'dateOfTime':
      if (family === 'text') return when(chars(column) >= DAY_CHARS);
      if (column.name === 'smalldatetime') return 'perhaps';
      return when(family === 'moment');
    case 'guid':
      return family === 'text' ? when(chars(column) >= GUID_CHARS) : when(family === 'guid');
    case 'binary':
      if (family !== 'binary' || isRowVersion(column)) return 'breaks';
      return when(column.length === 'max' || column.name === 'image', 'perhaps');
    default:
      return assertNever(type.kind);
  }
}

export const isRowVersion = ({ name }: ColumnType): boolean => name === 'timestamp' || name === 'rowversion';

const NAMED: ReadonlySet<FieldType['kind']> = new Set(['text', 'int', 'bigint', 'decimal', 'bool']);
const BITS: Readonly<Record<string, string>> = { true: '1', false: '0' };

function namedValuesFit(
  values: readonly string[],
  { kind }: FieldType,
  column: ColumnType,
  family: Family,
): Fit | undefined {
  if (family === 'text' && kind === 'text')
    return when(values.every((value) => value.length <= chars(column)));
  if (!NAMED.has(kind) || (family !== 'whole' && family !== 'decimal' && family !== 'bit')) return undefined;
  return when(
    values.every((value) => {
      const number = parseDecimal(kind === 'bool' ? (BITS[value.trim().toLowerCase()] ?? value) : value);
      if (number === undefined) return false;
      if (family === 'bit') return /^[01]$/.test(number);
      const [before, behind] = digits(column);
      if (family === 'decimal') return fitsDecimal(number, before + behind, behind);
      const [least, most] = WHOLE_RANGE[column.name] ?? [0n, 0n];
      return /^-?\d{1,19}$/.test(number) && BigInt(number) >= least && BigInt(number) <= most;
    }),
  );
}

function textFit(length: number | undefined, column: ColumnType, family: Family): Fit {
  if (family === 'text') {
    if (length === undefined) return when(chars(column) === Infinity, 'perhaps');
    if (chars(column) < length) return 'breaks';
    // Letters outside the code page of the column become question marks.
    return when(column.name.startsWith('n') || column.name === 'sysname', 'perhaps');
  }
  return column.name === 'xml' || column.name === 'sql_variant' ? 'perhaps' : 'breaks';
}

function numberFit(
  before: number,
  behind: number,
  textChars: number,
  column: ColumnType,
  family: Family,
): Fit {
  switch (family) {
    case 'text':
      return when(chars(column) >= textChars);
    case 'whole':
      return when(behind === 0 && (WHOLE_DIGITS[column.name] ?? 0) >= before);
    case 'decimal': {
      const [most, places] = digits(column);
      return when(most >= before && places >= behind);
    }
    case 'float':
      return when(before + behind <= floatDigits(column));
    case 'bit':
    case 'moment':
    case 'guid':
    case 'binary':
      return 'breaks';
    case 'other':
      return column.name === 'sql_variant' ? 'perhaps' : 'breaks';
    default:
      return assertNever(family);
  }
}

function momentFit(column: ColumnType, family: Family): Fit {
  if (family === 'text') return when(chars(column) >= MOMENT_CHARS);
  if (family !== 'moment' || column.name === 'date' || column.name === 'smalldatetime') return 'breaks';
  // Thirds of a hundredth of a second, or whole seconds: what phones send is rounded by less than a second.
  return when(column.name !== 'datetime' && column.scale >= 3, 'perhaps');
}

/** Above it the driver hands a decimal over as binary floating point. */
const EXACT_DIGITS = 15;

/** Whether what a column holds can be read as the mapping says. Pure. */
export function readFit(type: FieldType, column: ColumnType): Fit {
  const family = familyOf(column);
  switch (type.kind) {
    case 'text':
      return textRead(type.length, column, family);
    case 'decimal': {
      const { precision = 38, scale = 10 } = type;
      // Binary floating point comes with sixteen digits, of which the last may not be the one that was meant.
      if (family === 'text' || family === 'float') return 'perhaps';
      if (family === 'bit') return 'fits';
      const [before, behind] = family === 'whole' ? [WHOLE_MOST[column.name] ?? 19, 0] : digits(column);
      if (family !== 'whole' && family !== 'decimal') return 'breaks';
      return when(before <= precision - scale && behind <= scale, 'perhaps');
    }
    case 'int':
    case 'bigint': {
      if (family === 'text') return 'perhaps';
      if (family === 'bit') return 'fits';
      if (family === 'whole') return when(type.kind === 'bigint' || column.name !== 'bigint', 'perhaps');
      // The server would round binary floating point to six digits without a word.
      if (family !== 'decimal') return 'breaks';
      const [before, behind] = digits(column);
      return when(behind === 0 && before <= (type.kind === 'int' ? 9 : 18), 'perhaps');
    }
    case 'bool':
      if (family === 'bit') return 'fits';
      return family === 'text' || family === 'whole' ? 'perhaps' : 'breaks';
    case 'datetime':
    case 'date':
    case 'dateOfTime':
      if (family === 'text') return 'perhaps';
      return when(family === 'moment' && column.name !== 'datetimeoffset');
    case 'guid':
      return family === 'text' ? 'perhaps' : when(family === 'guid');
    case 'binary':
      return when(family === 'binary');
    default:
      return assertNever(type.kind);
  }
}

function textRead(length: number | undefined, column: ColumnType, family: Family): Fit {
  switch (family) {
    case 'text':
      return when(length === undefined || chars(column) <= length, 'perhaps');
    case 'decimal':
      return column.name.endsWith('money') || column.precision > EXACT_DIGITS ? 'breaks' : 'perhaps';
    case 'moment':
      return column.name === 'datetimeoffset' ? 'breaks' : 'perhaps';
    case 'binary':
      return 'breaks';
    case 'guid':
      return when(length === undefined || length >= GUID_CHARS, 'perhaps');
    case 'whole':
    case 'float':
    case 'bit':
    case 'other':
      return 'perhaps';
    default:
      return assertNever(family);
  }
}

/** Whether a key or number that the ERP gives back can be taken as its type at all. Pure. */
export function returnFit(type: FieldType, column: ColumnType): Fit {
  const family = familyOf(column);
  if (type.kind === 'text') return family === 'binary' ? 'perhaps' : 'fits';
  if (family === 'text' || family === 'other') return 'perhaps';
  const number = family === 'whole' || family === 'decimal' || family === 'float' || family === 'bit';
  switch (type.kind) {
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'bool':
      return when(number);
    case 'datetime':
    case 'date':
    case 'dateOfTime':
      return when(family === 'moment');
    case 'guid':
      return when(family === 'guid');
    case 'binary':
      return when(family === 'binary');
    default:
      return assertNever(type.kind);
  }
}

const INCOMPARABLE = new Set(['text', 'ntext', 'image', 'xml', 'geography', 'geometry', 'json', 'vector']);

/** Whether rows can be ordered by a column and found by a text in it. */
export const canBeCompared = (column: ColumnType): boolean => !INCOMPARABLE.has(column.name);
