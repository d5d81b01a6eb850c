import type { SiteClient } from '../../shared/contract/contract.ts';
import { BODY_PART_BYTES } from '../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../shared/contract/reply.ts';

export type Fetched =
  | { readonly kind: 'whole'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The parts do not make up the body they are said to be of. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'stopped' };

const hex = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

const bytesOf = (base64: string): Uint8Array =>
  Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));

/** Fetches all bytes of an item's body, part by part, and checks them against its hash. Changes nothing. */
export async function fetchBody(
  client: SiteClient,
  item: number,
  progress: (done: number, size: number) => void,
  signal: AbortSignal,
): Promise<Fetched> {
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  let body = '';
  for (let offset = 0; ;) {
    const reply = await client.call('queueBody', { item, offset, limit: BODY_PART_BYTES }, signal);
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
