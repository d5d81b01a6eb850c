import { explainReason } from '../../../shared/contract/explain-reason.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import { documentRows } from '../mapping/plan-rows.ts';
import { keyText } from '../mapping/plan-row.ts';
import type { OwedNotice } from '../queue/handover-store.ts';
import type { Item } from '../queue/item.ts';
import { durably, durablySync } from '../runtime/runtime.ts';
import { collectPacket } from './codec/collect-packet.ts';
import { APPLY_LIMITS } from './codec/packet.ts';
import type { PacketNotice } from './erp.ts';
import type { LinkParts } from './link-parts.ts';

/** Told with one call, and how many calls one round makes at most. */
const AT_ONCE = 20;
const CALLS = 20;
/** The ERP refuses to keep notices: a missing right does not come by itself. */
const REFUSED_REST_MS = 10 * 60_000;
const REASON_LENGTH = 400;

/**
 * Tells the ERP's side of packets that were set aside, discarded, or came back, so that a mapping can carry it to the phone.
 * What is owed is in the store until it was told; told twice it changes nothing.
 */
export class NoticeTeller {
  readonly #parts: LinkParts;
  #restUntil = 0;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  owes(): boolean {
    const { store, link, runtime } = this.#parts;
    return runtime.monotonic() >= this.#restUntil && store.owedNotices(link, 1).length > 0;
  }

  /** Call it with the lease held. */
  async tell(signal: AbortSignal): Promise<void> {
    const { store, link, source, runtime, endpoints, erp, log } = this.#parts;
    for (let call = 0; call < CALLS && !signal.aborted && this.owes(); call += 1) {
      const owed = store.owedNotices(link, AT_ONCE);
      const notices: PacketNotice[] = [];
      for (const one of owed) notices.push(await this.#notice(one, signal));
      if (signal.aborted) return;
      const kept = await durably(runtime, 'notice.tell', () => erp.writer.notify(source, notices, signal));
      if (!kept.ok) {
        if (signal.aborted) return;
        log.warn('the ERP keeps no notices', { failure: kept.failure.kind });
        if ('endpoint' in kept.failure) endpoints.backOff(kept.failure.endpoint, kept.failure);
        else this.#restUntil = runtime.monotonic() + REFUSED_REST_MS;
        return;
      }
      durablySync(runtime, 'notice.note', () => store.noticesTold(link, owed));
    }
  }

  async #notice({ packetId, items }: OwedNotice, signal: AbortSignal): Promise<PacketNotice> {
    const { zones, runtime } = this.#parts;
    const found = toldOf(items);
    const [first] = items;
    if (found === undefined) return { packetId, user: first?.user ?? '', state: 'none', reason: '' };
    const { item, state } = found;
    const speaker = new Speaker({ now: runtime.wall(), timeZone: zones.erp, locale: 'en' });
    const reason =
      item.reason === undefined ? '' : speaker.say(explainReason(item.reason).what).slice(0, REASON_LENGTH);
    return { packetId, user: item.user, ...(await this.#document(item, signal)), state, reason };
  }

  /** The first document of the packet by the mapping; nothing where the packet cannot be read (any more). */
  async #document(item: Item, signal: AbortSignal): Promise<Pick<PacketNotice, 'document' | 'number'>> {
    const { bodies, runtime, mapping } = this.#parts;
    try {
      const packet = await collectPacket(bodies.open(item.body), {
        runtime,
        signal,
        limits: APPLY_LIMITS,
        size: item.body.size,
      });
      const rows = packet.ok ? documentRows(packet.value, mapping) : packet;
      const first = rows.ok ? rows.value[0] : undefined;
      if (first === undefined) return {};
      const { handler, header } = first;
      const number = handler.number === undefined ? undefined : keyText(header, handler.number);
      return { document: handler.document, number: number?.ok === true ? number.value : undefined };
    } catch {
      // A body that is gone throws while it is read: what is said of its packet does not depend on it.
      return {};
    }
  }
}

/** What is said of the items of one packet id: what is applied or goes on is nobody's matter. Pure. */
export function toldOf(
  items: readonly Item[],
): { readonly item: Item; readonly state: 'parked' | 'discarded' } | undefined {
  const one = (state: Item['state']): Item | undefined => items.findLast((item) => item.state === state);
  if (one('settled') !== undefined) return undefined;
  const parked = one('parked');
  if (parked !== undefined) return { item: parked, state: 'parked' };
  const discarded = one('discarded');
  return discarded === undefined || items.some((item) => item.state !== 'discarded')
    ? undefined
    : { item: discarded, state: 'discarded' };
}
