import type { Alert } from '../../../shared/contract/alert.ts';
import { StoreError } from '../queue/store-error.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { AlertRecord, StepSettings } from './alert-book.ts';
import type { AlertChannel, AlertMessage, ChannelName, ToldState } from './alert-channel.ts';
import type { AlertStore, ChannelFact, Delivery, StoredAlerts } from './alert-store.ts';
import type { CourierDesk } from './courier.ts';
import { messageOf, type MessageSite } from './message.ts';
import { isQuiet } from './quiet-hours.ts';

export interface AlertLog {
  info(event: string, facts: Readonly<Record<string, string | number>>): void;
  warn(event: string, facts: Readonly<Record<string, string | number>>): void;
}

export interface OutboxParts {
  readonly store: AlertStore;
  readonly runtime: Pick<Runtime, 'wall'>;
  readonly channels: readonly AlertChannel[];
  readonly settings: StepSettings;
  readonly site: MessageSite;
  /** The alert as it is now, as long as it is remembered. */
  readonly current: (id: number) => AlertRecord | undefined;
  readonly log: AlertLog;
}

/**
 * What is remembered and what each channel still owes. Memory leads and the store follows, in one transaction: a warning that
 * the disk refuses to store must be told all the same. What could not be stored is stored with the next change that can.
 */
export class Outbox implements CourierDesk {
  readonly #parts: OutboxParts;
  readonly #deliveries = new Map<number, Delivery>();
  readonly #channels = new Map<ChannelName, ChannelFact>();
  /** As last noted, to tell what changed. */
  readonly #noted = new Map<number, string>();
  readonly #unsavedAlerts = new Map<number, AlertRecord>();
  readonly #unsavedDeliveries = new Set<number>();
  readonly #unsavedChannels = new Set<ChannelName>();
  #nextId = 1;
  #refused = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** What an earlier start left. Tellings of a channel that is no more are dropped. */
  load({ alerts, deliveries, channels, nextDelivery }: StoredAlerts): void {
    this.#nextId = nextDelivery;
    for (const alert of alerts) this.#noted.set(alert.id, JSON.stringify(alert));
    const known = new Set(this.#parts.channels.map((one) => one.name));
    for (const fact of channels) if (known.has(fact.channel)) this.#channels.set(fact.channel, fact);
    for (const one of deliveries) {
      this.#deliveries.set(one.id, one);
      if (!known.has(one.channel)) this.#settle(one, 'dropped');
    }
  }

  /** Takes alerts over as they are now; true when something is another than before. */
  note(alerts: readonly AlertRecord[]): boolean {
    let changed = false;
    for (const alert of alerts) {
      const text = JSON.stringify(alert);
      if (this.#noted.get(alert.id) === text) continue;
      this.#noted.set(alert.id, text);
      this.#unsavedAlerts.set(alert.id, alert);
      changed = true;
    }
    return changed;
  }

  /** Every channel that carries such a state owes it from now on. */
  tell(view: Alert, state: ToldState): void {
    const createdAt = this.#parts.runtime.wall();
    for (const { name, tells } of this.#parts.channels) {
      if (!tells.includes(state)) continue;
      const id = this.#nextId;
      this.#nextId += 1;
      this.#put({
        id,
        alert: view.id,
        channel: name,
        state,
        view,
        createdAt,
        attempts: 0,
        dueAt: createdAt,
        outcome: 'waiting',
        settledAt: undefined,
        cause: undefined,
      });
    }
  }

  /** Somebody has seen it: nobody is told any more. */
  dropRaised(alert: number): void {
    for (const one of this.#open())
      if (one.alert === alert && one.state === 'raised') this.#settle(one, 'dropped');
  }

  /** Kinds that were switched off while their telling waited. */
  dropOff(): void {
    for (const one of this.#open())
      if (this.#parts.settings.off.includes(one.view.code)) this.#settle(one, 'dropped');
  }

  retryNow(): void {
    const dueAt = this.#parts.runtime.wall();
    for (const one of this.#open()) this.#put({ ...one, dueAt });
  }

  worked(channel: ChannelName): void {
    this.#fact({ channel, lastOk: this.#parts.runtime.wall(), failingSince: undefined, cause: undefined });
    this.save();
  }

  channels(): readonly ChannelFact[] {
    return [...this.#channels.values()];
  }

  /** True when everything is durable. A store that refuses is asked again with the next change. */
  save(): boolean {
    const { store, log } = this.#parts;
    const deliveries = [...this.#unsavedDeliveries].flatMap((id) => this.#deliveries.get(id) ?? []);
    const channels = [...this.#unsavedChannels].flatMap((name) => this.#channels.get(name) ?? []);
    try {
      store.saveAlerts({ alerts: [...this.#unsavedAlerts.values()], deliveries, channels });
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      if (!this.#refused) log.warn('warnings cannot be stored', { cause: error.message });
      this.#refused = true;
      return false;
    }
    this.#refused = false;
    this.#unsavedAlerts.clear();
    this.#unsavedDeliveries.clear();
    this.#unsavedChannels.clear();
    for (const one of deliveries) if (one.outcome !== 'waiting') this.#deliveries.delete(one.id);
    return true;
  }

  waiting(channel: ChannelName): readonly Delivery[] {
    const { runtime, settings } = this.#parts;
    if (isQuiet(runtime.wall(), settings.quietHours, settings.zone)) return [];
    return this.#open().filter((one) => one.channel === channel);
  }

  message(delivery: Delivery): AlertMessage {
    const { site, runtime, current } = this.#parts;
    const { view, state, createdAt, id } = delivery;
    const now = current(view.id);
    const endedAt = state === 'ended' ? view.endedAt : now?.times === view.times ? now.endedAt : view.endedAt;
    const key = `ferry-${createdAt.toString(36)}-${String(view.id)}-${String(id)}`;
    return messageOf({ ...view, endedAt }, state, key, site, runtime.wall());
  }

  sent(delivery: Delivery): void {
    this.#parts.log.info('a warning was sent', { channel: delivery.channel, alert: delivery.alert });
    this.#settle(delivery, 'sent');
    this.worked(delivery.channel);
  }

  failed(delivery: Delivery, cause: string, dueInMs: number): void {
    const { runtime, log } = this.#parts;
    const now = runtime.wall();
    const attempts = delivery.attempts + 1;
    log.warn('a warning could not be sent', { channel: delivery.channel, attempts, cause });
    const still = this.#deliveries.get(delivery.id);
    // Dropped while it was on its way.
    if (still?.outcome === 'waiting') this.#put({ ...still, attempts, dueAt: now + dueInMs, cause });
    const known = this.#channels.get(delivery.channel);
    this.#fact({
      channel: delivery.channel,
      lastOk: known?.lastOk,
      failingSince: known?.failingSince ?? now,
      cause,
    });
    this.save();
  }

  givenUp(delivery: Delivery): void {
    this.#parts.log.warn('a warning could not be sent for a day', { channel: delivery.channel });
    this.#settle(delivery, 'given-up');
    this.save();
  }

  #open(): readonly Delivery[] {
    return [...this.#deliveries.values()].filter((one) => one.outcome === 'waiting');
  }

  #settle(delivery: Delivery, outcome: 'sent' | 'given-up' | 'dropped'): void {
    this.#put({ ...delivery, outcome, settledAt: this.#parts.runtime.wall() });
  }

  #put(delivery: Delivery): void {
    this.#deliveries.set(delivery.id, delivery);
    this.#unsavedDeliveries.add(delivery.id);
  }

  #fact(fact: ChannelFact): void {
    this.#channels.set(fact.channel, fact);
    this.#unsavedChannels.add(fact.channel);
  }
}
