import type { SourceId } from '../../../shared/model/ids.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { PacketNotice } from '../../core/packets/erp.ts';
import { fencedWrite, type FencedWriteParts } from './fenced-write.ts';
import { ledgerNames } from './ledger-names.ts';
import { keptText } from './kept-text.ts';
import { KEY_LENGTH, REASON_LENGTH } from './queries/ledger-schema.ts';
import { keepNotices } from './queries/notices.ts';

/** Six parameters each. */
const AT_ONCE = 50;

/** Keeps what is said of packets that are not applied. Idempotent; a packet id too long for the ledger was never written. */
export async function keepAll(
  parts: FencedWriteParts,
  source: SourceId,
  notices: readonly PacketNotice[],
  signal: AbortSignal,
): Promise<Result<void>> {
  const kept = notices.filter(({ packetId }) => packetId.length <= KEY_LENGTH.packetId);
  for (let from = 0; from < kept.length; from += AT_ONCE) {
    const part = kept.slice(from, from + AT_ONCE);
    const values: Record<string, string | null> = {};
    part.forEach((notice, index) => {
      values[`p${index}`] = notice.packetId;
      if (notice.state === 'none') return;
      values[`u${index}`] = keptText(notice.user, KEY_LENGTH.word);
      values[`d${index}`] = notice.document === undefined ? null : keptText(notice.document, KEY_LENGTH.word);
      values[`n${index}`] = notice.number === undefined ? null : keptText(notice.number, KEY_LENGTH.number);
      values[`s${index}`] = notice.state;
      values[`r${index}`] = keptText(notice.reason, REASON_LENGTH);
    });
    const text = keepNotices(
      ledgerNames(parts.schema),
      part.map(({ state }) => state !== 'none'),
    );
    const done = await fencedWrite(parts, { source, text, values, where: 'the notices' }, signal);
    if (!done.ok) return done;
  }
  return ok(undefined);
}
