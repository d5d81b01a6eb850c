import { message } from './answers.ts';
import { takeDone } from './done.ts';
import type { CallKind } from './fault-script.ts';
import { performUnder, takeFault } from './faults.ts';
import { decodePart } from './links.ts';
import type { Processor } from './processing.ts';
import { giveBody, giveDownloadLink, giveList } from './pull.ts';
import { givePushLink, takeUpload } from './push.ts';
import type { Area, CallRecord, World } from './state.ts';

interface Route {
  kind: CallKind;
  area?: string | undefined;
  user?: string | undefined;
  perform: (request: Request) => Promise<Response>;
}

const MINUTE = 60_000;
// Enough for any one test; a long demonstration must not grow without end.
const LOG_LIMIT = 20_000;

/** The door of the cloud: finds the route, applies faults, key and rate, keeps the log. */
export function createGateway(world: World, processor: Processor): (request: Request) => Promise<Response> {
  const callsByKey = new Map<string, number[]>();

  const tooMany = (key: string): Response | undefined => {
    const { rate } = world.switches;
    if (rate === 0 || !world.holds(4)) return undefined;
    const now = world.now();
    const recent = (callsByKey.get(key) ?? []).filter((at) => at > now - MINUTE);
    callsByKey.set(key, recent);
    const oldest = recent[0];
    if (recent.length >= rate && oldest !== undefined)
      return message(429, 'Too Many Requests', {
        'retry-after': String(Math.max(1, Math.ceil((oldest + MINUTE - now) / 1000))),
      });
    recent.push(now);
    return undefined;
  };

  /** The key is judged before anything is looked at, so a stranger learns nothing. */
  const withKey = async (
    code: string,
    request: Request,
    perform: (area: Area) => Response | Promise<Response>,
  ): Promise<Response> => {
    const key = request.headers.get('x-api-key');
    const area = world.areas.get(code);
    if (area === undefined) return message(403, 'Forbidden');
    const fits = key !== null && area.keys.has(key);
    if (!fits && world.holds(2)) return message(403, 'Forbidden');
    return tooMany(key ?? '') ?? perform(area);
  };

  return async (request) => {
    const route = findRoute(world, processor, request, withKey);
    const record: CallRecord = {
      at: world.now(),
      kind: route?.kind ?? 'unknown',
      area: route?.area,
      user: route?.user,
      status: 'cut',
    };
    world.statistics.calls[record.kind] += 1;
    world.log.push(record);
    if (world.log.length > LOG_LIMIT) world.log.shift();
    if (route === undefined) {
      record.status = world.holds(3) ? world.switches.unknownRoute : 200;
      return message(record.status, 'Missing Authentication Token');
    }
    const fault = takeFault(world, route.kind, route.area);
    record.fault = fault?.kind;
    const answer = await performUnder(world, fault, {
      kind: route.kind,
      request,
      perform: route.perform,
      expireNewLinks: () => {
        const past = world.now() - world.switches.linkTtl * 1000 - 1;
        for (const links of [world.uploadLinks, world.downloadLinks]) {
          const newest = [...links.values()].at(-1);
          if (newest !== undefined && newest.issuedAt >= record.at) newest.issuedAt = past;
        }
      },
    });
    record.status = answer.status;
    const wait = answer.headers.get('retry-after');
    if (wait !== null) record.retryAfterSeconds = Number(wait);
    return answer;
  };
}

function findRoute(
  world: World,
  processor: Processor,
  request: Request,
  withKey: (
    code: string,
    request: Request,
    perform: (area: Area) => Response | Promise<Response>,
  ) => Promise<Response>,
): Route | undefined {
  const parts: string[] = [];
  for (const part of new URL(request.url).pathname.slice(1).split('/')) {
    const decoded = decodePart(part);
    if (decoded instanceof Response) return undefined;
    parts.push(decoded);
  }
  if (parts[0] === 'transfer') return transferRoute(world, processor, parts);
  if (parts[0] === 'mobile') parts.shift();
  else if (!world.switches.legacyPrefix && world.holds(1)) return undefined;
  const [erp, direction, code, last, ...more] = parts;
  if (erp !== 'erp' || code === undefined || code === '' || more.length > 0) return undefined;
  const is = (method: string, wantedDirection: string): boolean =>
    request.method === method && direction === wantedDirection;
  if (is('GET', 'push') && last !== undefined && last !== '')
    return {
      kind: 'pushLink',
      area: code,
      user: last,
      perform: (r) => withKey(code, r, (area) => givePushLink(world, area, last, r)),
    };
  if (is('GET', 'pull') && last === undefined)
    return {
      kind: 'list',
      area: code,
      perform: (r) => withKey(code, r, (area) => giveList(world, area, r)),
    };
  if (is('GET', 'pull') && last === 'link')
    return {
      kind: 'link',
      area: code,
      perform: (r) => withKey(code, r, (area) => giveDownloadLink(world, area, r)),
    };
  if (is('POST', 'pull') && last === 'done')
    return {
      kind: 'done',
      area: code,
      perform: (r) => withKey(code, r, (area) => takeDone(world, area, r)),
    };
  return undefined;
}

function transferRoute(world: World, processor: Processor, parts: readonly string[]): Route | undefined {
  const [, direction, token, ...more] = parts;
  if (token === undefined || token === '' || more.length > 0) return undefined;
  if (direction === 'upload') {
    const link = world.uploadLinks.get(token);
    return {
      kind: 'upload',
      area: link?.area.code,
      user: link?.user,
      perform: (r) => takeUpload(world, processor, token, r),
    };
  }
  if (direction === 'download') {
    const link = world.downloadLinks.get(token);
    return {
      kind: 'download',
      area: link?.area.code,
      user: link?.packet.user,
      perform: (r) => giveBody(world, token, r),
    };
  }
  return undefined;
}
