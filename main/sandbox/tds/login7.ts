import { ByteReader, ProtocolError } from './byte-reader.ts';
import { DEFAULT_PACKET_SIZE, MAX_PACKET_SIZE, MIN_PACKET_SIZE } from './packets.ts';

/** Names and passwords have at most 128 characters. */
const MAX_NAME = 128;
const FIELD = { user: 40, password: 44, application: 48, database: 68, securityToken: 78 } as const;
/** What a first token of a Windows login needs by far. */
const MAX_TOKEN = 4096;
const INTEGRATED_SECURITY = 0x80;

export interface Login {
  readonly tdsVersion: number;
  readonly packetSize: number;
  readonly user: string;
  readonly password: string;
  readonly application: string;
  readonly database: string;
  /** The first token of a Windows login, which brings neither user nor password. */
  readonly securityToken: Buffer | undefined;
}

function field(message: Buffer, at: number): Buffer {
  const place = new ByteReader(message, at);
  const offset = place.u16();
  const length = place.u16();
  if (length > MAX_NAME) throw new ProtocolError('a login field is longer than 128 characters');
  const data = new ByteReader(message);
  data.skip(offset);
  return data.view(length * 2);
}

/** Unlike the texts its length is in bytes. */
function token(message: Buffer): Buffer {
  const place = new ByteReader(message, FIELD.securityToken);
  const offset = place.u16();
  const length = place.u16();
  if (length > MAX_TOKEN) throw new ProtocolError(`a security token of ${length} bytes`);
  const data = new ByteReader(message);
  data.skip(offset);
  return data.view(length);
}

function unscramble(scrambled: Buffer): string {
  const bytes = Buffer.from(scrambled);
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = (bytes[i] ?? 0) ^ 0xa5;
    bytes[i] = ((byte << 4) | (byte >> 4)) & 0xff;
  }
  return bytes.toString('utf16le');
}

export function readLogin(message: Buffer): Login {
  const head = new ByteReader(message);
  const size = head.u32();
  if (size > message.length) throw new ProtocolError('the login declares more than it carries');
  const tdsVersion = head.u32();
  const packetSize = head.u32();
  const flags = new ByteReader(message, 25);
  return {
    tdsVersion,
    packetSize:
      packetSize === 0
        ? DEFAULT_PACKET_SIZE
        : Math.min(MAX_PACKET_SIZE, Math.max(MIN_PACKET_SIZE, packetSize)),
    user: field(message, FIELD.user).toString('utf16le'),
    password: unscramble(field(message, FIELD.password)),
    application: field(message, FIELD.application).toString('utf16le'),
    database: field(message, FIELD.database).toString('utf16le'),
    securityToken: (flags.u8() & INTEGRATED_SECURITY) === 0 ? undefined : token(message),
  };
}
