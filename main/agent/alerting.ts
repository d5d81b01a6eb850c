import type { Alert } from '../../shared/contract/alert.ts';
import type { Explanation } from '../../shared/contract/explanation.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';
import type { AlertSettings } from '../../shared/model/settings.ts';
import { parseDuration, type Instant } from '../../shared/model/time.ts';
import { WARNING_CODES } from '../../shared/model/warning-codes.ts';
import {
  acknowledged,
  emptyBook,
  mayToast,
  type AlertBook,
  type AlertRecord,
  type StepSettings,
} from '../core/alerts/alert-book.ts';
import type { AlertChannel } from '../core/alerts/alert-channel.ts';
import { alertStep } from '../core/alerts/alert-step.ts';
import type { AlertStore } from '../core/alerts/alert-store.ts';
import { alertView } from '../core/alerts/alert-view.ts';
import { Courier } from '../core/alerts/courier.ts';
import type { MessageSite } from '../core/alerts/message.ts';
import { Outbox, type AlertLog } from '../core/alerts/outbox.ts';
import { isQuiet } from '../core/alerts/quiet-hours.ts';
import { warningsOf } from '../core/alerts/warnings-of.ts';
import { StoreError } from '../core/queue/store-error.ts';
import { Bell } from '../core/runtime/bell.ts';
import type { Runtime } from '../core/runtime/runtime.ts';

export interface AlertingParts {
  readonly settings: AlertSettings;
  readonly site: MessageSite;
  readonly store: AlertStore;
  readonly runtime: Runtime;
  /** Those that are set up; none is fine: then the tray and the list tell. */
  readonly channels: readonly AlertChannel[];
  readonly log: AlertLog;
}

const LOOK_MS = 5_000;
/** Between two looks, however much changes: a look counts through the store. */
const LEAST_GAP_MS = 1_000;
const DAY_MS = 24 * 3_600_000;
/** How long ended ones are listed. */
const KEPT_MS = 90 * DAY_MS;
/** A channel that fails this long is itself a matter for the status. */
const FAILING_MS = 15 * 60_000;

/**
 * Looks at the status, remembers what it warns of, and lets people know. It runs beside the engine and never holds it up; what
 * goes wrong in it is logged and tried again.
 */
export class Alerting {
  readonly #parts: AlertingParts;
  readonly #settings: StepSettings;
  readonly #outbox: Outbox;
  readonly #couriers: readonly Courier[];
  readonly #bell: Bell;
  #book: AlertBook = emptyBook;
  #changed: () => void = () => undefined;
  #forgetAt = 0;
  #loaded = false;

  constructor(parts: AlertingParts) {
    const { settings, site, runtime, channels } = parts;
    this.#parts = parts;
    this.#settings = stepSettings(settings, site.timeZone);
    this.#bell = new Bell(runtime);
    this.#outbox = new Outbox({ ...parts, settings: this.#settings, current: (id) => this.#find(id) });
    this.#couriers = channels.map((channel) => new Courier(channel, this.#outbox, runtime));
    this.#load();
  }

  /** Works until aborted. `status` is what people see; `changed` tells viewers that it is another one. */
  async run(
    site: { readonly status: () => SiteStatus; readonly changed: () => void },
    signal: AbortSignal,
  ): Promise<void> {
    this.#changed = site.changed;
    await Promise.all([
      this.#lookLoop(site.status, signal),
      ...this.#couriers.map((courier) =>
        this.#keepGoing('a courier failed', signal, () => courier.run(signal)),
      ),
    ]);
    this.#outbox.save();
  }

  /** Something changed in the site: looked at soon, not in five seconds. */
  siteChanged(): void {
    this.#bell.ring();
  }

  /** A password, an address or the network is another one: what waits is tried at once. */
  retry(): void {
    this.#outbox.retryNow();
    for (const courier of this.#couriers) courier.wake();
  }

  /** A test went through by hand: the channel works. */
  channelWorked(channel: AlertChannel['name']): void {
    this.#outbox.worked(channel);
    this.retry();
    this.#changed();
  }

  /** Root causes that last, the newest first. */
  active(): Alert[] {
    return this.#book.alerts
      .filter((one) => one.endedAt === undefined && !one.folded)
      .sort((a, b) => b.raisedAt - a.raisedAt || b.id - a.id)
      .map((one) => this.#view(one));
  }

  /** The newest first; with `ended` also what is over. Throws StoreError. */
  list(query: { readonly ended: boolean; readonly limit: number }): Alert[] {
    this.#outbox.save();
    return this.#parts.store
      .listAlerts(query)
      .map((one) => this.#find(one.id) ?? one)
      .filter((one) => !one.folded)
      .map((one) => this.#view(one));
  }

  /** Durable when it returns; undefined when there is no such alert. One that is over stays as it is. Throws StoreError. */
  acknowledge(id: number): Alert | undefined {
    const alert = this.#find(id);
    if (alert === undefined) {
      const old = this.#parts.store.listAlerts({ ended: true, limit: 500 }).find((one) => one.id === id);
      return old === undefined ? undefined : this.#view(old);
    }
    const seen = acknowledged(alert, this.#parts.runtime.wall());
    this.#replace(seen);
    this.#outbox.note([seen]);
    if (seen.acknowledgedAt !== undefined) this.#outbox.dropRaised(id);
    if (!this.#outbox.save()) throw new StoreError('io', 'the local store does not take it now');
    this.#changed();
    return this.#view(seen);
  }

  /** What people must know of the ways to them. */
  notices(): Explanation[] {
    const now = this.#parts.runtime.wall();
    return this.#outbox.channels().flatMap(({ channel, failingSince, cause }) => {
      if (failingSince === undefined || now - failingSince < FAILING_MS) return [];
      const params = { since: failingSince, cause: cause ?? '' };
      const name = channel === 'mail' ? 'mailFailing' : 'webhookFailing';
      return [
        {
          owner: 'user' as const,
          what: { key: `site.${name}.what`, params },
          next: { key: `site.${name}.next`, params },
        },
      ];
    });
  }

  /** Without its memory nothing is told: it would be told twice, under numbers that are taken. */
  #load(): boolean {
    const { store, runtime, log } = this.#parts;
    if (this.#loaded) return true;
    try {
      const known = store.loadAlerts(runtime.wall() - DAY_MS);
      this.#book = { nextId: known.nextAlert, alerts: known.alerts, watches: new Map() };
      this.#outbox.load(known);
      this.#loaded = true;
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      log.warn('what was warned of cannot be read', { cause: error.message });
    }
    return this.#loaded;
  }

  async #lookLoop(status: () => SiteStatus, signal: AbortSignal): Promise<void> {
    const { runtime } = this.#parts;
    while (!signal.aborted) {
      await this.#keepGoing('a look for warnings failed', signal, () =>
        Promise.resolve(this.#look(status())),
      );
      await runtime.sleep(LEAST_GAP_MS, signal);
      await this.#bell.wait(LOOK_MS - LEAST_GAP_MS, signal);
    }
  }

  #look(status: SiteStatus): void {
    if (!this.#load()) return;
    const { runtime, log } = this.#parts;
    const now = runtime.wall();
    const before = this.#book.alerts;
    const { known, tell } = alertStep({
      known: this.#book,
      warnings: warningsOf(status),
      now,
      settings: this.#settings,
    });
    this.#book = known;
    const changed = this.#outbox.note(known.alerts);
    for (const { alert, state } of tell) {
      const { code, about, severity } = alert.warning;
      log.info('warning told', { alert: alert.id, code, about, severity, state });
      this.#outbox.tell(alertView(alert, false), state);
    }
    this.#outbox.dropOff();
    this.#outbox.save();
    if (now >= this.#forgetAt || this.#forgetAt - now > DAY_MS) this.#forget(now);
    if (tell.length > 0) for (const courier of this.#couriers) courier.wake();
    if (changed || before.length !== known.alerts.length) this.#changed();
  }

  #forget(now: Instant): void {
    this.#forgetAt = now + DAY_MS;
    this.#parts.store.forgetAlerts(now - KEPT_MS);
  }

  /** A fault here must not end the engine: it is logged, and the work goes on after a moment. */
  async #keepGoing(event: string, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    const { runtime, log } = this.#parts;
    for (;;) {
      try {
        await work();
        return;
      } catch (error) {
        log.warn(event, { cause: causeOf(error) });
      }
      await runtime.sleep(LOOK_MS, signal);
      if (signal.aborted) return;
    }
  }

  #find(id: number): AlertRecord | undefined {
    return this.#book.alerts.find((one) => one.id === id);
  }

  #replace(alert: AlertRecord): void {
    const alerts = this.#book.alerts.map((one) => (one.id === alert.id ? alert : one));
    this.#book = { ...this.#book, alerts };
  }

  #view(alert: AlertRecord): Alert {
    const { settings, site, runtime } = this.#parts;
    const quiet = isQuiet(runtime.wall(), settings.quietHours, site.timeZone);
    return alertView(alert, settings.toasts && mayToast(alert, this.#settings, quiet));
  }
}

function stepSettings(settings: AlertSettings, zone: string): StepSettings {
  const delays = WARNING_CODES.flatMap((code) => {
    const text = settings.delays[code];
    const ms = text === undefined ? undefined : parseDuration(text);
    return ms === undefined ? [] : [[code, ms] as const];
  });
  return { off: settings.off, delays: Object.fromEntries(delays), quietHours: settings.quietHours, zone };
}

const causeOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown');
