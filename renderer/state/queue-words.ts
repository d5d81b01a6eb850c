import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../shared/contract/reply.ts';
import type { LightState } from '../../shared/contract/status.ts';
import type { Speaker, TextKey } from '../../shared/i18n/say.ts';

/** The shape that goes with the word of a state. */
export const STATE_SHAPE: Readonly<Record<ItemView['state'], LightState>> = {
  ready: 'waiting',
  working: 'working',
  waiting: 'waiting',
  unknown: 'unknown',
  parked: 'attention',
  settled: 'fine',
  discarded: 'unknown',
};

/** Why an item is where it is, in one sentence. */
export function reasonOf(item: ItemView, speaker: Speaker): string {
  if (item.reason !== undefined && item.state !== 'settled' && item.state !== 'discarded')
    return speaker.say(item.reason.what);
  switch (item.state) {
    case 'settled':
      return speaker.text(item.direction === 'in' ? 'queue.reason.settledIn' : 'queue.reason.settledOut');
    case 'waiting':
      return speaker.text('queue.reason.waiting', { at: item.dueAt });
    case 'ready':
    case 'working':
    case 'unknown':
    case 'parked':
    case 'discarded':
      return speaker.text(`queue.reason.${item.state}`);
  }
}

/** What a refusal means here and what to do about it. */
export interface RefusalWords {
  readonly what: string;
  readonly next: string;
  /** What the other side said itself. */
  readonly said: string;
}

const KNOWN: Readonly<Partial<Record<Refusal['code'], TextKey>>> = {
  forbidden: 'queue.refused.forbidden',
  'not-now': 'queue.refused.notNow',
  'not-found': 'queue.refused.notFound',
  unavailable: 'queue.refused.unavailable',
};
const NEXT: Readonly<Partial<Record<Refusal['code'], TextKey>>> = {
  forbidden: 'queue.refused.forbidden.next',
  'not-now': 'queue.refused.notNow.next',
  'not-found': 'queue.refused.notFound.next',
  unavailable: 'queue.refused.unavailable.next',
};

export const refusalWords = ({ code, message, hint }: Refusal, speaker: Speaker): RefusalWords => ({
  what: speaker.text(KNOWN[code] ?? 'queue.refused.other'),
  next: speaker.text(NEXT[code] ?? 'queue.refused.other.next'),
  said: speaker.text('queue.refused.said', {
    message: hint === undefined ? message : `${message} (${hint})`,
  }),
});

const KB = 1024;
const MB = KB * KB;

/** A length in bytes as people say it. */
export function sizeWords(bytes: number, speaker: Speaker): string {
  if (bytes < KB) return speaker.text('queue.size.bytes', { count: bytes });
  return bytes < MB
    ? speaker.text('queue.size.kb', { count: Math.round(bytes / KB) })
    : speaker.text('queue.size.mb', { count: Math.round((bytes / MB) * 10) / 10 });
}

/** What a person may do with an item in this state. */
export const allowed = ({
  state,
  direction,
  handedSince,
}: ItemView): {
  readonly retry: boolean;
  readonly park: boolean;
  readonly discard: boolean;
  readonly edit: boolean;
} => ({
  retry: state === 'parked' || state === 'waiting' || state === 'unknown' || state === 'ready',
  // The ERP may accept at any moment what was handed over to it.
  park: handedSince === undefined && (state === 'waiting' || state === 'ready' || state === 'unknown'),
  discard: state === 'parked',
  // What was handed over to the ERP is never written again.
  edit: state === 'parked' && direction === 'in' && handedSince === undefined,
});
