import { createHmac, timingSafeEqual } from 'node:crypto';
import { ByteReader, ProtocolError } from './byte-reader.ts';
import { md4 } from './md4.ts';

/** A Windows account the server can check: the domain's part, which the sandbox plays itself. */
export interface WindowsAccount {
  readonly domain: string;
  readonly user: string;
  readonly password: string;
}

const SIGNATURE = Buffer.from('NTLMSSP\0', 'latin1');
const NEGOTIATE = 1;
const CHALLENGE = 2;
const AUTHENTICATE = 3;
/** Unicode, target, NTLM, always signed, the target is a domain, extended security, target information, version. */
const FLAGS = 0x0289_8205;
const CHALLENGE_SIZE = 56;
const PROOF = 16;
const LM = 24;
/** Proof and the fixed part of what it is over: a response that declares less declares the proof alone. */
const SMALLEST_V2 = 44;
const TARGET = { end: 0, domain: 2 } as const;

const utf16 = (text: string): Buffer => Buffer.from(text, 'utf16le');
const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Buffer =>
  parts.reduce((mac, part) => mac.update(part), createHmac('md5', key)).digest();

function messageOf(token: Buffer, type: number): ByteReader {
  const reader = new ByteReader(token);
  if (!reader.view(SIGNATURE.length).equals(SIGNATURE) || reader.u32() !== type)
    throw new ProtocolError('a security token other than expected');
  return reader;
}

/** Whether the token of a login opens an exchange this server speaks. Throws `ProtocolError`. */
export function checkNegotiate(token: Buffer): void {
  messageOf(token, NEGOTIATE);
}

/** The server's question. `nonce` has eight bytes, new for each login. */
export function writeChallenge(nonce: Uint8Array, domain: string): Buffer {
  const name = utf16(domain);
  const information = Buffer.alloc(4 + name.length + 4);
  information.writeUInt16LE(TARGET.domain, 0);
  information.writeUInt16LE(name.length, 2);
  information.set(name, 4);
  information.writeUInt16LE(TARGET.end, 4 + name.length);
  const head = Buffer.alloc(CHALLENGE_SIZE);
  head.set(SIGNATURE);
  head.writeUInt32LE(CHALLENGE, 8);
  for (const [at, size, from] of [
    [12, name.length, CHALLENGE_SIZE],
    [40, information.length, CHALLENGE_SIZE + name.length],
  ] as const) {
    head.writeUInt16LE(size, at);
    head.writeUInt16LE(size, at + 2);
    head.writeUInt32LE(from, at + 4);
  }
  head.writeInt32LE(FLAGS, 20);
  head.set(nonce, 24);
  // Version 10.0 of Windows, revision 15 of the exchange.
  head.set([10, 0, 0, 0, 0, 0, 0, 15], 48);
  return Buffer.concat([head, name, information]);
}

/**
 * The account that answered the challenge with its password, or undefined. The response must be of version 2 and is
 * computed anew: its proof covers the challenge, the moment, the client's nonce and the target it was sent to.
 */
export function verifyAnswer(
  token: Buffer,
  nonce: Uint8Array,
  accounts: readonly WindowsAccount[],
): WindowsAccount | undefined {
  const reader = messageOf(token, AUTHENTICATE);
  const field = (): { readonly from: number; readonly bytes: Buffer } => {
    const size = reader.u16();
    reader.skip(2);
    const from = reader.u32();
    const data = new ByteReader(token);
    data.skip(from);
    return { from, bytes: data.view(size) };
  };
  const lm = field().bytes;
  const nt = field();
  const domain = field().bytes.toString('utf16le');
  const user = field().bytes.toString('utf16le');
  const same = (left: string, right: string): boolean => left.toUpperCase() === right.toUpperCase();
  const account = accounts.find((one) => same(one.domain, domain) && same(one.user, user));
  if (account === undefined || nt.bytes.length < PROOF) return undefined;
  const key = hmac(md4(utf16(account.password)), utf16(user.toUpperCase() + domain.toUpperCase()));
  // Some clients declare the proof alone; what it is over follows all the same.
  const whole = nt.bytes.length >= SMALLEST_V2 ? nt.bytes : token.subarray(nt.from);
  if (whole.length < SMALLEST_V2) return undefined;
  const proof = hmac(key, nonce, whole.subarray(PROOF));
  if (!timingSafeEqual(proof, whole.subarray(0, PROOF))) return undefined;
  // An older proof may stand beside it; a wrong one is no answer of this account. Zeros mean that there is none.
  if (lm.length === LM && lm.some((byte) => byte !== 0)) {
    const older = hmac(key, nonce, lm.subarray(PROOF));
    if (!timingSafeEqual(older, lm.subarray(0, PROOF))) return undefined;
  }
  return account;
}
