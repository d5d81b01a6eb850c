import { ConnectionCut } from '../connection-cut.ts';
import { htmlPage, message, storageError } from './answers.ts';
import { streamOf } from './bodies.ts';
import type { CallKind, Fault, FaultKind } from './fault-script.ts';
import type { World } from './state.ts';

const CHAOS: Omit<Fault, 'on' | 'times'>[] = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 502 },
  { kind: 'status', status: 503 },
  { kind: 'status', status: 504 },
  { kind: 'status', status: 429, retryAfterSeconds: 1 },
  { kind: 'cut' },
  { kind: 'html' },
  { kind: 'half' },
  { kind: 'lost-answer' },
  { kind: 'expired' },
];

/** `fault` as a switch: the same for every call while it is set, for people who want to see an outage. */
function standingFault(kind: CallKind, fault: World['switches']['fault']): Fault | undefined {
  if (fault === 'none') return undefined;
  const status = Number(fault);
  if (!Number.isNaN(status)) return { on: kind, kind: 'status', status, times: 0 };
  return { on: kind, kind: fault as FaultKind, times: 0 };
}

/** The fault this call meets, used up by asking. */
export function takeFault(world: World, kind: CallKind, area: string | undefined): Fault | undefined {
  if (!world.holds(5)) return undefined;
  for (const fault of world.faults) {
    if (fault.times <= 0 || (fault.on !== 'any' && fault.on !== kind)) continue;
    if (fault.area !== undefined && fault.area !== area) continue;
    if (fault.skip !== undefined && fault.skip > 0) {
      fault.skip -= 1;
      continue;
    }
    fault.times -= 1;
    return { ...fault };
  }
  const standing = standingFault(kind, world.switches.fault);
  if (standing !== undefined) return standing;
  if (world.switches.chaos > 0 && world.random() < world.switches.chaos) {
    const drawn = CHAOS[Math.floor(world.random() * CHAOS.length)];
    return drawn === undefined ? undefined : { ...drawn, on: kind, times: 0 };
  }
  return undefined;
}

/** Runs a call under a fault. A cut is thrown as `ConnectionCut`, or ends the response body with one. */
export async function performUnder(
  world: World,
  fault: Fault | undefined,
  call: {
    kind: CallKind;
    request: Request;
    perform: (request: Request) => Promise<Response>;
    /** Makes a link just given out look as old as its life. */
    expireNewLinks: () => void;
  },
): Promise<Response> {
  if (fault === undefined) return call.perform(call.request);
  const signedLink = call.kind === 'upload' || call.kind === 'download';
  switch (fault.kind) {
    case 'status': {
      const status = fault.status ?? 503;
      if (signedLink)
        return storageError(status, status === 503 ? 'SlowDown' : 'InternalError', 'Try again.');
      const headers: Record<string, string> =
        fault.retryAfterSeconds === undefined ? {} : { 'retry-after': String(fault.retryAfterSeconds) };
      return message(status, GATEWAY_WORDS[status] ?? 'Internal server error', headers);
    }
    case 'delay':
      await world.sleep(fault.ms ?? 1000, call.request.signal);
      return call.perform(call.request);
    case 'cut':
      if (fault.afterBytes !== undefined) await readSome(call.request, fault.afterBytes);
      throw new ConnectionCut();
    case 'html':
      return htmlPage();
    case 'lost-answer': {
      if (call.kind === 'done' && !world.holds(52)) throw new ConnectionCut('nothing was done');
      const answer = await call.perform(call.request);
      await answer.body?.cancel();
      throw new ConnectionCut('the answer was lost');
    }
    case 'expired': {
      if (signedLink) return storageError(403, 'AccessDenied', 'Request has expired');
      const answer = await call.perform(call.request);
      call.expireNewLinks();
      return answer;
    }
    case 'wrong-length':
      if (!world.holds(46)) return call.perform(call.request);
      return withLength(await call.perform(call.request), fault.off ?? 17);
    case 'half':
      break;
  }
  if (!world.holds(46)) return call.perform(call.request);
  return halfOf(await call.perform(call.request));
}

const GATEWAY_WORDS: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
  504: 'Endpoint request timed out',
};

function lengthOf(answer: Response): number {
  return Number(answer.headers.get('content-length') ?? '0');
}

function withLength(answer: Response, off: number): Response {
  const headers = new Headers(answer.headers);
  headers.set('content-length', String(Math.max(0, lengthOf(answer) + off)));
  return new Response(answer.body, { status: answer.status, headers });
}

function halfOf(answer: Response): Response {
  const source = answer.body;
  if (source === null) return answer;
  let left = Math.floor(lengthOf(answer) / 2);
  const half = async function* (): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      if (chunk.length >= left) {
        if (left > 0) yield chunk.subarray(0, left);
        break;
      }
      left -= chunk.length;
      yield chunk;
    }
    throw new ConnectionCut('cut half-way');
  };
  return new Response(streamOf(half()), { status: answer.status, headers: answer.headers });
}

async function readSome(request: Request, bytes: number): Promise<void> {
  let left = bytes;
  if (request.body === null) return;
  const reader = request.body.getReader();
  while (left > 0) {
    const { done, value } = await reader.read();
    if (done) break;
    left -= value.length;
  }
  reader.releaseLock();
}
