import { ProtocolError } from './byte-reader.ts';
import type { ByteReader } from './byte-reader.ts';
import { COLLATION } from './code-page.ts';
import type { SqlType, SqlTypeName, SqlValue } from '../tsql/face.ts';

/** Base types by their id inside a variant, with how many bytes of properties follow it. */
const BASE: ReadonlyMap<number, readonly [SqlTypeName, 'none' | 'scale' | 'decimal' | 'binary' | 'text']> =
  new Map([
    [0x24, ['uniqueidentifier', 'none']],
    [0x30, ['tinyint', 'none']],
    [0x32, ['bit', 'none']],
    [0x34, ['smallint', 'none']],
    [0x38, ['int', 'none']],
    [0x3a, ['smalldatetime', 'none']],
    [0x3b, ['real', 'none']],
    [0x3c, ['money', 'none']],
    [0x3d, ['datetime', 'none']],
    [0x3e, ['float', 'none']],
    [0x7a, ['smallmoney', 'none']],
    [0x7f, ['bigint', 'none']],
    [0x28, ['date', 'none']],
    [0x29, ['time', 'scale']],
    [0x2a, ['datetime2', 'scale']],
    [0x2b, ['datetimeoffset', 'scale']],
    [0x6a, ['decimal', 'decimal']],
    [0x6c, ['numeric', 'decimal']],
    [0xa5, ['varbinary', 'binary']],
    [0xad, ['binary', 'binary']],
    [0xa7, ['varchar', 'text']],
    [0xaf, ['char', 'text']],
    [0xe7, ['nvarchar', 'text']],
    [0xef, ['nchar', 'text']],
  ]);

type ReadBody = (from: ByteReader, type: SqlType, size: number) => SqlValue;

/** Reads a variant of `size` bytes: base type, its properties, then the value in the base type's own encoding. */
export function readVariantBody(from: ByteReader, size: number, readBody: ReadBody): SqlValue {
  const id = from.u8();
  const properties = from.u8();
  const base = BASE.get(id);
  if (!base) throw new ProtocolError(`a variant of type 0x${id.toString(16)}`);
  const [name, shape] = base;
  let type: SqlType = { name };
  if (shape === 'scale') type = { name, scale: from.u8() };
  if (shape === 'decimal') type = { name, precision: from.u8(), scale: from.u8() };
  if (shape === 'text') from.skip(COLLATION.length);
  if (shape === 'text' || shape === 'binary') from.skip(2);
  if ((type.scale ?? 0) > 38) throw new ProtocolError('a variant with an impossible scale');
  const rest = size - 2 - properties;
  if (rest < 0 || rest !== from.remaining) throw new ProtocolError('a variant whose properties do not fit');
  return readBody(from, type, rest);
}

/** Id and properties to write in front of a value whose base type the engine does not state. */
export function variantBase(value: Exclude<SqlValue, null>): {
  id: number;
  type: SqlType;
  properties: Buffer;
} {
  const of = (id: number, type: SqlType, ...properties: number[]) => ({
    id,
    type,
    properties: Buffer.from(properties),
  });
  if (typeof value === 'boolean') return of(0x32, { name: 'bit' });
  if (typeof value === 'bigint') return of(0x7f, { name: 'bigint' });
  if (typeof value === 'string')
    return of(0xe7, { name: 'nvarchar', length: 4000 }, ...COLLATION, 0x40, 0x1f);
  if (typeof value === 'number')
    return Number.isInteger(value) && Math.abs(value) < 2 ** 31
      ? of(0x38, { name: 'int' })
      : of(0x3e, { name: 'float' });
  if (value instanceof Uint8Array) return of(0xa5, { name: 'varbinary', length: 8000 }, 0x40, 0x1f);
  return value.offset === undefined
    ? of(0x2a, { name: 'datetime2', scale: 7 }, 7)
    : of(0x2b, { name: 'datetimeoffset', scale: 7 }, 7);
}
