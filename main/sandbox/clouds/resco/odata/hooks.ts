import type { Hook, World } from '../state/world.ts';
import { RescoFault } from '../state/fault.ts';
import { entityOf } from '../state/store.ts';
import { json, odataError, parseJson } from './json.ts';

const isAction = (text: string | null): text is Hook['action'] =>
  text === 'Create' || text === 'Update' || text === 'Delete';

/** Notes a call-back; `Location` is where it is taken back. */
export function addHook(world: World, call: { url: URL; body: string; base: string }): Response {
  const entity = entityOf(world, call.url.searchParams.get('$entity') ?? '').name;
  const action = call.url.searchParams.get('$action');
  if (!isAction(action)) throw new RescoFault(`'${action ?? ''}' is no action of a hook`);
  const body = parseJson(call.body) ?? {};
  const url = body['CallbackUrl'] ?? body['callbackUrl'];
  if (typeof url !== 'string' || !URL.canParse(url)) throw new RescoFault('CallbackUrl is missing');
  const id = world.newId();
  world.hooks.push({ id, entity, action, url });
  return json(201, { id }, { location: `${call.base}/$hook?$id=${id}` });
}

export function removeHook(world: World, url: URL): Response {
  const place = world.hooks.findIndex((hook) => hook.id === url.searchParams.get('$id'));
  if (place < 0) return odataError(404, 'NotFound', 'There is no such hook.');
  world.hooks.splice(place, 1);
  return new Response(null, { status: 204 });
}
