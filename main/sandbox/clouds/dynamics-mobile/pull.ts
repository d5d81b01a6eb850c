import { json, message, storageError, text } from './answers.ts';
import { bytesOf, streamOf } from './bodies.ts';
import { renderEntry, renderList } from './entries.ts';
import type { ListFormat } from './entries.ts';
import { hasSignature, pruneLinks, refuseLeakedKey, signedUrl } from './links.ts';
import { NotAPacket, readPacket } from './packet-reader.ts';
import { pickSqs } from './queue-sqs.ts';
import { pickSticky } from './queue-sticky.ts';
import { letSecondClientTake } from './second-client.ts';
import type { Area, DevicePacket, QueueItem, QueueKind, World } from './state.ts';

const LIST_LIMIT = 10;
// As many lists as a client can reasonably still report on.
const LISTS_KEPT = 200;

/** Answers a list call of a caller whose key is good. */
export function giveList(world: World, area: Area, request: Request): Response {
  const query = new URL(request.url).searchParams;
  const { switches } = world;
  const format = query.get('format');
  if (format !== 'xml' && format !== 'json') return message(400, 'format must be xml or json');
  const kind = queueKind(query.get('packetType'));
  if (kind === undefined) return message(400, 'packetType must be packet or file');
  const now = world.now();
  const wait = (area.lastListAt.get(kind) ?? -Infinity) + switches.minPoll * 1000 - now;
  if (wait > 0 && world.holds(38))
    return message(429, 'Too Many Requests', { 'retry-after': String(Math.ceil(wait / 1000)) });
  area.lastListAt.set(kind, now);
  dropExpired(world, area);
  letSecondClientTake(world, area, kind);
  const queue = queueSeen(world, area, kind);
  const limit = world.holds(31) ? LIST_LIMIT : LIST_LIMIT + 1;
  const picked =
    (switches.queue === 'sqs') === world.holds(32)
      ? pickSqs(world, queue, limit)
      : pickSticky(world, queue, limit).map((item) => ({ item, handle: item.handle ?? '' }));
  if (picked.length === 0 && !world.holds(36)) return message(404, 'Not Found');
  if (picked.length === 0 && switches.emptyBody !== 'normal')
    return text(switches.emptyBody === '204' ? 204 : 200, mediaType(format), '');
  const entries = picked.map(({ item, handle }) => listEntry(world, item, { format, handle, now }));
  area.lists.push(new Set(picked.map(({ handle }) => handle)));
  if (area.lists.length > LISTS_KEPT) area.lists.shift();
  return text(200, mediaType(format), renderList(format, entries));
}

/** What a list of this kind looks at: one queue of one area, where rules 33 and 34 are kept. */
function queueSeen(world: World, area: Area, kind: QueueKind): QueueItem[] {
  const areas = world.holds(34) ? [area] : [...world.areas.values()];
  const kinds = world.holds(33) ? [kind] : (['packet', 'file'] as const);
  const queues = areas.flatMap(({ queues: all }) => kinds.map((one) => all[one]));
  return queues.length === 1 ? (queues[0] ?? []) : queues.flat();
}

function listEntry(
  world: World,
  item: QueueItem,
  { format, handle, now }: { format: ListFormat; handle: string; now: number },
): string {
  const extraFields = world.switches.extraFields && world.random() < 0.5;
  const entry = renderEntry(item.packet, {
    format,
    receiptHandle: handle,
    now: world.holds(35) ? now : item.packet.receivedAt,
    deliveries: item.deliveries,
    extraFields,
  });
  item.listedAs.push(entry);
  if (item.listedAs.length > LISTS_KEPT) item.listedAs.shift();
  return entry;
}

/** Absent means packets; undefined means a value that is none. */
export function queueKind(value: string | null): QueueKind | undefined {
  if (value === null || value === 'packet') return 'packet';
  return value === 'file' ? 'file' : undefined;
}

export function mediaType(format: ListFormat): string {
  return format === 'xml' ? 'application/xml' : 'application/json';
}

/** What was not reported done within the retention time is lost, without a word. */
export function dropExpired(world: World, area: Area): void {
  if (!world.holds(37)) return;
  const oldest = world.now() - world.switches.retention * 1000;
  for (const kind of ['packet', 'file'] as const) {
    if (!area.queues[kind].some((item) => item.queuedAt < oldest)) continue;
    for (const item of area.queues[kind]) if (item.queuedAt < oldest) area.vanished.push(item.packet.id);
    area.queues[kind] = area.queues[kind].filter((item) => item.queuedAt >= oldest);
  }
}

/** Answers a link call. It knows paths and nothing of the queue. */
export function giveDownloadLink(world: World, area: Area, request: Request): Response {
  const path = pathParameter(new URL(request.url), world.holds(40));
  if (path === undefined) return message(400, 'path is missing');
  if (path.split('/').includes('..')) return message(403, 'Forbidden');
  const elsewhere = [...world.areas.values()].find((other) => other.byPath.has(path));
  const found = (world.holds(41) ? area : (elsewhere ?? area)).byPath.get(path);
  if (found === undefined) {
    return elsewhere !== undefined ? message(403, 'Forbidden') : message(404, 'Not Found');
  }
  const { packet } = found;
  const { switches } = world;
  if (found.format === 'json' && !world.holds(43)) return message(404, 'Not Found');
  if (!world.holds(44) && area.done.includes(packet.id)) return message(404, 'Not Found');
  const now = world.now();
  if (packet.gone === 'link' || now - packet.receivedAt > switches.bodyRetention * 1000)
    return message(404, 'Not Found');
  const token = world.newId();
  pruneLinks(world.downloadLinks, now - 2000 * switches.linkTtl);
  world.downloadLinks.set(token, { area, packet, format: found.format, issuedAt: now });
  const url = signedUrl(request, 'download', token, switches.linkTtl);
  if (!world.holds(39)) return json(200, { link: url });
  if (switches.linkShape === 'text') return text(200, 'text/plain', url);
  return json(200, switches.linkShape === 'string' ? url : { url });
}

/** The path as meant, whether it was sent raw or percent-encoded. A plus is a plus: user names may hold one. */
function pathParameter(url: URL, decoded: boolean): string | undefined {
  for (const part of url.search.slice(1).split('&')) {
    if (!part.startsWith('path=')) continue;
    const raw = part.slice('path='.length);
    if (!decoded) return raw;
    try {
      return decodeURIComponent(raw);
    } catch {
      return raw;
    }
  }
  return undefined;
}

/** Answers a request on a download link. */
export async function giveBody(world: World, token: string, request: Request): Promise<Response> {
  const link = world.downloadLinks.get(token);
  const leak = refuseLeakedKey(world, request);
  if (leak !== undefined) return leak;
  if (link === undefined || !hasSignature(new URL(request.url), token) || request.method !== 'GET')
    return storageError(403, 'SignatureDoesNotMatch', 'The signature does not fit the request');
  const { switches } = world;
  const age = world.now() - link.issuedAt;
  if (age > switches.linkTtl * 1000 && world.holds(42))
    return storageError(403, 'AccessDenied', 'Request has expired');
  const { packet, format } = link;
  if (packet.gone !== undefined) return storageError(404, 'NoSuchKey', 'The specified key does not exist.');
  if (packet.kind === 'packet' && format === 'json')
    return text(200, 'application/json', await jsonForm(packet));
  if (packet.kind === 'packet' && !world.holds(45))
    return text(200, 'application/xml', await reshaped(packet));
  return new Response(streamOf(packet.body.read()), {
    status: 200,
    headers: {
      'content-type': packet.kind === 'file' ? 'image/jpeg' : 'application/xml',
      'content-length': String(packet.body.bytes),
    },
  });
}

/** Rule 45 broken: what no device writes. */
const reshaped = async (packet: DevicePacket): Promise<string> =>
  `<?xml version="1.0"?>\n${new TextDecoder().decode(await bytesOf(packet.body)).replaceAll(' name="', ' label="')}`;

/** The published shape of JSON packets is unknown; this one has the same concepts and is ours. */
async function jsonForm(packet: DevicePacket): Promise<string> {
  const tables: { name: string; rows: { status: string | undefined; fields: [string, string][] }[] }[] = [];
  let user = '';
  try {
    await readPacket(packet.body.read(), {
      root(name) {
        user = name;
      },
      table(name) {
        tables.push({ name, rows: [] });
      },
      row(_table, status, fields) {
        tables.at(-1)?.rows.push({ status, fields });
      },
    });
  } catch (error) {
    if (!(error instanceof NotAPacket)) throw error;
    return new TextDecoder().decode(await bytesOf(packet.body));
  }
  return JSON.stringify({ salesmancode: user, tables });
}
