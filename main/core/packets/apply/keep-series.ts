import { seriesValues } from '../../mapping/plan-series.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import type { Item } from '../../queue/item.ts';
import { foreignPacket } from './apply-decisions.ts';
import { collectPacket } from '../codec/collect-packet.ts';
import { APPLY_LIMITS } from '../codec/packet.ts';
import type { LinkParts } from '../link-parts.ts';

/**
 * Writes how far a phone has used its number series, from a packet that is not applied for now: else a new phone would give
 * the same numbers again. Under a key of its own in the ledger, so it may be repeated and takes nothing from the packet. A
 * packet that cannot be read, or is another user's, says nothing of series.
 */
export async function keepSeries(parts: LinkParts, item: Item, signal: AbortSignal): Promise<Result<void>> {
  const { bodies, runtime, mapping, mappingHash, companies, erp, source } = parts;
  if (mapping.pull.series.length === 0 || item.queue === 'file') return ok(undefined);
  const packet = await collectPacket(bodies.open(item.body), {
    runtime,
    signal,
    limits: APPLY_LIMITS,
    size: item.body.size,
  }).catch(
    // A body that is lost or damaged throws while it is read, and may be why its packet is set aside.
    () => undefined,
  );
  if (packet === undefined || !packet.ok || foreignPacket(item, packet.value.user, companies) !== undefined)
    return ok(undefined);
  const series = seriesValues(packet.value, mapping, item.user);
  if (!series.ok || series.value.length === 0) return ok(undefined);
  const written = await erp.writer.apply(
    {
      source,
      packetId: `${item.externalId}/series`,
      revision: 0,
      payloadHash: item.body.hash,
      mappingHash,
      user: item.user,
      company: item.company,
      documents: [],
      series: series.value,
    },
    signal,
  );
  return written.ok ? ok(undefined) : written;
}
