import { createHash } from 'node:crypto';

// Bytes whose Base64 holds the two characters that clients most often damage.
const AWKWARD = Buffer.from('fbefbeffffff', 'hex');

/** An opaque text of more than 400 characters with `+`, `/` and `=` in it, different for each seed. */
export function makeHandle(seed: string): string {
  const parts: Buffer[] = [AWKWARD];
  for (let i = 0; i < 5; i++) parts.push(createHash('sha512').update(`${i}:${seed}`).digest());
  return `AQEB${Buffer.concat(parts).toString('base64')}`;
}
