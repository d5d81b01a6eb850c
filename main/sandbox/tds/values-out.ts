import { ByteWriter } from './byte-writer.ts';
import { encodeCodePage } from './code-page.ts';
import { writeDecimalBody, writeMoneyBody, writeSmallMoneyBody } from './decimals.ts';
import { writeGuidBody } from './guids.ts';
import {
  timeSize,
  writeDateBody,
  writeDateTime2Body,
  writeDateTimeBody,
  writeDateTimeOffsetBody,
  writeSmallDateTimeBody,
  writeTimeBody,
} from './moments.ts';
import { scaleOf, wireTypeOf } from './type-info.ts';
import { variantBase } from './variant.ts';
import type { SqlMoment, SqlType, SqlValue } from '../tsql/face.ts';

const SHORT_NULL = 0xffff;
const PLP_NULL = 0xffff_ffff_ffff_ffffn;
/** A pointer nothing ever follows; clients only skip it, together with its time stamp. */
const TEXT_POINTER = Buffer.concat([Buffer.from([16]), Buffer.alloc(16, 0x64), Buffer.alloc(8)]);

type WriteValue = (out: ByteWriter, value: SqlValue) => void;

function wrong(type: SqlType, value: SqlValue): never {
  throw new Error(`the engine gave a ${typeof value} for ${type.name}`);
}

function number(type: SqlType, value: SqlValue): number {
  return typeof value === 'number' ? value : wrong(type, value);
}

function string(type: SqlType, value: SqlValue): string {
  return typeof value === 'string' ? value : wrong(type, value);
}

function moment(type: SqlType, value: SqlValue): SqlMoment {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
    ? value
    : wrong(type, value);
}

function bytes(type: SqlType, value: SqlValue): Uint8Array {
  return value instanceof Uint8Array ? value : wrong(type, value);
}

/** The value proper and its size, for types whose size does not depend on the value. */
function fixedBody(type: SqlType): { size: number; write: WriteValue } | undefined {
  const scale = scaleOf(type);
  switch (type.name) {
    case 'bit':
      return { size: 1, write: (out, v) => out.u8(typeof v === 'boolean' ? Number(v) : wrong(type, v)) };
    case 'tinyint':
      return { size: 1, write: (out, v) => out.u8(number(type, v)) };
    case 'smallint':
      return { size: 2, write: (out, v) => out.i16(number(type, v)) };
    case 'int':
      return { size: 4, write: (out, v) => out.i32(number(type, v)) };
    case 'bigint':
      return { size: 8, write: (out, v) => out.i64(typeof v === 'bigint' ? v : wrong(type, v)) };
    case 'real':
      return { size: 4, write: (out, v) => out.f32(number(type, v)) };
    case 'float':
      return { size: 8, write: (out, v) => out.f64(number(type, v)) };
    case 'decimal':
    case 'numeric': {
      const { size } = wireTypeOf(type);
      return { size, write: (out, v) => writeDecimalBody(out, string(type, v), size, scale) };
    }
    case 'money':
      return { size: 8, write: (out, v) => writeMoneyBody(out, string(type, v)) };
    case 'smallmoney':
      return { size: 4, write: (out, v) => writeSmallMoneyBody(out, string(type, v)) };
    case 'uniqueidentifier':
      return { size: 16, write: (out, v) => writeGuidBody(out, string(type, v)) };
    case 'date':
      return { size: 3, write: (out, v) => writeDateBody(out, moment(type, v)) };
    case 'time':
      return { size: timeSize(scale), write: (out, v) => writeTimeBody(out, moment(type, v), scale) };
    case 'datetime2':
      return {
        size: timeSize(scale) + 3,
        write: (out, v) => writeDateTime2Body(out, moment(type, v), scale),
      };
    case 'datetimeoffset':
      return {
        size: timeSize(scale) + 5,
        write: (out, v) => writeDateTimeOffsetBody(out, moment(type, v), scale),
      };
    case 'datetime':
      return { size: 8, write: (out, v) => writeDateTimeBody(out, moment(type, v)) };
    case 'smalldatetime':
      return { size: 4, write: (out, v) => writeSmallDateTimeBody(out, moment(type, v)) };
    case 'char':
    case 'varchar':
    case 'text':
    case 'nchar':
    case 'nvarchar':
    case 'ntext':
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'rowversion':
    case 'sql_variant':
      return undefined;
  }
}

function isUnicode(type: SqlType): boolean {
  return type.name === 'nchar' || type.name === 'nvarchar' || type.name === 'ntext';
}

function bodyBytes(type: SqlType, value: SqlValue): Uint8Array {
  if (type.name === 'char' || type.name === 'varchar' || type.name === 'text')
    return encodeCodePage(string(type, value), type.codePage);
  if (isUnicode(type)) return Buffer.from(string(type, value), 'utf16le');
  return bytes(type, value);
}

function writeVariant(out: ByteWriter, value: SqlValue): void {
  if (value === null) {
    out.u32(0);
    return;
  }
  const base = variantBase(value);
  const fixed = fixedBody(base.type);
  const body = new ByteWriter(64);
  if (fixed) fixed.write(body, value);
  else body.bytes(bodyBytes(base.type, value));
  out.u32(2 + base.properties.length + body.length);
  out.u8(base.id);
  out.u8(base.properties.length);
  out.bytes(base.properties);
  out.bytes(body.view());
}

/** The writer of one column, chosen once and used for every row. */
export function valueWriter(type: SqlType): WriteValue {
  const fixed = fixedBody(type);
  if (fixed) {
    return (out, value) => {
      if (value === null) {
        out.u8(0);
        return;
      }
      out.u8(fixed.size);
      fixed.write(out, value);
    };
  }
  const { framing, size } = wireTypeOf(type);
  if (framing === 'variant') return writeVariant;
  if (framing === 'plp') {
    return (out, value) => {
      if (value === null) {
        out.u64(PLP_NULL);
        return;
      }
      const body = bodyBytes(type, value);
      out.u64(BigInt(body.length));
      if (body.length > 0) out.u32(body.length);
      out.bytes(body);
      out.u32(0);
    };
  }
  if (framing === 'pointer') {
    return (out, value) => {
      if (value === null) {
        out.u8(0);
        return;
      }
      const body = bodyBytes(type, value);
      out.bytes(TEXT_POINTER);
      out.u32(body.length);
      out.bytes(body);
    };
  }
  if (isUnicode(type)) {
    return (out, value) => {
      if (value === null) {
        out.u16(SHORT_NULL);
        return;
      }
      const text = string(type, value);
      if (text.length * 2 > size)
        throw new Error(`the engine gave ${text.length} characters for ${type.name}`);
      out.u16(text.length * 2);
      out.utf16(text);
    };
  }
  return (out, value) => {
    if (value === null) {
      out.u16(SHORT_NULL);
      return;
    }
    const body = bodyBytes(type, value);
    if (body.length > size) throw new Error(`the engine gave ${body.length} bytes for ${type.name}`);
    out.u16(body.length);
    out.bytes(body);
  };
}
