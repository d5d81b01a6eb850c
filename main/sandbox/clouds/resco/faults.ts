import { ConnectionCut } from '../connection-cut.ts';
import { respond } from './rest/answers.ts';
import { faultText } from './rest/answers.ts';
import { RescoFault } from './state/fault.ts';
import type { Fault } from './fault-script.ts';
import type { World } from './state/world.ts';

/** The fault this call meets, used up by asking. */
export function takeFault(world: World, kind: string): Fault | undefined {
  for (const fault of world.faults) {
    const left = fault.times ?? 1;
    if (left <= 0 || (fault.on !== 'any' && fault.on !== kind)) continue;
    if (fault.skip !== undefined && fault.skip > 0) {
      fault.skip -= 1;
      continue;
    }
    fault.times = left - 1;
    return { ...fault };
  }
  return undefined;
}

const PAGE =
  '<!DOCTYPE html><html><head><title>Maintenance</title></head><body><p>We will be back soon.<br></body></html>';

/** Runs a call under a fault. A cut is thrown as `ConnectionCut`, or ends the body of the answer with one. */
export async function performUnder(
  world: World,
  fault: Fault | undefined,
  call: { readonly signal: AbortSignal; readonly perform: () => Promise<Response> },
): Promise<Response> {
  switch (fault?.kind) {
    case undefined:
      return call.perform();
    case 'status': {
      const status = fault.status ?? 503;
      const headers: Record<string, string> =
        fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
      const words = faultText(new RescoFault('the server cannot answer now'));
      return respond(status, 'application/xml; charset=utf-8', words, headers);
    }
    case 'cut':
      throw new ConnectionCut();
    case 'lost-answer':
      await (await call.perform()).body?.cancel();
      throw new ConnectionCut('the answer was lost');
    case 'delay': {
      if (fault.undone === true) {
        await world.sleep(fault.ms ?? 1000, call.signal);
        return call.perform();
      }
      const answer = await call.perform();
      await world.sleep(fault.ms ?? 1000, call.signal);
      return answer;
    }
    case 'html':
      if (fault.undone !== true) await (await call.perform()).body?.cancel();
      return respond(200, 'text/html; charset=utf-8', PAGE);
    case 'half':
      return halfOf(await call.perform());
    case 'row-fault':
      return withRowFault(await call.perform());
  }
}

/** Half of the bytes under the length of the whole, then the connection breaks. */
async function halfOf(answer: Response): Promise<Response> {
  const bytes = new Uint8Array(await answer.arrayBuffer());
  let given = false;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (given) controller.error(new ConnectionCut('cut half-way'));
      else controller.enqueue(bytes.subarray(0, Math.floor(bytes.length / 2)));
      given = true;
    },
  });
  return new Response(body, { status: answer.status, headers: answer.headers });
}

/** A row that the server could not read comes as a fault among the others. */
async function withRowFault(answer: Response): Promise<Response> {
  const text = await answer.text();
  const fault = faultText(new RescoFault('the record could not be read'));
  const body = text.replace(/<Entity EntityName="[^"]*">.*?<\/Entity>/s, () => fault);
  return respond(answer.status, answer.headers.get('content-type') ?? 'application/xml', body);
}
