import { ByteReader, ProtocolError } from './byte-reader.ts';
import { PACKET } from './packets.ts';
import { readTypeInfo } from './type-info.ts';
import { readValue } from './values-in.ts';
import type { IsolationLevel, SqlParameter, SqlRequest } from '../tsql/face.ts';

/** A call as it came: a procedure by name, or one of the protocol's numbered ones. */
export interface RpcCall {
  readonly name: string;
  readonly parameters: readonly SqlParameter[];
}

export type ClientRequest =
  | { readonly kind: 'batch'; readonly text: string }
  | { readonly kind: 'rpc'; readonly calls: readonly RpcCall[] }
  | { readonly kind: 'transaction'; readonly request: Extract<SqlRequest, { kind: 'transaction' }> };

/** Numbered procedures a driver calls; cursors are not among them. */
const NUMBERED: Readonly<Record<number, string>> = {
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  15: 'sp_unprepare',
};
const BY_NUMBER = 0xffff;
const CALL_SEPARATORS = new Set([0x80, 0xfe, 0xff]);
const PARAMETER = { output: 0x01, byDefault: 0x02 } as const;
/** What SQL Server allows; a message cannot declare more work than this. */
const MAX_PARAMETERS = 2100;

const TRANSACTION_VERBS: Readonly<Record<number, 'begin' | 'commit' | 'rollback' | 'save'>> = {
  5: 'begin',
  7: 'commit',
  8: 'rollback',
  9: 'save',
};
const ISOLATION: Readonly<Record<number, IsolationLevel>> = {
  1: 'read uncommitted',
  2: 'read committed',
  3: 'repeatable read',
  4: 'serializable',
  5: 'snapshot',
};

/** Decodes one request. Throws `ProtocolError` for a broken message, `RefusedType` for a parameter's type. */
export function readRequest(type: number, body: Buffer): ClientRequest {
  const from = new ByteReader(body);
  skipHeaders(from);
  switch (type) {
    case PACKET.batch:
      return { kind: 'batch', text: from.utf16(from.remaining) };
    case PACKET.rpc:
      return { kind: 'rpc', calls: readCalls(from) };
    case PACKET.transaction:
      return { kind: 'transaction', request: readTransaction(from) };
    default:
      throw new ProtocolError(`a request of type 0x${type.toString(16)}`);
  }
}

/** ALL_HEADERS: transaction descriptor and the like. One connection has one transaction, so nothing in it is news. */
function skipHeaders(from: ByteReader): void {
  const end = from.position + from.u32();
  while (from.position < end) {
    const size = from.u32();
    if (size < 6) throw new ProtocolError('a request header without room for its own type');
    from.skip(size - 4);
  }
  if (from.position !== end) throw new ProtocolError('request headers that do not add up');
}

function readCalls(from: ByteReader): RpcCall[] {
  const calls: RpcCall[] = [];
  while (from.remaining > 0) calls.push(readCall(from));
  if (calls.length === 0) throw new ProtocolError('a call without a name');
  return calls;
}

function readCall(from: ByteReader): RpcCall {
  const name = readProcedure(from);
  from.u16();
  const parameters: SqlParameter[] = [];
  while (from.remaining > 0) {
    if (CALL_SEPARATORS.has(from.peek())) {
      from.skip(1);
      break;
    }
    if (parameters.length >= MAX_PARAMETERS) throw new ProtocolError('more than 2100 parameters');
    const parameter = readParameter(from);
    if (parameter) parameters.push(parameter);
  }
  return { name, parameters };
}

function readProcedure(from: ByteReader): string {
  const length = from.u16();
  if (length !== BY_NUMBER) return from.utf16(length * 2);
  const number = from.u16();
  const name = NUMBERED[number];
  if (name === undefined) throw new ProtocolError(`the numbered procedure ${number}`);
  return name;
}

/** Undefined for a parameter left at the procedure's own default. */
function readParameter(from: ByteReader): SqlParameter | undefined {
  const name = from.shortText();
  const status = from.u8();
  const wire = readTypeInfo(from, 'parameter');
  const value = readValue(from, wire);
  if ((status & PARAMETER.byDefault) !== 0) return undefined;
  return { name, type: wire.type, value, output: (status & PARAMETER.output) !== 0 };
}

function readTransaction(from: ByteReader): Extract<SqlRequest, { kind: 'transaction' }> {
  const number = from.u16();
  const verb = TRANSACTION_VERBS[number];
  if (verb === undefined) throw new ProtocolError(`the transaction request ${number}`);
  const level = verb === 'begin' ? from.u8() : 0;
  const isolation = ISOLATION[level];
  if (isolation === undefined && level !== 0) throw new ProtocolError(`the isolation level ${level}`);
  const name = from.utf16(from.u8());
  if ((verb === 'commit' || verb === 'rollback') && from.remaining > 0 && (from.u8() & 1) !== 0)
    throw new ProtocolError('a transaction that begins as another ends');
  return { kind: 'transaction', verb, name, isolation };
}
