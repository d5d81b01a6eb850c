import { json, message } from './answers.ts';
import { readHandles } from './entries.ts';
import type { ListFormat } from './entries.ts';
import { queueKind } from './pull.ts';
import type { Area, QueueItem, QueueKind, World } from './state.ts';

// Ten entries are a few kilobytes; a body far beyond that is no list of ours.
const MAX_BODY = 1 << 20;

/** Takes a done report. Entries leave the queue by their newest receipt handle and by nothing else. */
export async function takeDone(world: World, area: Area, request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const kind = queueKind(query.get('packetType'));
  if (kind === undefined) return message(400, 'packetType must be packet or file');
  const body = await readBody(request);
  if (body === undefined) return message(413, 'Request Too Long');
  const format = declaredFormat(query.get('format'), request.headers.get('content-type'), body);
  if (format === undefined) return message(400, 'format must be xml or json');
  const list = readHandles(format, body);
  if ('refused' in list) return world.holds(51) ? message(400, list.refused) : json(200, { success: true });
  const handles = new Set(list.handles.filter((handle) => handle !== undefined));
  if ((world.switches.wholeListOnly || !world.holds(49)) && !isWholeList(area, handles))
    return message(400, 'only a whole list can be reported');
  const isNamed = (handle: string, { packet }: QueueItem): boolean =>
    world.holds(48) ? handles.has(handle) : body.includes(packet.id);
  const found = new Map(
    area.queues[kind].flatMap((item) =>
      item.handle !== undefined && isNamed(item.handle, item) ? [[item.handle, item] as const] : [],
    ),
  );
  if (found.size === 0 && handles.size > 0 && !world.holds(50)) return message(404, 'Not Found');
  for (const item of found.values()) {
    if (item.listedAs.some((entry) => body.includes(entry))) continue;
    world.statistics.alteredEntries += 1;
    if (world.switches.strictEntries) return message(400, 'an entry is not as it was listed');
  }
  world.statistics.ineffectiveDones += list.handles.length - found.size;
  if (world.holds(47)) for (const item of found.values()) remove(world, area, kind, item);
  return json(200, { success: true });
}

function remove(world: World, area: Area, kind: QueueKind, item: QueueItem): void {
  const queue = area.queues[kind];
  queue.splice(queue.indexOf(item), 1);
  area.done.push(item.packet.id);
  const { queue: mode, duplicate, visibility } = world.switches;
  // A copy on a server that missed the deletion comes back once more.
  if (mode === 'sqs' && duplicate > 0 && world.random() < duplicate)
    queue.push({
      packet: item.packet,
      queuedAt: item.queuedAt,
      deliveries: 0,
      hiddenUntil: world.now() + visibility * 1000,
      listedAs: [],
    });
}

function isWholeList(area: Area, handles: ReadonlySet<string>): boolean {
  return area.lists.some((list) => list.size === handles.size && [...list].every((h) => handles.has(h)));
}

function declaredFormat(
  format: string | null,
  contentType: string | null,
  body: string,
): ListFormat | undefined {
  if (format !== null) return format === 'xml' || format === 'json' ? format : undefined;
  if (contentType?.includes('json') === true) return 'json';
  if (contentType?.includes('xml') === true) return 'xml';
  return body.trimStart().startsWith('<') ? 'xml' : 'json';
}

async function readBody(request: Request): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of request.body ?? []) {
    total += chunk.length;
    if (total > MAX_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
