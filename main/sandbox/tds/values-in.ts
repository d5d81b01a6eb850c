import { ByteReader, ProtocolError } from './byte-reader.ts';
import { decodeCodePage } from './code-page.ts';
import { readDecimalBody, readMoneyBody, readSmallMoneyBody } from './decimals.ts';
import { readGuidBody } from './guids.ts';
import {
  readDateBody,
  readDateTime2Body,
  readDateTimeBody,
  readDateTimeOffsetBody,
  readSmallDateTimeBody,
  readTimeBody,
} from './moments.ts';
import { RefusedType, scaleOf, typeIdOf } from './type-info.ts';
import type { WireType } from './type-info.ts';
import { readVariantBody } from './variant.ts';
import type { SqlType, SqlValue } from '../tsql/face.ts';

const SHORT_NULL = 0xffff;
const LONG_NULL = 0xffff_ffff;
const PLP_NULL = 0xffff_ffff_ffff_ffffn;
const PLP_UNKNOWN = 0xffff_ffff_ffff_fffen;

/** Reads one value. Throws `ProtocolError` for what no client sends, `RefusedType` for a length beyond the type. */
export function readValue(from: ByteReader, wire: WireType): SqlValue {
  switch (wire.framing) {
    case 'null':
      return null;
    case 'fixed':
      return readBody(from, wire.type, wire.size);
    case 'byte': {
      const size = from.u8();
      return size === 0 ? null : exact(from, wire.type, size);
    }
    case 'short': {
      const size = from.u16();
      if (size === SHORT_NULL) return null;
      if (size > wire.size) throw new RefusedType(8016, typeIdOf(wire.type));
      return exact(from, wire.type, size);
    }
    case 'plp':
      return readChunked(from, wire.type);
    case 'long': {
      const size = from.u32();
      return size === LONG_NULL ? null : exact(from, wire.type, size);
    }
    case 'pointer': {
      const pointer = from.u8();
      if (pointer === 0) return null;
      from.skip(pointer + 8);
      return exact(from, wire.type, from.u32());
    }
    case 'variant': {
      const size = from.u32();
      return size === 0 ? null : readVariantBody(new ByteReader(from.view(size)), size, readBody);
    }
  }
}

function exact(from: ByteReader, type: SqlType, size: number): SqlValue {
  const end = from.position + size;
  const value = readBody(from, type, size);
  if (from.position !== end) throw new ProtocolError(`a ${type.name} of ${size} bytes`);
  return value;
}

/** Partially length-prefixed: the total is a hint, only the chunks count, and none is copied before it is there. */
function readChunked(from: ByteReader, type: SqlType): SqlValue {
  const total = from.u64();
  if (total === PLP_NULL) return null;
  const chunks: Buffer[] = [];
  let size = 0;
  for (let next = from.u32(); next > 0; next = from.u32()) {
    chunks.push(from.view(next));
    size += next;
  }
  if (total !== PLP_UNKNOWN && total !== BigInt(size))
    throw new ProtocolError('a chunked value differs from the length it declares');
  return readBody(new ByteReader(Buffer.concat(chunks, size)), type, size);
}

/** The value proper, `size` bytes of it. */
export function readBody(from: ByteReader, type: SqlType, size: number): SqlValue {
  switch (type.name) {
    case 'bit':
      return from.u8() !== 0;
    case 'tinyint':
      return from.u8();
    case 'smallint':
      return from.i16();
    case 'int':
      return from.i32();
    case 'bigint':
      return from.i64();
    case 'real':
      return from.f32();
    case 'float':
      return from.f64();
    case 'decimal':
    case 'numeric':
      return readDecimalBody(from, size, scaleOf(type));
    case 'money':
      return readMoneyBody(from);
    case 'smallmoney':
      return readSmallMoneyBody(from);
    case 'uniqueidentifier':
      return readGuidBody(from);
    case 'date':
      return readDateBody(from);
    case 'time':
      return readTimeBody(from, size, scaleOf(type));
    case 'datetime2':
      return readDateTime2Body(from, size, scaleOf(type));
    case 'datetimeoffset':
      return readDateTimeOffsetBody(from, size, scaleOf(type));
    case 'datetime':
      return readDateTimeBody(from);
    case 'smalldatetime':
      return readSmallDateTimeBody(from);
    case 'char':
    case 'varchar':
    case 'text':
      return decodeCodePage(from.view(size));
    case 'nchar':
    case 'nvarchar':
    case 'ntext':
      return from.utf16(size);
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'rowversion':
      return new Uint8Array(from.view(size));
    case 'sql_variant':
      throw new ProtocolError('a variant within a variant');
  }
}
