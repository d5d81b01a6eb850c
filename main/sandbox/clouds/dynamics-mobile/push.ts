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
  if (packetType !== 'xml' && packetType !== 'json') return refused(400, 'packetType must be xml or json');
  const size = query.get('size') ?? '';
  if (!/^[0-9]+$/.test(size) || Number(size) === 0)
    return refused(400, 'size must be a positive whole number');
  if (Number(size) > switches.maxBytes) return refused(413, `size is above ${switches.maxBytes}`);
  const packetUniqueId = query.get('packetUniqueId') ?? '';
  if (packetUniqueId === '' && switches.requireUniqueId) return refused(400, 'packetUniqueId is missing');
  if (area.users.get(user)?.enabled !== true && switches.unknownUser === '404')
    return refused(404, 'no such mobile user');
  if (switches.successFalse) return json(200, { success: false });
  const now = world.now();
  const entry: SyncLogEntry = {
    syncLogId: world.newId(),
    user,
    packetUniqueId,
    packetType,
    announcedSize: Number(size),
    linkedAt: now,
    uploads: 0,
    status: 'link',
    warnings: [],
  };
  area.syncLog.push(entry);
  const token = world.newId();
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
  if (link === undefined || !hasSignature(new URL(request.url), token) || request.method !== 'PUT')
    return storageError(403, 'SignatureDoesNotMatch', 'The signature does not fit the request');
  if (world.now() - link.issuedAt > switches.linkTtl * 1000)
    return storageError(403, 'AccessDenied', 'Request has expired');
  if (request.headers.has('transfer-encoding'))
    return storageError(501, 'NotImplemented', 'Transfer-Encoding is not implemented');
  const declared = request.headers.get('content-length');
  if (declared === null || !/^[0-9]+$/.test(declared))
    return storageError(411, 'MissingContentLength', 'The Content-Length header is missing');
  const length = Number(declared);
  if (length > switches.maxBytes) return storageError(413, 'EntityTooLarge', 'The upload is too large');
  const wanted = link.entry.packetType === 'json' ? 'application/json' : 'application/xml';
  if (switches.signedType && request.headers.get('content-type') !== wanted)
    return storageError(403, 'SignatureDoesNotMatch', 'The content type is not the signed one');
  if (switches.strictSize && length !== link.entry.announcedSize)
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
    body = await world.bodies.receive(request.body ?? nothing(), Math.min(length, world.switches.maxBytes));
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
  return text(200, 'application/xml', '', { etag: `"${body.sha256.slice(0, 32)}"` });
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // An upload of zero bytes is legal for the storage.
}
