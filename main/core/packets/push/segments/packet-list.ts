import { z } from 'zod';
import { sha256, type Sha256 } from '../../../../../shared/model/ids.ts';
import type { BodyRef } from '../../../runtime/body-store.ts';
import { PACKET_END, packetStart } from '../../codec/write-packet.ts';

/** A packet as what it is put together from, in order. */
export type PacketPart = { readonly text: string } | { readonly segment: BodyRef };

export interface PacketList {
  /** What is kept; its SHA-256 is the packet's identity. Equal packets of one user have equal texts. */
  readonly text: string;
  /** Bytes of the packet. */
  readonly size: number;
  readonly segments: readonly Sha256[];
}

const encoder = new TextEncoder();

/** A segment without rows is no part of it: the packet then has no such table. Throws BodyStreamError for a name XML cannot carry. */
export function packetList(user: string, segments: readonly BodyRef[]): PacketList {
  const parts: PacketPart[] = [{ text: packetStart(user) }];
  for (const { place, hash, size } of segments) if (size > 0) parts.push({ segment: { place, hash, size } });
  parts.push({ text: PACKET_END });
  const size = parts.reduce((sum, part) => sum + sizeOf(part), 0);
  const listed = parts.flatMap((part) => ('segment' in part ? part.segment.hash : []));
  return { text: JSON.stringify({ list: 1, parts }), size, segments: listed };
}

const listed = z.strictObject({
  list: z.literal(1),
  parts: z.array(
    z.union([
      z.strictObject({ text: z.string() }),
      z.strictObject({
        segment: z.strictObject({
          place: z.enum(['row', 'spool']),
          hash: z.string().regex(/^[0-9a-f]{64}$/),
          size: z.int().positive(),
        }),
      }),
    ]),
  ),
});

/** Undefined where the text is no list. The caller has compared its hash. Pure. */
export function partsOf(text: string): readonly PacketPart[] | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const read = listed.safeParse(value);
  if (!read.success) return undefined;
  return read.data.parts.map((part) =>
    'text' in part ? part : { segment: { ...part.segment, hash: sha256(part.segment.hash) } },
  );
}

const sizeOf = (part: PacketPart): number =>
  'text' in part ? encoder.encode(part.text).byteLength : part.segment.size;
