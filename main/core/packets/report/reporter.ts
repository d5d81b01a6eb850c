import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Endpoints } from '../../queue/endpoints.ts';
import type { QueueStore } from '../../queue/queue-store.ts';
import { durably, durablySync, type Runtime } from '../../runtime/runtime.ts';
import type { DoneReport, ListedEntry, PacketCloud } from '../packet-cloud.ts';
import { planReports, type ReportPolicy } from './reporting.ts';

/** Longest time between looks when nothing is known to become due. */
const LOOK_AGAIN_MS = 60_000;

/** Reports under way at the same time. */
const AT_ONCE = 4;

interface Planned {
  readonly report: DoneReport;
  readonly entries: readonly ListedEntry[];
}

export interface ReporterParts {
  readonly link: LinkId;
  readonly cloud: PacketCloud;
  readonly cloudEndpoint: `cloud:${string}`;
  readonly store: QueueStore;
  readonly endpoints: Endpoints;
  readonly runtime: Runtime;
  readonly policy: ReportPolicy;
  readonly composePart: (format: 'xml' | 'json', entries: readonly ListedEntry[]) => string;
}

/**
 * Tells the cloud which packets are safe here. Reports may be repeated at will: a report whose answer was lost is sent
 * again, a packet that comes back is reported again under its newest handle.
 */
export class Reporter {
  readonly #parts: ReporterParts;
  #running: Promise<number> | undefined;

  constructor(parts: ReporterParts) {
    this.#parts = parts;
  }

  /** Reports what is due. Calls at the same time share one run. Returns how many packets were reported. */
  async reportDue(signal: AbortSignal): Promise<number> {
    if (this.#running !== undefined) await this.#running;
    this.#running ??= this.#report(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  /** How long until something may be due, in milliseconds. */
  nextLookMs(): number {
    const { store, link, policy, runtime, endpoints, cloudEndpoint } = this.#parts;
    const now = runtime.wall();
    const plan = planReports(store.openListings(link), policy, now);
    const due = plan.whole.length > 0 || (plan.parts.length > 0 && this.#takesParts());
    const wait = due ? 0 : plan.nextAt === undefined ? LOOK_AGAIN_MS : Math.max(0, plan.nextAt - now);
    return Math.min(LOOK_AGAIN_MS, Math.max(wait, endpoints.restMs(cloudEndpoint)));
  }

  #takesParts(): boolean {
    return this.#parts.cloud.capabilities.partialDone;
  }

  async #report(signal: AbortSignal): Promise<number> {
    const { store, link, policy, runtime, composePart } = this.#parts;
    const plan = planReports(store.openListings(link), policy, runtime.wall());
    const whole = plan.whole.map(({ queue, format, raw, entries }): Planned => ({
      report: { queue, format, raw },
      entries: entries.map(({ entry }) => entry),
    }));
    const done = await this.#postAll(whole, signal);
    if (!done.all || !this.#takesParts()) return done.reported;
    const parts = plan.parts.map(({ listing: { queue, format }, entries: packets }): Planned => {
      const entries = packets.map(({ entry }) => entry);
      return { report: { queue, format, raw: composePart(format, entries) }, entries };
    });
    return done.reported + (await this.#postAll(parts, signal)).reported;
  }

  /** A few at the same time: lists know nothing of each other. None is begun after one failed. */
  async #postAll(
    planned: readonly Planned[],
    signal: AbortSignal,
  ): Promise<{ all: boolean; reported: number }> {
    const left = planned.values();
    const end = { all: true, reported: 0 };
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, planned.length) }, async () => {
        for (const { report, entries } of left) {
          if (!end.all) return;
          if (await this.#post(report, entries, signal)) end.reported += entries.length;
          else end.all = false;
        }
      }),
    );
    return end;
  }

  async #post(report: DoneReport, entries: readonly ListedEntry[], signal: AbortSignal): Promise<boolean> {
    const { cloud, cloudEndpoint, endpoints, runtime, store, link } = this.#parts;
    if (signal.aborted || endpoints.restMs(cloudEndpoint) > 0) return false;
    const answer = await durably(runtime, 'pull.report-done', () => cloud.reportDone(report, signal));
    if (!answer.ok) {
      endpoints.backOff(cloudEndpoint, answer.failure, LOOK_AGAIN_MS);
      return false;
    }
    endpoints.succeeded(cloudEndpoint);
    durablySync(runtime, 'pull.settle-report', () =>
      store.settleReport(link, report.queue, entries, runtime.wall()),
    );
    return true;
  }
}
