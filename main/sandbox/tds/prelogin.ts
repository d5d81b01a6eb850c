import { ByteReader, ProtocolError } from './byte-reader.ts';
import { ByteWriter } from './byte-writer.ts';

const OPTION = { version: 0, encryption: 1, instance: 2, threadId: 3, mars: 4, end: 0xff } as const;
/** The protocol knows eight options; more means the table has no end. */
const MAX_OPTIONS = 32;

export const ENCRYPTION = { off: 0, on: 1, notSupported: 2, required: 3 } as const;

/** Version the server gives as its own: a SQL Server 2019, whose protocol is 7.4. */
export const SERVER_VERSION = { major: 15, minor: 0, build: 2000 } as const;

/** Whether the client asks for a connection that is encrypted throughout. */
export function readPrelogin(message: Buffer): { encrypt: boolean } {
  const table = new ByteReader(message);
  let encryption: number = ENCRYPTION.notSupported;
  for (let n = 0; ; n += 1) {
    if (n > MAX_OPTIONS) throw new ProtocolError('the prelogin options have no end');
    const option = table.u8();
    if (option === OPTION.end) break;
    const offset = (table.u8() << 8) | table.u8();
    const size = (table.u8() << 8) | table.u8();
    const data = new ByteReader(message);
    data.skip(offset);
    const value = data.view(size);
    if (option === OPTION.encryption) encryption = value[0] ?? ENCRYPTION.notSupported;
  }
  return { encrypt: encryption === ENCRYPTION.on || encryption === ENCRYPTION.required };
}

/** "Not supported" keeps a client that did not ask for encryption from encrypting its login alone. */
export function writePrelogin(encrypt: boolean): Buffer {
  const version = Buffer.from([SERVER_VERSION.major, SERVER_VERSION.minor, 0, 0, 0, 0]);
  version.writeUInt16BE(SERVER_VERSION.build, 2);
  const options: [number, Buffer][] = [
    [OPTION.version, version],
    [OPTION.encryption, Buffer.from([encrypt ? ENCRYPTION.on : ENCRYPTION.notSupported])],
    [OPTION.instance, Buffer.from([0])],
    [OPTION.threadId, Buffer.alloc(0)],
    [OPTION.mars, Buffer.from([0])],
  ];
  const out = new ByteWriter(64);
  let offset = options.length * 5 + 1;
  for (const [option, value] of options) {
    out.u8(option);
    out.u16be(offset);
    out.u16be(value.length);
    offset += value.length;
  }
  out.u8(OPTION.end);
  for (const [, value] of options) out.bytes(value);
  return Buffer.from(out.view());
}
