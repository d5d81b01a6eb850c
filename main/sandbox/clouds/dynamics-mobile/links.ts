import { createHash } from 'node:crypto';
import { message, storageError } from './answers.ts';
import type { World } from './state.ts';

/** A signed address on the same server. The token is never given out twice. */
export function signedUrl(request: Request, kind: 'upload' | 'download', token: string, ttl: number): string {
  const origin = new URL(request.url).origin;
  return `${origin}/transfer/${kind}/${token}?X-Amz-Expires=${ttl}&X-Amz-Signature=${signature(token)}`;
}

/** 64 hex digits that cannot be guessed from another link. */
function signature(token: string): string {
  return createHash('sha256').update(`signed:${token}`).digest('hex');
}

/** Whether the call carries the signature its link was given out with. */
export function hasSignature(url: URL, token: string): boolean {
  return url.searchParams.get('X-Amz-Signature') === signature(token);
}

/** Refuses a key or other authorization on a signed link; always counted, since it is a leak either way. */
export function refuseLeakedKey(world: World, request: Request): Response | undefined {
  if (!request.headers.has('x-api-key') && !request.headers.has('authorization')) return undefined;
  world.statistics.leakedKeys += 1;
  return world.switches.strictLinks && world.holds(6)
    ? storageError(400, 'InvalidArgument', 'Only one authorization may be given')
    : undefined;
}

/** Drops links nobody can use any more, so that a long run does not collect them. */
export function pruneLinks<L extends { issuedAt: number }>(links: Map<string, L>, oldest: number): void {
  for (const [token, link] of links) {
    if (link.issuedAt >= oldest) return;
    links.delete(token);
  }
}

/** A well-formed non-empty decoded path part, or the answer to an undecodable one. */
export function decodePart(part: string): string | Response {
  try {
    return decodeURIComponent(part);
  } catch {
    return message(400, 'Malformed path');
  }
}
