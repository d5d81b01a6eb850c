import { ConnectionCut } from '../connection-cut.ts';
import { json, storageError, text } from './answers.ts';
import { BodyTooLong } from './bodies.ts';
import type { StoredBody } from './bodies.ts';
import { hasSignature, pruneLinks, refuseLeakedKey, signedUrl } from './links.ts';
import type { Processor } from './processing.ts';
import type { Area, SyncLogEntry, UploadLink, World } from './state.ts';

const refused = (status: number, words: string): Response => json(status, { success: false, message: words });

/** Answers a push link request of a caller whose key is good. */
export function givePushLink(world: World, area: Area, user: string, request: Request): Response {
  const query = new URL(request.url).searchParams;
  const { switches } = world;
  const packetType = query.get('packetType');
  if (packetType !== 'xml' && packetType !== 'json' && world.holds(8))
    return refused(400, 'packetType must be xml or json');
  const size = query.get('size') ?? '';
  if ((!/^[0-9]+$/.test(size) || Number(size) === 0) && world.holds(9))
    return refused(400, 'size must be a positive whole number');
  if (Number(size) > switches.maxBytes) return refused(413, `size is above ${switches.maxBytes}`);
  const packetUniqueId = query.get('packetUniqueId') ?? '';
  if (packetUniqueId === '' && (switches.requireUniqueId || !world.holds(12)))
    return refused(400, 'packetUniqueId is missing');
  const known = area.users.get(user);
  if (known?.enabled !== true && switches.unknownUser === '404' && world.holds(10))
    return refused(404, 'no such mobile user');
  if (switches.successFalse && world.holds(11)) return json(200, { success: false });
  if (known !== undefined && !world.holds(20)) known.accepted = undefined;
  const now = world.now();
  const entry: SyncLogEntry = {
    syncLogId: world.newId(),
    user,
    packetUniqueId,
    packetType: packetType === 'json' ? 'json' : 'xml',
    announcedSize: Number(size),
    linkedAt: now,
    uploads: 0,
    status: 'link',
    warnings: [],
  };
  area.syncLog.push(entry);
  const token = world.holds(7) ? world.newId() : `always-the-same-${user}`;
  pruneLinks(world.uploadLinks, now - 2000 * switches.linkTtl);
  world.uploadLinks.set(token, { area, user, entry, issuedAt: now, active: 0 });
  return json(200, {
    success: true,
    syncLogId: entry.syncLogId,
    uploadPath: signedUrl(request, 'upload', token, switches.linkTtl),
  });
}

/** Takes in an upload: the storage knows lengths, types and signatures, and nothing of packets. */
export async function takeUpload(
  world: World,
  processor: Processor,
  token: string,
  request: Request,
): Promise<Response> {
  const { switches } = world;
  const link = world.uploadLinks.get(token);
  const leak = refuseLeakedKey(world, request);
  if (leak !== undefined) return leak;
  const wrongMethod = request.method !== 'PUT' && world.holds(18);
  if (link === undefined || !hasSignature(new URL(request.url), token) || wrongMethod)
    return storageError(403, 'SignatureDoesNotMatch', 'The signature does not fit the request');
  if (world.now() - link.issuedAt > switches.linkTtl * 1000 && world.holds(13))
    return storageError(403, 'AccessDenied', 'Request has expired');
  if (request.headers.has('transfer-encoding') && world.holds(16))
    return storageError(501, 'NotImplemented', 'Transfer-Encoding is not implemented');
  const declared =
    request.headers.get('content-length') ?? (world.holds(16) ? null : String(link.entry.announcedSize));
  if (declared === null || !/^[0-9]+$/.test(declared))
    return storageError(411, 'MissingContentLength', 'The Content-Length header is missing');
  const length = Number(declared);
  if (length > switches.maxBytes && world.holds(14))
    return storageError(413, 'EntityTooLarge', 'The upload is too large');
  const wanted = link.entry.packetType === 'json' ? 'application/json' : 'application/xml';
  if (switches.signedType && request.headers.get('content-type') !== wanted && world.holds(15))
    return storageError(403, 'SignatureDoesNotMatch', 'The content type is not the signed one');
  if (switches.strictSize && length !== link.entry.announcedSize && world.holds(17))
    return storageError(400, 'IncorrectSize', 'The length is not the announced one');
  return receive(world, processor, link, request, length);
}

async function receive(
  world: World,
  processor: Processor,
  link: UploadLink,
  request: Request,
  length: number,
): Promise<Response> {
  const { statistics } = world;
  link.active += 1;
  statistics.uploadsNow += 1;
  statistics.uploadsAtOnce = Math.max(statistics.uploadsAtOnce, statistics.uploadsNow);
  statistics.uploadsAtOnceOnOneLink = Math.max(statistics.uploadsAtOnceOnOneLink, link.active);
  let body: StoredBody;
  try {
    const most = world.holds(14) ? Math.min(length, world.switches.maxBytes) : Infinity;
    body = await world.bodies.receive(request.body ?? nothing(), most);
  } catch (error) {
    if (error instanceof BodyTooLong)
      return storageError(413, 'EntityTooLarge', 'More bytes came than were declared');
    throw new ConnectionCut('the upload broke off');
  } finally {
    link.active -= 1;
    statistics.uploadsNow -= 1;
  }
  if (body.bytes !== length) {
    body.dispose();
    return storageError(400, 'IncompleteBody', 'Fewer bytes came than were declared');
  }
  const { entry } = link;
  const answer = text(200, 'application/xml', '', { etag: `"${body.sha256.slice(0, 32)}"` });
  if (entry.uploads > 0 && !world.holds(19)) return answer;
  entry.uploads += 1;
  entry.status = 'uploaded';
  entry.reason = undefined;
  entry.bytes = body.bytes;
  entry.sha256 = body.sha256;
  entry.tables = undefined;
  entry.warnings =
    body.bytes === entry.announcedSize
      ? []
      : [`announced ${entry.announcedSize} bytes, uploaded ${body.bytes}`];
  processor.submit({ area: link.area, user: link.user, entry, body });
  if (!world.holds(21)) await processor.process();
  return answer;
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An upload of zero bytes is legal for the storage.
}
