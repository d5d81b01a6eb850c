import type { SiteClient } from '../../shared/contract/contract.ts';
import { BODY_PART_BYTES } from '../../shared/contract/queue-requests.ts';
import type { Refusal, Reply } from '../../shared/contract/reply.ts';
import { PREVIEW_PART_BYTES } from '../../shared/contract/user-requests.ts';

export type Fetched =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The parts do not make up the body they are said to be of. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'stopped' };

/** Fetches bytes part by part; `progress` hears how many of how many are there. */
export type FetchBytes = (
  progress: (done: number, size: number) => void,
  signal: AbortSignal,
) => Promise<Fetched>;

interface Part {
  readonly size: number;
  readonly hash: string;
  readonly offset: number;
  readonly base64: string;
  readonly end: boolean;
}

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** All bytes of an item's body, checked against its hash; `original`: as the phone sent them. Changes nothing. */
export const fetchBody = (
  client: SiteClient,
  item: number,
  progress: (done: number, size: number) => void,
  signal: AbortSignal,
  original?: true,
): Promise<Fetched> =>
  fetchParts(
    (offset) =>
      client.call(
        'queueBody',
        { item, offset, limit: BODY_PART_BYTES, ...(original === undefined ? {} : { original }) },
        signal,
      ),
    progress,
    signal,
  );

/** All bytes of a previewed packet, checked against its hash. Changes nothing. */
export const fetchPreview = (
  client: SiteClient,
  preview: string,
  progress: (done: number, size: number) => void,
  signal: AbortSignal,
): Promise<Fetched> =>
  fetchParts(
    (offset) => client.call('previewBody', { preview, offset, limit: PREVIEW_PART_BYTES }, signal),
    progress,
    signal,
  );

async function fetchParts(
  ask: (offset: number) => Promise<Reply<Part>>,
  progress: (done: number, size: number) => void,
  signal: AbortSignal,
): Promise<Fetched> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  let body = '';
  for (let offset = 0; ;) {
    const reply = await ask(offset);
    if (signal.aborted) return { kind: 'stopped' };
    if (!reply.ok) return { kind: 'refused', refusal: reply.error };
    const { size, hash, base64, end } = reply.value;
    bytes ??= new Uint8Array(size);
    if (body === '') body = hash;
    const part = bytesOf(base64);
    if (
      hash !== body ||
      size !== bytes.length ||
      reply.value.offset !== offset ||
      offset + part.length > size
    )
      return { kind: 'damaged' };
    bytes.set(part, offset);
    offset += part.length;
    progress(offset, size);
    if (!end && part.length > 0) continue;
    if (offset !== size) return { kind: 'damaged' };
    // Browsers have it in places they call secure only; the length was compared anyway.
    const subtle = crypto.subtle as SubtleCrypto | undefined;
    if (subtle === undefined) return { kind: 'whole', bytes };
    const digest = hex(await subtle.digest('SHA-256', bytes));
    return digest === body.toLowerCase() ? { kind: 'whole', bytes } : { kind: 'damaged' };
  }
}

/** A packet id as the name of a file: no separators, nothing a file system objects to. */
export function fileNameOf(packetId: string, ending: string): string {
  const name = packetId
    .replace(/[^\p{L}\p{N}._-]+/gu, '_')
    .replace(/^[._]+|[._]+$/g, '')
    .slice(0, 100);
  return `${name === '' ? 'packet' : name}.${ending}`;
}
