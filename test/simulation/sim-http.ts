import { BodyStreamError } from '../../main/core/runtime/body-stream-error.ts';
import { ConnectionCut } from '../../main/sandbox/clouds/connection-cut.ts';
import type { HttpOutcome, HttpRequest, HttpTransport } from '../../main/core/runtime/http-transport.ts';

/** What happens to a request on its way to the cloud. */
export interface HttpWeather {
  atRequest(): 'none' | 'not-sent';
  travel(): Promise<void>;
}

/** Calls a fetch-style handler in this process as if over a network. */
export function simHttp(
  handle: (request: Request) => Promise<Response>,
  weather: HttpWeather,
): HttpTransport {
  return {
    async send(request, signal): Promise<HttpOutcome> {
      await weather.travel();
      if (signal.aborted || weather.atRequest() === 'not-sent')
        return { kind: 'not-sent', cause: 'ENETUNREACH' };
      let response: Response;
      try {
        response = await handle(await asRequest(request));
      } catch (error) {
        if (!(error instanceof ConnectionCut)) throw error;
        return { kind: 'maybe-sent', cause: 'ECONNRESET' };
      }
      await weather.travel();
      const headers = Object.fromEntries(response.headers);
      return {
        kind: 'answered',
        response: { status: response.status, headers, body: bodyOf(response, headers) },
      };
    },
  };
}

async function asRequest({ method, url, headers, body }: HttpRequest): Promise<Request> {
  if (body === undefined) return new Request(url, { method, headers });
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.open()) chunks.push(chunk);
  return new Request(url, {
    method,
    headers: { ...headers, 'content-length': String(body.size) },
    body: Buffer.concat(chunks),
  });
}

async function* bodyOf(response: Response, headers: Record<string, string>): AsyncIterable<Uint8Array> {
  let seen = 0;
  try {
    if (response.body !== null)
      for await (const chunk of response.body) {
        seen += chunk.byteLength;
        yield chunk;
      }
  } catch (error) {
    if (error instanceof BodyStreamError) throw error;
    throw new Error('the connection broke', { cause: error });
  }
  const declared = headers['content-length'];
  if (declared !== undefined && Number(declared) !== seen)
    throw new Error('the body is not as long as declared');
}
