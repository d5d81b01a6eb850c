import type { Light, LinkStatus, RunView, SiteStatus } from '../../../shared/contract/status.ts';
import type { WarningCode } from '../../../shared/model/warning-codes.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { explainFailure, type SyncFailure } from '../../../shared/model/failure.ts';
import {
  emptyBook,
  type AlertBook,
  type StepSettings,
  type Telling,
} from '../../../main/core/alerts/alert-book.ts';
import { alertStep } from '../../../main/core/alerts/alert-step.ts';
import { sampleLink } from '../../support/sample-link.ts';
import type { Warning } from '../../../main/core/alerts/warning.ts';

/** A Monday, 10:00 in Sofia. */
export const T = Date.UTC(2026, 10, 16, 8);
export const SECOND = 1_000;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export const fine: Light = { state: 'fine', since: T, fact: { key: 'light.answers', params: {} } };

export function failing(failure: SyncFailure, since = T): Light {
  const { what, params } = explainFailure(failure);
  return { state: 'attention', since, fact: { key: what, params } };
}

export const erpAway = (since = T, erp = 'main'): Light =>
  failing({ kind: 'unreachable', endpoint: `erp:${erp}`, cause: 'the connection was refused' }, since);
export const cloudAway = (link: string, since = T): Light =>
  failing({ kind: 'unreachable', endpoint: `cloud:${link}`, cause: 'the network cannot be reached' }, since);

export const link = (id: string, over: Partial<LinkStatus> = {}): LinkStatus =>
  sampleLink(id, {
    lights: { erp: fine, cloud: fine },
    flows: [
      { flow: 'pull', enabled: true },
      { flow: 'push', enabled: true },
    ],
    ...over,
  });

export const status = (links: readonly LinkStatus[], over: Partial<SiteStatus> = {}): SiteStatus => ({
  site: { name: 'Acme HQ', timeZone: 'Europe/Sofia', language: 'en', startAtLogon: true },
  agent: { state: 'running', startedAt: T - HOUR, version: '0.1.0' },
  at: T,
  light: 'fine',
  notices: [],
  alerts: [],
  links: [...links],
  ...over,
});

let runs = 0;
export const run = (
  outcome: RunView['outcome'],
  failure?: SyncFailure,
  over: Partial<RunView> = {},
): RunView => ({
  id: (runs += 1),
  link: 'a',
  flow: 'pull',
  trigger: 'schedule',
  startedAt: T - MINUTE,
  endedAt: T,
  outcome,
  counts: {},
  failure: failure === undefined ? undefined : failureView(failure),
  ...over,
});

export const warn = (code: WarningCode, over: Partial<Warning> = {}): Warning => ({
  code,
  variant: '',
  severity: code.startsWith('erp-') || code.startsWith('cloud-') ? 'critical' : 'warning',
  about: code.startsWith('erp-') ? 'erp:main' : 'link:a',
  links: ['a'],
  since: undefined,
  params: { link: 'a', erp: 'main' },
  place: { screen: 'status' },
  owner: 'user',
  next: { key: 'alert.other.next', params: {} },
  amount: undefined,
  ...over,
});

export const settings = (over: Partial<StepSettings> = {}): StepSettings => ({
  off: [],
  delays: {},
  quietHours: undefined,
  zone: 'Europe/Sofia',
  ...over,
});

/** A site watched step by step; what was told stands in `told` as `at code state`. */
export class Watcher {
  book: AlertBook = emptyBook;
  now = T;
  settings: StepSettings = settings();
  readonly told: (Telling & { readonly at: number })[] = [];

  /** One look now; gives what it told: `erp-unreachable raised`. */
  look(...warnings: readonly Warning[]): readonly string[] {
    const { known, tell } = alertStep({ known: this.book, warnings, now: this.now, settings: this.settings });
    this.book = known;
    this.told.push(...tell.map((one) => ({ ...one, at: this.now })));
    return tell.map(({ alert, state }) => `${alert.warning.code} ${state}`);
  }

  /** Looks every `every` ms for `ms`; gives all that was told. */
  during(ms: number, warnings: readonly Warning[], every = 5 * SECOND): readonly string[] {
    const end = this.now + ms;
    const told: string[] = [];
    while (this.now < end) {
      this.now = Math.min(end, this.now + every);
      told.push(...this.look(...warnings));
    }
    return told;
  }

  /** The program starts anew: what was only watched is forgotten. */
  restart(): void {
    this.book = { ...this.book, watches: new Map() };
  }
}
