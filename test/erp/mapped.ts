import { createHash } from 'node:crypto';
import { loadMapping } from '../../main/core/mapping/load-mapping.ts';
import { planPacket } from '../../main/core/mapping/plan-packet.ts';
import type { Packet, PacketRow, PacketTable } from '../../main/core/packets/codec/packet.ts';
import type { WriteUnit } from '../../main/core/packets/erp.ts';
import { sha256, type Sha256, type SourceId } from '../../shared/model/ids.ts';
import type { Mapping } from '../../shared/model/mapping.ts';
import type { Result } from '../../shared/model/result.ts';

const hashOf = (text: string): Sha256 => sha256(createHash('sha256').update(text).digest('hex'));

/** A mapping as it is loaded from its file. Throws with its problems. */
export function mappingOf(data: object): Mapping {
  const loaded = loadMapping(JSON.stringify(data), hashOf);
  if (!loaded.ok) throw new Error(loaded.failure.map((one) => `${one.path}: ${one.message}`).join('; '));
  return loaded.value.mapping;
}

/** A packet with one table, as it is after reading. Values that are null are left out. */
export function packetOf(table: string, rows: readonly Readonly<Record<string, string | null>>[]): Packet {
  const made: PacketTable = {
    name: table,
    rows: rows.map((values, index): PacketRow => ({
      number: index + 1,
      status: 'insert',
      fields: new Map(
        Object.entries(values).flatMap(([name, value]) =>
          value === null ? [] : [[name.toLowerCase(), { name, value, nested: false }] as const],
        ),
      ),
      at: `1:${index + 1}`,
    })),
  };
  return { user: 'ANNA', tables: new Map([[table.toLowerCase(), made]]) };
}

/** The unit of work that the product makes of a packet. */
export function unitOf(
  mapping: Mapping,
  packet: Packet,
  about: { readonly source: SourceId; readonly packetId: string; readonly user?: string | undefined },
): Result<WriteUnit> {
  const plan = planPacket({
    packet,
    mapping,
    mappingHash: hashOf('mapping'),
    packetId: about.packetId,
    user: about.user ?? 'ANNA',
    company: 'ACME_LIVE',
    source: about.source,
    revision: 0,
    payloadHash: hashOf(about.packetId),
    zones: { area: 'Europe/Sofia', erp: 'Europe/Sofia' },
    hash: hashOf,
  });
  return plan.ok ? { ok: true, value: plan.value.unit } : plan;
}
