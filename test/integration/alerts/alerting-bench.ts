import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createMailChannel } from '../../../main/adapters/alerts/mail-channel.ts';
import { createWebhookChannel } from '../../../main/adapters/alerts/webhook-channel.ts';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { systemRuntime } from '../../../main/adapters/runtime/system-runtime.ts';
import { openStore, type SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import { Alerting } from '../../../main/agent/alerting.ts';
import type { AlertChannel } from '../../../main/core/alerts/alert-channel.ts';
import type { AlertStore } from '../../../main/core/alerts/alert-store.ts';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { ok } from '../../../shared/model/result.ts';
import type { AlertSettings } from '../../../shared/model/settings.ts';
import { createTestRuntime, type TestRuntime } from '../../support/test-runtime.ts';
import { T } from '../../unit/alerts/sample.ts';
import { PASSWORD, USER, type Certificate } from './mail-server.ts';

export interface Bench {
  readonly runtime: TestRuntime;
  readonly alerting: Alerting;
  readonly store: SqliteStore;
  /** What was logged, with its facts. */
  readonly log: readonly {
    readonly event: string;
    readonly facts: Readonly<Record<string, string | number>>;
  }[];
  /** Resolves when an event was logged this often. */
  logged(event: string, times?: number): Promise<void>;
  /** The status from now on. */
  show(status: SiteStatus): void;
  /** Ends this start, as an orderly stop does; the store stays open for the next one. */
  stop(): Promise<void>;
}

export const alertSettings = (over: Partial<AlertSettings> = {}): AlertSettings => ({
  off: [],
  toasts: true,
  delays: {},
  ...over,
});

export const mailChannel = (port: number, certificate: Certificate, password = PASSWORD): AlertChannel =>
  createMailChannel({
    settings: {
      enabled: true,
      host: '127.0.0.1',
      port,
      security: 'starttls',
      user: USER,
      from: USER,
      to: ['office@example.com'],
    },
    password: async () => ok(password),
    edges: { runtime: systemRuntime(), ca: [certificate.cert] },
  });

export const webhookChannel = (url: string): AlertChannel =>
  createWebhookChannel({ url: async () => ok(url), http: createNodeHttpTransport(systemRuntime()) });

/** Warnings of a running site over real SQLite, on a clock that tests move; the channels are real. */
export function alertingBench(
  folder: string,
  channels: readonly AlertChannel[],
  options: {
    readonly settings?: AlertSettings | undefined;
    readonly status: SiteStatus;
    readonly start?: number | undefined;
    /** Stands between the program and its store. */
    readonly between?: ((store: AlertStore) => AlertStore) | undefined;
    readonly store?: SqliteStore | undefined;
    readonly runtime?: TestRuntime | undefined;
  },
): Bench {
  const runtime = options.runtime ?? createTestRuntime({ seed: 1, start: options.start ?? T });
  const store = options.store ?? openStore({ file: join(folder, 'ferry.sqlite'), runtime });
  const log: { event: string; facts: Readonly<Record<string, string | number>> }[] = [];
  let listeners: (() => void)[] = [];
  const write = (event: string, facts: Readonly<Record<string, string | number>>): void => {
    log.push({ event, facts });
    for (const one of listeners) one();
  };
  let status = options.status;
  const alerting = new Alerting({
    settings: options.settings ?? alertSettings(),
    site: { name: 'Acme HQ', timeZone: 'Europe/Sofia', locale: 'en-GB' },
    store: options.between?.(store) ?? store,
    runtime,
    channels,
    log: { info: write, warn: write },
  });
  const stopping = new AbortController();
  const now = (): SiteStatus => ({ ...status, at: runtime.wall() });
  const running = alerting.run({ status: now, changed: () => undefined }, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  if (options.store === undefined)
    onTestFinished(async () => {
      await stop();
      store.close();
    });
  else onTestFinished(stop);
  return {
    runtime,
    alerting,
    store,
    log,
    logged: (event, times = 1) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (log.filter((one) => one.event === event).length < times) return;
          listeners = listeners.filter((one) => one !== look);
          resolve();
        };
        listeners.push(look);
        look();
      }),
    show: (next) => {
      status = next;
    },
    stop,
  };
}
