import type { ByteWriter } from './byte-writer.ts';
import { COLLATION } from './code-page.ts';
import { SERVER_VERSION } from './prelogin.ts';
import { userTypeOf, writeTypeInfo } from './type-info.ts';
import { valueWriter } from './values-out.ts';
import type { SqlColumn, SqlMessage, SqlType, SqlValue } from '../tsql/face.ts';

export const DONE_TOKEN = { done: 0xfd, procedure: 0xfe, inProcedure: 0xff } as const;
export type DoneToken = (typeof DONE_TOKEN)[keyof typeof DONE_TOKEN];

export const DONE_STATUS = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

const TOKEN = {
  returnStatus: 0x79,
  columns: 0x81,
  error: 0xaa,
  info: 0xab,
  returnValue: 0xac,
  loginAck: 0xad,
  row: 0xd1,
  environment: 0xe3,
  securityToken: 0xed,
} as const;

const ENVIRONMENT = {
  database: 1,
  language: 2,
  packetSize: 4,
  collation: 7,
  begin: 8,
  commit: 9,
  rollback: 10,
  reset: 18,
} as const;

/** Command codes in DONE; clients use only SELECT's, to tell counts of rows read from counts of rows changed. */
const COMMAND_SELECT = 0xc1;
/** Severity from which a message is an error. */
const FIRST_ERROR_CLASS = 11;
const MAX_MESSAGE = 4000;

const COLUMN = { nullable: 0x01, updatableUnknown: 0x08, identity: 0x10 } as const;

export function isError(message: SqlMessage): boolean {
  return message.class >= FIRST_ERROR_CLASS;
}

export function writeMessage(out: ByteWriter, message: SqlMessage, server: string): void {
  out.u8(isError(message) ? TOKEN.error : TOKEN.info);
  const at = out.length;
  out.u16(0);
  out.i32(message.number);
  out.u8(message.state);
  out.u8(message.class);
  out.text(message.message.slice(0, MAX_MESSAGE));
  out.shortText(server);
  out.shortText(message.procedure);
  out.u32(message.line);
  out.closeLength(at);
}

/** The next question of a Windows login. */
export function writeSecurityToken(out: ByteWriter, token: Buffer): void {
  out.u8(TOKEN.securityToken);
  const at = out.length;
  out.u16(0);
  out.bytes(token);
  out.closeLength(at);
}

export interface Done {
  readonly token: DoneToken;
  readonly status: number;
  readonly count?: number | undefined;
  readonly select?: boolean | undefined;
}

export function writeDone(out: ByteWriter, done: Done): void {
  out.u8(done.token);
  out.u16(done.status | (done.count === undefined ? 0 : DONE_STATUS.count));
  out.u16(done.select === true ? COMMAND_SELECT : 0);
  out.u64(BigInt(done.count ?? 0));
}

export type WriteRow = (out: ByteWriter, values: readonly SqlValue[]) => void;

/** Writes COLMETADATA and returns the writer of this result's rows. */
export function writeColumns(out: ByteWriter, columns: readonly SqlColumn[]): WriteRow {
  out.u8(TOKEN.columns);
  out.u16(columns.length);
  for (const { name, type, nullable, identity } of columns) {
    out.u32(userTypeOf(type));
    out.u16(
      COLUMN.updatableUnknown | (nullable ? COLUMN.nullable : 0) | (identity === true ? COLUMN.identity : 0),
    );
    writeTypeInfo(out, type);
    if (type.name === 'text' || type.name === 'ntext' || type.name === 'image') {
      // A table name of one empty part: the engine does not say where a column comes from.
      out.u8(1);
      out.u16(0);
    }
    out.shortText(name);
  }
  const writers = columns.map(({ type }) => valueWriter(type));
  return (to, values) => {
    if (values.length !== writers.length)
      throw new Error(`the engine gave ${values.length} values for ${writers.length} columns`);
    to.u8(TOKEN.row);
    let column = 0;
    for (const write of writers) write(to, values[column++] ?? null);
  };
}

export function writeReturnStatus(out: ByteWriter, value: number): void {
  out.u8(TOKEN.returnStatus);
  out.i32(value);
}

export interface Output {
  readonly name: string;
  readonly type: SqlType;
  readonly value: SqlValue;
}

/** An output parameter; `text` and its kind cannot be one, so they travel as their `(max)` successors. */
export function writeReturnValue(out: ByteWriter, ordinal: number, output: Output): void {
  const type = outputType(output.type);
  out.u8(TOKEN.returnValue);
  out.u16(ordinal);
  out.shortText(output.name);
  out.u8(0x01);
  out.u32(userTypeOf(type));
  out.u16(COLUMN.nullable);
  writeTypeInfo(out, type);
  valueWriter(type)(out, output.value);
}

function outputType(type: SqlType): SqlType {
  if (type.name === 'text') return { name: 'varchar', length: 'max' };
  if (type.name === 'ntext') return { name: 'nvarchar', length: 'max' };
  if (type.name === 'image') return { name: 'varbinary', length: 'max' };
  return type;
}

function environment(out: ByteWriter, kind: number, write: () => void): void {
  out.u8(TOKEN.environment);
  const at = out.length;
  out.u16(0);
  out.u8(kind);
  write();
  out.closeLength(at);
}

export function writeDatabase(out: ByteWriter, database: string, before: string): void {
  environment(out, ENVIRONMENT.database, () => {
    out.shortText(database);
    out.shortText(before);
  });
}

/** The descriptor of a transaction goes as the new value when it begins, as the old one when it ends. */
export function writeTransaction(out: ByteWriter, change: 'begin' | 'commit' | 'rollback', id: bigint): void {
  environment(out, ENVIRONMENT[change], () => {
    const begins = change === 'begin';
    out.u8(begins ? 8 : 0);
    if (!begins) out.u8(8);
    out.u64(BigInt.asUintN(64, id));
    if (begins) out.u8(0);
  });
}

export function writeReset(out: ByteWriter): void {
  environment(out, ENVIRONMENT.reset, () => {
    out.u8(0);
    out.u8(0);
  });
}

/** The answer to a login that succeeded, DONE included. */
export function writeLoginAnswer(
  out: ByteWriter,
  login: {
    server: string;
    database: string;
    tdsVersion: number;
    packetSize: number;
    askedPacketSize: number;
  },
): void {
  const info = (number: number, state: number, text: string): void =>
    writeMessage(out, { number, state, class: 0, message: text, procedure: '', line: 1 }, login.server);
  writeDatabase(out, login.database, 'master');
  info(5701, 2, `Changed database context to '${login.database}'.`);
  environment(out, ENVIRONMENT.collation, () => {
    out.u8(COLLATION.length);
    out.bytes(COLLATION);
    out.u8(0);
  });
  environment(out, ENVIRONMENT.language, () => {
    out.shortText('us_english');
    out.shortText('');
  });
  info(5703, 1, 'Changed language setting to us_english.');
  out.u8(TOKEN.loginAck);
  const at = out.length;
  out.u16(0);
  out.u8(1);
  out.u32be(login.tdsVersion);
  out.shortText('Microsoft SQL Server');
  out.u8(SERVER_VERSION.major);
  out.u8(SERVER_VERSION.minor);
  out.u16be(SERVER_VERSION.build);
  out.closeLength(at);
  environment(out, ENVIRONMENT.packetSize, () => {
    out.shortText(String(login.packetSize));
    out.shortText(String(login.askedPacketSize));
  });
  writeDone(out, { token: DONE_TOKEN.done, status: 0 });
}
