import { APPLY_LIMITS, type Packet, type ReadLimits } from '../../../main/core/packets/codec/packet.ts';
import { collectPacket } from '../../../main/core/packets/codec/collect-packet.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Result } from '../../../shared/model/result.ts';

const bytesOf = (text: string | Uint8Array): Uint8Array =>
  typeof text === 'string' ? new TextEncoder().encode(text) : text;

/** The bytes of a text in chunks of the given sizes, the last one repeating. */
export async function* inChunks(
  text: string | Uint8Array,
  sizes: readonly number[] = [65_536],
): AsyncGenerator<Uint8Array> {
  const bytes = bytesOf(text);
  for (let from = 0, i = 0; from < bytes.length; i += 1) {
    const size = Math.max(1, sizes[Math.min(i, sizes.length - 1)] ?? 1);
    yield bytes.subarray(from, from + size);
    from += size;
  }
}

export const quietRuntime = { yield: async (): Promise<void> => {} };

export function collect(
  text: string | Uint8Array,
  limits: ReadLimits = APPLY_LIMITS,
  sizes?: readonly number[],
): Promise<Result<Packet>> {
  return collectPacket(inChunks(text, sizes), {
    runtime: quietRuntime,
    signal: new AbortController().signal,
    limits,
  });
}

export async function packetOf(text: string | Uint8Array, sizes?: readonly number[]): Promise<Packet> {
  const result = await collect(text, APPLY_LIMITS, sizes);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify(result.failure)}`);
  return result.value;
}

export async function refusalOf(
  text: string | Uint8Array,
  limits?: ReadLimits,
): Promise<Extract<SyncFailure, { kind: 'rejected' }>> {
  const result = await collect(text, limits);
  if (result.ok) throw new Error('the packet was accepted');
  if (result.failure.kind !== 'rejected') throw new Error(`failed as ${result.failure.kind}`);
  return result.failure;
}

export async function allBytes(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts);
}
