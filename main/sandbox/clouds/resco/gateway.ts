import { ConnectionCut } from '../connection-cut.ts';
import { addressOf } from './addresses.ts';
import type { CallRecord } from './call-log.ts';
import { performUnder, takeFault } from './faults.ts';
import { answerEntities } from './metadata/document.ts';
import { runMoments } from './moments.ts';
import { odataRoute } from './odata/routes.ts';
import { faultAnswer, notFound, respond, tooLarge, wrongMethod } from './rest/answers.ts';
import { callMethod, fetchRows, isMethod, select } from './rest/data-service.ts';
import type { Route } from './route.ts';
import { RescoFault } from './state/fault.ts';
import { runDue } from './state/due.ts';
import type { User, World } from './state/world.ts';

/** The door of the cloud: finds the route, applies faults and credentials, keeps the log. */
export function createGateway(world: World): (request: Request) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url);
    const route = findRoute(world, url, request.method);
    const body = await request.text();
    const record: CallRecord = {
      at: world.now(),
      kind: route?.kind ?? 'unknown',
      method: request.method,
      path: `${url.pathname}${url.search}`,
      user: userOf(world, request)?.name,
      headers: withoutSecrets(request.headers),
      body,
      status: 'cut',
      answer: '',
    };
    world.log.add(record);
    runDue(world);
    const fault = takeFault(world, record.kind);
    record.fault = fault?.kind;
    const perform = async (): Promise<Response> => {
      const answer = await answerTo(world, route, { request, url, body });
      runDue(world);
      await tellHooks(world);
      return answer;
    };
    const answer = await performUnder(world, fault, { signal: request.signal, perform });
    return logged(world, record, answer);
  };
}

async function answerTo(
  world: World,
  route: Route | undefined,
  { request, url, body }: { request: Request; url: URL; body: string },
): Promise<Response> {
  if (route === undefined) return notFound();
  const user = userOf(world, request);
  if (user === undefined)
    return respond(401, 'text/plain; charset=utf-8', 'Unauthorized', {
      'www-authenticate': 'Basic realm="Resco Cloud", charset="UTF-8"',
    });
  if (!route.allow.includes(request.method)) return wrongMethod(route.allow.join(', '));
  if (new TextEncoder().encode(body).length > world.switches.maxBytes) return tooLarge();
  runMoments(world, route.kind, 'before');
  try {
    const answer = await route.perform({ user, url, body, request });
    runMoments(world, route.kind, 'after');
    return answer;
  } catch (error) {
    if (!(error instanceof RescoFault)) throw error;
    return route.refuse(error);
  }
}

function findRoute(world: World, url: URL, method: string): Route | undefined {
  const address = addressOf(url, world.switches);
  if (address === undefined || address.organisation !== world.organisation.name) return undefined;
  const { rest } = address;
  const refuse = (fault: RescoFault): Response => faultAnswer(fault);
  switch (address.service) {
    case 'metadata':
      if (rest !== '$entities') return undefined;
      return {
        kind: 'Metadata',
        allow: ['GET'],
        refuse,
        perform: ({ user }) => {
          if (user.privileges !== undefined && !(user.privileges['#Entity'] ?? []).includes('read'))
            throw new RescoFault('no privilege to read the schema', { missing: 'privilege' });
          return answerEntities(world);
        },
      };
    case 'data': {
      if (rest === (world.switches.fetchPath === '' ? undefined : world.switches.fetchPath))
        return { kind: 'Fetch', allow: ['POST'], refuse, perform: (call) => fetchRows(world, call) };
      if (rest === undefined) return undefined;
      if (isMethod(rest))
        return { kind: rest, allow: ['POST'], refuse, perform: (call) => callMethod(world, rest, call) };
      if (method !== 'GET' || !world.schema.has(rest)) return undefined;
      return { kind: 'Select', allow: ['GET'], refuse, perform: (call) => select(world, call, rest) };
    }
    case 'odata':
    case 'questionnaires':
      return odataRoute(world, address, method);
  }
}

/** The user whose name and password the request carries, as UTF-8. */
function userOf(world: World, request: Request): User | undefined {
  const [, encoded] =
    /^Basic ([A-Za-z0-9+/]+={0,2})$/i.exec(request.headers.get('authorization') ?? '') ?? [];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(encoded, 'base64'));
  } catch {
    return undefined;
  }
  const colon = text.indexOf(':');
  const [name, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return world.users.find((user) => colon > 0 && user.name === name && user.password === password);
}

function withoutSecrets(headers: Headers): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of headers)
    if (!/^(authorization|proxy-authorization|cookie)$/.test(name)) kept[name] = value;
  return kept;
}

async function logged(world: World, record: CallRecord, answer: Response): Promise<Response> {
  // A body that breaks off must reach the caller as it is.
  if (record.fault === 'half') return answer;
  const text = await answer.text();
  world.log.answered(record, answer.status, text);
  return new Response(answer.status === 204 ? null : new TextEncoder().encode(text), {
    status: answer.status,
    headers: answer.headers,
  });
}

/** One attempt for each event; what comes of it is nobody's concern. */
async function tellHooks(world: World): Promise<void> {
  const { callBack } = world;
  for (const call of world.hookCalls) {
    if (call.sent === true) continue;
    call.sent = true;
    if (callBack === undefined) continue;
    try {
      await callBack(
        new Request(call.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: call.body,
        }),
      );
    } catch (error) {
      if (error instanceof ConnectionCut) continue;
    }
  }
}
