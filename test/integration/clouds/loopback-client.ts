import { request } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders } from 'node:http';

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
  /** False when the connection broke before the declared end of the body. */
  complete: boolean;
}

/** One HTTP call with exactly the given headers; rejects when the connection breaks before an answer's head. */
export function call(
  url: string,
  options: {
    method?: string;
    headers?: Record<string, string | number>;
    /** Written piece by piece, with regard to what the other side takes. */
    body?: Iterable<Uint8Array> | undefined;
  } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: options.method ?? 'GET',
      headers: options.headers ?? {},
      agent: false,
    });
    outgoing.on('error', reject);
    outgoing.on('response', (incoming) => {
      const chunks: Buffer[] = [];
      const finish = (): void =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: incoming.headers,
          body: Buffer.concat(chunks),
          complete: incoming.complete,
        });
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('end', finish);
      incoming.on('error', finish);
    });
    void writeAll(outgoing, options.body ?? []);
  });
}

async function writeAll(outgoing: ClientRequest, body: Iterable<Uint8Array>): Promise<void> {
  for (const chunk of body) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(chunk)) await drained(outgoing);
  }
  outgoing.end();
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      outgoing.off('drain', go);
      outgoing.off('close', go);
      resolve();
    };
    outgoing.on('drain', go);
    outgoing.on('close', go);
  });
}
