import type { Alert } from '../../../shared/contract/alert.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { AlertRecord } from './alert-book.ts';
import type { ChannelName, ToldState } from './alert-channel.ts';

/** A telling that one channel owes, or has settled. */
export interface Delivery {
  readonly id: number;
  readonly alert: number;
  readonly channel: ChannelName;
  readonly state: ToldState;
  /** The alert as it was when it was to be told; the words are made at each try. */
  readonly view: Alert;
  readonly createdAt: Instant;
  readonly attempts: number;
  readonly dueAt: Instant;
  /** `dropped`: nobody is to be told any more (seen, switched off, channel gone). `given-up`: a day went by. */
  readonly outcome: 'waiting' | 'sent' | 'given-up' | 'dropped';
  readonly settledAt: Instant | undefined;
  /** Why the last try failed, in words. */
  readonly cause: string | undefined;
}

/** Whether a channel works: since when it fails, or when it last took something. */
export interface ChannelFact {
  readonly channel: ChannelName;
  readonly lastOk: Instant | undefined;
  readonly failingSince: Instant | undefined;
  readonly cause: string | undefined;
}

export interface AlertChanges {
  readonly alerts: readonly AlertRecord[];
  readonly deliveries: readonly Delivery[];
  readonly channels: readonly ChannelFact[];
}

/** What is remembered over a start. */
export interface StoredAlerts extends AlertChanges {
  readonly nextAlert: number;
  readonly nextDelivery: number;
}

/** The part of the local store that remembers warnings. Each method throws StoreError. */
export interface AlertStore {
  /** Active alerts, those that ended after `since`, deliveries that wait, and the channels. */
  loadAlerts(since: Instant): StoredAlerts;
  /** All of it durable when this returns, or nothing. Idempotent: rows are named by their ids. */
  saveAlerts(changes: AlertChanges): void;
  /** The newest first. */
  listAlerts(query: { readonly ended: boolean; readonly limit: number }): readonly AlertRecord[];
  /** Alerts that ended before, with their deliveries; deliveries settled before. */
  forgetAlerts(before: Instant): void;
}
