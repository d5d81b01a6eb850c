import type { Severity } from '../../../shared/contract/alert.ts';
import type { WarningCode } from '../../../shared/model/warning-codes.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { ToldState } from './alert-channel.ts';
import type { QuietHours } from './quiet-hours.ts';
import type { Warning } from './warning.ts';

/** One root cause people are warned of, remembered for a day after its end and then only listed. */
export interface AlertRecord {
  readonly id: number;
  /** As last seen. */
  readonly warning: Warning;
  readonly since: Instant;
  /** When this occurrence was raised. */
  readonly raisedAt: Instant;
  /** When the cause of this occurrence was first seen. */
  readonly seenAt: Instant;
  /** Occurrences so far; rises with each. */
  readonly times: number;
  readonly endedAt: Instant | undefined;
  readonly acknowledgedAt: Instant | undefined;
  /** End of the occurrence before this one. */
  readonly endedBefore: Instant | undefined;
  /** The last telling of any occurrence, and the gravest told of that occurrence. */
  readonly told: { readonly at: Instant; readonly severity: Severity; readonly times: number } | undefined;
  /** The world outside was told that it is there and not yet that it is over. */
  readonly open: boolean;
  /** It stands beneath another cause now, so it is not listed by itself. */
  readonly folded: boolean;
  /** How many were counted when people last heard of it, or fewer since. */
  readonly amount: number | undefined;
  readonly consequences: readonly Warning[];
}

/** A warning that is there and has not been raised: since when it is watched. Not stored: a start watches anew. */
export interface Watch {
  readonly seenAt: Instant;
  /** Later than `seenAt` when it stood beneath a cause meanwhile. */
  readonly from: Instant;
}

export interface AlertBook {
  readonly nextId: number;
  /** Active ones, and ended ones of the last day. */
  readonly alerts: readonly AlertRecord[];
  readonly watches: ReadonlyMap<string, Watch>;
}

export const emptyBook: AlertBook = { nextId: 1, alerts: [], watches: new Map() };

export interface StepSettings {
  readonly off: readonly WarningCode[];
  /** Milliseconds, instead of the kind's own. */
  readonly delays: Readonly<Partial<Record<WarningCode, number>>>;
  readonly quietHours: QuietHours | undefined;
  /** The site's zone. */
  readonly zone: string;
}

/** Something to be told now, by every channel that carries such a state. */
export interface Telling {
  readonly alert: AlertRecord;
  readonly state: ToldState;
}

/** People heard of this occurrence. */
export const isTold = (alert: AlertRecord): boolean => alert.told?.times === alert.times;

/** Whether the tray may show it now. */
export function mayToast(alert: AlertRecord, settings: StepSettings, quiet: boolean): boolean {
  return (
    isTold(alert) &&
    !quiet &&
    !alert.folded &&
    alert.endedAt === undefined &&
    alert.acknowledgedAt === undefined &&
    !settings.off.includes(alert.warning.code)
  );
}

/** Somebody has seen it. Idempotent; one that is over cannot be acknowledged any more and stays as it is. */
export function acknowledged(alert: AlertRecord, now: Instant): AlertRecord {
  if (alert.acknowledgedAt !== undefined || alert.endedAt !== undefined) return alert;
  return { ...alert, acknowledgedAt: now, amount: alert.warning.amount };
}
