import { SEVERITIES, type Severity } from '../../../shared/contract/alert.ts';
import type { Instant } from '../../../shared/model/time.ts';
import {
  isTold,
  type AlertBook,
  type AlertRecord,
  type StepSettings,
  type Telling,
  type Watch,
} from './alert-book.ts';
import { rootCauses, type RootCause } from './causes.ts';
import { delayOf, KINDS } from './kinds.ts';
import { isQuiet } from './quiet-hours.ts';
import { keyOf, type Warning } from './warning.ts';

/** What comes back within a day is the same thing again. */
const MEMORY_MS = 24 * 3_600_000;
/** What comes and goes is told once; after an hour of quiet, or an hour of lasting, it is worth a word again. */
const FLAPPING_MS = 3_600_000;
/**
 * The longest a warning must have been watched by this start, on its own, before it is told. Facts in the store are older than
 * the program's start: after a weekend everything waits "since Friday" for a minute.
 */
const WATCHED_MS = 15 * 60_000;
/** A cause that will be told within this time already holds what follows from it; one told much later does not silence it. */
const SOON_MS = 2 * 60_000;

/**
 * One look: what is wrong now against what is known. `known` is all the memory there is, so a start from the store goes on
 * where it was; times in the future (a clock set back) count as now. Pure.
 *
 *   (watched) --delay--> raised --told unless quiet, off, acknowledged--> ended --within a day--> raised again, times + 1
 */
export function alertStep(question: {
  readonly known: AlertBook;
  readonly warnings: readonly Warning[];
  readonly now: Instant;
  readonly settings: StepSettings;
}): { readonly known: AlertBook; readonly tell: readonly Telling[] } {
  const { warnings, now, settings } = question;
  const known = withoutFuture(question.known, now);
  const watches = watchesOf(known, warnings, now);
  const active = new Set(
    known.alerts.filter((one) => one.endedAt === undefined).map((one) => keyOf(one.warning)),
  );
  // An order that was late has gone and younger ones wait: the lateness is over, and theirs begins to be watched.
  const young = new Set<string>();
  for (const alert of known.alerts) {
    const key = keyOf(alert.warning);
    const seen = warnings.find((one) => keyOf(one) === key);
    if (
      alert.endedAt === undefined &&
      seen !== undefined &&
      hasGrownYoung(alert.warning, seen, now, settings)
    ) {
      young.add(key);
      active.delete(key);
      watches.set(key, { seenAt: now, from: now });
    }
  }
  const wait = (warning: Warning): number => waitMs(warning, watches.get(keyOf(warning)), now, settings);
  const roots = rootCauses(
    warnings,
    (one) => !settings.off.includes(one.code) && (active.has(keyOf(one)) || wait(one) <= SOON_MS),
  );
  const folded = new Set(roots.flatMap((root) => root.consequences.map(keyOf)));
  // A consequence is watched anew when its cause is gone: what a backlog needs to clear is no new trouble.
  for (const key of folded) {
    const watch = watches.get(key);
    if (watch !== undefined) watches.set(key, { ...watch, from: now });
  }
  const present = new Map(warnings.map((one) => [keyOf(one), one]));
  const rooted = new Map(roots.map((root) => [keyOf(root.root), root]));
  const quiet = isQuiet(now, settings.quietHours, settings.zone);
  const tell: Telling[] = [];
  let nextId = known.nextId;

  const look = (alert: AlertRecord): AlertRecord => {
    const key = keyOf(alert.warning);
    const root = rooted.get(key);
    const seen = present.get(key);
    let next = alert;
    if (alert.endedAt !== undefined) {
      if (root !== undefined && wait(root.root) === 0)
        next = again(alert, watches.get(key)?.seenAt ?? now, now);
    } else if (seen === undefined || young.has(key))
      next = { ...alert, endedAt: now, folded: false, consequences: [] };
    if (next.endedAt === undefined && seen !== undefined)
      next = refreshed(next, seen, root, lateOnes(root, now, watches, settings));
    next = grown(next, now);
    const telling = toTell(next, {
      quiet,
      off: settings.off.includes(next.warning.code),
      due: wait(next.warning) === 0,
      now,
    });
    if (telling === undefined) return next;
    const told = afterTelling(next, telling, now);
    if (telling !== 'drop-end') tell.push({ alert: told, state: telling });
    return told;
  };

  const kept = known.alerts
    .map(look)
    .filter((one) => one.endedAt === undefined || one.open || now - one.endedAt <= MEMORY_MS);
  const listed = new Set(known.alerts.map((one) => keyOf(one.warning)));
  for (const { root } of roots) {
    if (listed.has(keyOf(root)) || wait(root) > 0) continue;
    kept.push(look(raised(nextId, root, watches.get(keyOf(root))?.seenAt ?? now, now)));
    nextId += 1;
  }
  return { known: { nextId, alerts: kept, watches }, tell };
}

function hasGrownYoung(before: Warning, warning: Warning, now: Instant, settings: StepSettings): boolean {
  if (KINDS[warning.code].ageing === undefined || warning.since === undefined) return false;
  // A clock set back makes the same fact younger too; that ends nothing.
  const moved = before.since === undefined || warning.since > before.since;
  return moved && now - warning.since < delayOf(warning, settings.delays);
}

/** The warning as the alert shows it, and what stands beneath it. */
function refreshed(
  alert: AlertRecord,
  warning: Warning,
  root: RootCause | undefined,
  consequences: readonly Warning[],
): AlertRecord {
  const folded = root === undefined;
  return {
    ...alert,
    warning,
    since: warning.since ?? alert.since,
    folded,
    consequences: folded ? [] : consequences,
    amount: lower(alert.amount, warning.amount),
  };
}

/** Consequences that have lasted as long as their own kind asks for: an order is late after minutes, not at once. */
function lateOnes(
  root: RootCause | undefined,
  now: Instant,
  watches: ReadonlyMap<string, Watch>,
  settings: StepSettings,
): readonly Warning[] {
  return (root?.consequences ?? []).filter((one) => {
    const since = one.since ?? watches.get(keyOf(one))?.seenAt ?? now;
    return now - Math.min(since, now) >= delayOf(one, settings.delays) && !settings.off.includes(one.code);
  });
}

const raised = (id: number, warning: Warning, seenAt: Instant, now: Instant): AlertRecord => ({
  id,
  warning,
  since: Math.min(warning.since ?? seenAt, now),
  raisedAt: now,
  seenAt,
  times: 1,
  endedAt: undefined,
  acknowledgedAt: undefined,
  endedBefore: undefined,
  told: undefined,
  open: false,
  folded: false,
  amount: warning.amount,
  consequences: [],
});

/** The same thing once more. */
const again = (alert: AlertRecord, seenAt: Instant, now: Instant): AlertRecord => ({
  ...alert,
  since: seenAt,
  seenAt,
  raisedAt: now,
  times: alert.times + 1,
  endedBefore: alert.endedAt,
  endedAt: undefined,
  acknowledgedAt: undefined,
  amount: undefined,
});

/** More of what needs a person is news, at most once an hour, even where somebody has seen the first of it. */
function grown(alert: AlertRecord, now: Instant): AlertRecord {
  const { amount, warning, told, acknowledgedAt } = alert;
  if (alert.endedAt !== undefined || amount === undefined || warning.amount === undefined) return alert;
  const heard = Math.max(isTold(alert) ? (told?.at ?? 0) : 0, acknowledgedAt ?? 0);
  if (heard === 0 || warning.amount <= amount || now - heard < FLAPPING_MS) return alert;
  return {
    ...alert,
    raisedAt: now,
    seenAt: now,
    times: alert.times + 1,
    // As if the one before were long over: it is told without a further wait.
    endedBefore: undefined,
    acknowledgedAt: undefined,
    amount: warning.amount,
  };
}

function toTell(
  alert: AlertRecord,
  now: { readonly quiet: boolean; readonly off: boolean; readonly due: boolean; readonly now: Instant },
): 'raised' | 'ended' | 'drop-end' | undefined {
  if (alert.endedAt !== undefined) {
    if (!alert.open) return undefined;
    if (now.off) return 'drop-end';
    return now.quiet ? undefined : 'ended';
  }
  if (now.quiet || now.off || alert.folded || alert.acknowledgedAt !== undefined) return undefined;
  const { told } = alert;
  if (told !== undefined && graver(alert.warning.severity, told.severity)) return 'raised';
  if (isTold(alert) || !now.due) return undefined;
  if (told === undefined || alert.endedBefore === undefined) return 'raised';
  const wasQuiet = alert.seenAt - alert.endedBefore >= FLAPPING_MS;
  return wasQuiet || now.now - alert.seenAt >= FLAPPING_MS ? 'raised' : undefined;
}

function afterTelling(
  alert: AlertRecord,
  telling: 'raised' | 'ended' | 'drop-end',
  now: Instant,
): AlertRecord {
  if (telling !== 'raised') return { ...alert, open: false };
  const { severity, amount } = alert.warning;
  return { ...alert, told: { at: now, severity, times: alert.times }, open: true, amount };
}

const graver = (one: Severity, other: Severity): boolean =>
  SEVERITIES.indexOf(one) > SEVERITIES.indexOf(other);

const lower = (one: number | undefined, other: number | undefined): number | undefined =>
  one === undefined || other === undefined ? (one ?? other) : Math.min(one, other);

/** How long a warning still has to last, and to be watched, until it is raised; 0: now. */
function waitMs(warning: Warning, watch: Watch | undefined, now: Instant, settings: StepSettings): number {
  if (watch === undefined) return Number.POSITIVE_INFINITY;
  const delay = delayOf(warning, settings.delays);
  const age = now - Math.min(warning.since ?? watch.seenAt, now);
  return Math.max(0, delay - age, Math.min(delay, WATCHED_MS) - (now - watch.from));
}

function watchesOf(known: AlertBook, warnings: readonly Warning[], now: Instant): Map<string, Watch> {
  return new Map(
    warnings.map((warning) => {
      const key = keyOf(warning);
      return [key, known.watches.get(key) ?? { seenAt: now, from: now }];
    }),
  );
}

/** A clock that was set back: what was noted by the old reading happened now at the latest. */
function withoutFuture(book: AlertBook, now: Instant): AlertBook {
  const past = (at: Instant): Instant => Math.min(at, now);
  const maybe = (at: Instant | undefined): Instant | undefined => (at === undefined ? undefined : past(at));
  return {
    nextId: book.nextId,
    watches: new Map(
      [...book.watches].map(([key, one]) => [key, { seenAt: past(one.seenAt), from: past(one.from) }]),
    ),
    alerts: book.alerts.map((one) => ({
      ...one,
      since: past(one.since),
      raisedAt: past(one.raisedAt),
      seenAt: past(one.seenAt),
      endedAt: maybe(one.endedAt),
      acknowledgedAt: maybe(one.acknowledgedAt),
      endedBefore: maybe(one.endedBefore),
      told: one.told === undefined ? undefined : { ...one.told, at: past(one.told.at) },
    })),
  };
}
