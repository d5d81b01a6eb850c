import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Socket } from 'node:net';
import { z } from 'zod';

/**
 * One JSON value per line, both ways. Before anything else each side proves that it read the token file, and the token
 * itself never crosses:
 *
 *   viewer                         agent
 *     {"nonce":c}          ──▶
 *                          ◀──     {"nonce":s,"proof":HMAC(token,"agent",c,s)}
 *     {"proof":HMAC(token,"viewer",c,s)} ──▶
 *                          ◀──     {"welcome":true}
 *     {"id":1,"request":"status","args":{}} ──▶
 *                          ◀──     {"id":1,"reply":{…}}
 *     {"id":2,"subscribe":true} ──▶
 *                          ◀──     {"event":{…}} …
 */
export const MAX_GREETING = 1_024;
/** An edited packet is the longest: its text, three bytes a letter and escaped. All else is small. */
export const MAX_REQUEST = 1024 * 1_024;
/** A body text, escaped, and its timeline fit. */
export const MAX_ANSWER = 4 * 1024 * 1024;

const nonce = z.string().min(20).max(100);
export const greetingSchema = z.object({ nonce });
export const challengeSchema = z.object({ nonce, proof: z.string().max(100) });
export const proofSchema = z.object({ proof: z.string().max(100) });
export const welcomeSchema = z.object({ welcome: z.literal(true) });

export const requestSchema = z.union([
  z.strictObject({ id: z.int().min(0), request: z.string().max(100), args: z.unknown().optional() }),
  z.strictObject({ id: z.int().min(0), subscribe: z.literal(true) }),
]);

export const newNonce = (): string => randomBytes(24).toString('base64url');

export function prove(
  token: string,
  side: 'agent' | 'viewer',
  viewerNonce: string,
  agentNonce: string,
): string {
  return createHmac('sha256', token)
    .update(JSON.stringify([side, viewerNonce, agentNonce]))
    .digest('base64url');
}

export function proofHolds(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export const sendLine = (socket: Socket, value: unknown): void => {
  if (socket.writable) socket.write(`${JSON.stringify(value)}\n`);
};

/** Cuts a socket's bytes into lines. A line beyond the limit ends the connection: there is no telling what follows. */
export class LineReader {
  #parts: Buffer[] = [];
  #size = 0;
  limit: number;
  readonly #onLine: (line: string) => void;
  readonly #onOverflow: () => void;

  constructor(limit: number, onLine: (line: string) => void, onOverflow: () => void) {
    this.limit = limit;
    this.#onLine = onLine;
    this.#onOverflow = onOverflow;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      this.#parts.push(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      if (this.#size + end > this.limit) return this.#onOverflow();
      const line = Buffer.concat(this.#parts).toString('utf8');
      this.#parts = [];
      this.#size = 0;
      if (line.trim() !== '') this.#onLine(line);
    }
    this.#parts.push(rest);
    this.#size += rest.length;
    if (this.#size > this.limit) this.#onOverflow();
  }
}

/** Undefined for anything that is not the JSON of this shape. */
export function readLine<T>(line: string, schema: z.ZodType<T>): T | undefined {
  try {
    const parsed = schema.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
