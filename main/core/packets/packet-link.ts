import { failureView } from '../../../shared/contract/explain-reason.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import type { ScheduleSettings } from '../../../shared/model/settings.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import type { Flow, RunCounts, RunOutcome, Trigger } from '../queue/queue-store.ts';
import type { Item } from '../queue/item.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { StoreError } from '../queue/store-error.ts';
import { Bell } from '../runtime/bell.ts';
import { durablySync } from '../runtime/runtime.ts';
import { nextRun } from '../schedule/next-run.ts';
import { ApplyLane } from './apply-lane.ts';
import type { LinkParts } from './link-parts.ts';
import { pullCycle } from './pull-cycle.ts';
import { NOTHING_PUSHED, pushCycle, type PushCounts } from './push-cycle.ts';
import { Reporter } from './reporter.ts';
import { SnapshotSender } from './snapshot-sender.ts';

export interface FlowPlan {
  readonly enabled: boolean;
  readonly schedule: ScheduleSettings;
}

export interface LinkPlan {
  /** The site's zone: schedules are read on its wall clock. */
  readonly zone: string;
  readonly pull: FlowPlan;
  readonly push: FlowPlan;
}

export type Stage = 'pull' | 'apply' | 'drain' | 'push';

export interface RunningFlow {
  readonly run: number;
  readonly since: Instant;
  readonly stage: Stage;
}

export interface Reconciled {
  /** Packets known here as applied that were looked for. */
  readonly compared: number;
  readonly missing: readonly string[];
  /** Missing ones whose bytes are not kept any more: a person must enter them. */
  readonly gone: readonly string[];
  readonly replayed: boolean;
}

export interface SyncAnswer {
  readonly outcome: 'started' | 'joined' | 'refused';
  readonly run?: number | undefined;
  readonly when?: Instant | undefined;
  readonly reason?: Explanation | undefined;
}

/** The lease is renewed this often; it lives three times as long, so two renewals may fail. */
const RENEW_MS = 10_000;
/** Longest sleep of a schedule loop: a wall clock that jumps is noticed within a minute. */
const LOOK_AT_CLOCK_MS = 60_000;

const FLOWS: readonly Flow[] = ['pull', 'push'];

/**
 * One running packet link: its lanes and its schedule. A flow never runs beside itself; whoever asks meanwhile joins the
 * running one. Everything it knows is in the store, so it may be stopped or killed anywhere.
 */
export class PacketLink {
  readonly parts: LinkParts;
  readonly plan: LinkPlan;
  readonly #lane: ApplyLane;
  readonly #reporter: Reporter;
  readonly #sender: SnapshotSender;
  readonly #bells: Record<Flow, Bell>;
  readonly #running = new Map<Flow, RunningFlow & { readonly done: Promise<void> }>();
  /** Why the last pull did not reach the end of what waits; undefined when it did. */
  #drained: SyncFailure | undefined;
  #pushAgain = false;

  constructor(parts: LinkParts, plan: LinkPlan) {
    this.parts = parts;
    this.plan = plan;
    this.#lane = new ApplyLane(parts);
    this.#reporter = new Reporter({ ...parts, policy: parts.policy.report });
    this.#sender = new SnapshotSender(parts);
    this.#bells = { pull: new Bell(parts.runtime), push: new Bell(parts.runtime) };
  }

  /** Works until aborted; every lane has ended when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([
      this.#lane.run(signal),
      this.#reportLoop(signal),
      this.#sendLoop(signal),
      this.#leaseLoop(signal),
      ...FLOWS.filter((flow) => this.plan[flow].enabled).map((flow) => this.#scheduleLoop(flow, signal)),
    ]);
    await Promise.all([...this.#running.values()].map((running) => running.done));
  }

  running(flow: Flow): RunningFlow | undefined {
    return this.#running.get(flow);
  }

  /** When the flow runs next by its schedule; undefined while it is off or paused without an end. */
  nextRun(flow: Flow): Instant | undefined {
    const { store, link, runtime } = this.parts;
    if (!this.plan[flow].enabled) return undefined;
    const now = runtime.wall();
    const pause = activePause(store, link, now);
    const last = store.lastStarted(link, flow);
    const due = nextRun({
      schedule: this.plan[flow].schedule,
      zone: this.plan.zone,
      // A start in the future: the clock was set back. Waiting until it is reached again would be hours of silence.
      lastStarted: last !== undefined && last > now ? undefined : last,
      now,
    });
    if (pause === undefined) return flow === 'push' && this.#pushAgain ? runtime.wall() : due;
    return pause.until === undefined ? undefined : Math.max(due, pause.until);
  }

  /** Runs a flow now, or joins the one that runs. The promise ends with the flow. */
  sync(
    flow: Flow,
    trigger: Trigger,
    signal: AbortSignal,
  ): { readonly answer: SyncAnswer; readonly done: Promise<void> } {
    const running = this.#running.get(flow);
    if (running !== undefined) return { answer: { outcome: 'joined', run: running.run }, done: running.done };
    const { store, link, runtime, startId, endpoints } = this.parts;
    if (trigger === 'manual') endpoints.wakeAll();
    const since = runtime.wall();
    let run: number;
    try {
      run = durablySync(runtime, 'run.start', () => store.startRun({ link, flow, trigger, startId }, since));
    } catch (error) {
      const failure = storeFailure(error);
      endpoints.diskFailed(failure);
      const when = since + endpoints.restMs('site:disk');
      return { answer: { outcome: 'refused', when, reason: failureView(failure) }, done: Promise.resolve() };
    }
    const done = this.#execute(flow, run, signal).finally(() => {
      this.#running.delete(flow);
      this.parts.changed();
    });
    this.#running.set(flow, { run, since, stage: flow, done });
    this.parts.changed();
    return { answer: { outcome: 'started', run }, done };
  }

  /** After something changed from outside: a retried item, settings, a resumed link. */
  wake(): void {
    this.parts.endpoints.wakeAll();
    this.#lane.wake();
    for (const flow of FLOWS) this.#bells[flow].ring();
  }

  /** Sets an item aside by a person's wish; undefined when that is not possible now. */
  park(item: Item, note: string, signal: AbortSignal): Promise<Item | undefined> {
    return this.#lane.parkByPerson(item, note, signal);
  }

  /**
   * After the ERP was restored to an earlier moment: what is known here as applied and is missing there. With `replay` the
   * missing packets are written again from their kept bytes and the ledger is bound to the database as it is now.
   */
  async reconcile(replay: boolean, signal: AbortSignal): Promise<Result<Reconciled>> {
    const { store, link, source, erp, runtime, log } = this.parts;
    const known = store.recentLedger(source, LEDGER_COMPARED);
    const missing = await erp.missing(known, signal);
    if (!missing.ok) return missing;
    const compared = known.length;
    if (!replay) return ok({ compared, missing: missing.value, gone: [], replayed: false });
    const gone = store.replay(link, source, missing.value, runtime.wall());
    const bound = await erp.rebind(signal);
    if (!bound.ok) return bound;
    log.warn('packets replayed', { missing: missing.value.length, gone: gone.length });
    this.wake();
    return ok({ compared, missing: missing.value, gone, replayed: true });
  }

  async #execute(flow: Flow, run: number, signal: AbortSignal): Promise<void> {
    const { store, runtime } = this.parts;
    // The caller gets its answer before the first call goes out.
    await runtime.yield();
    const before = this.#lane.totals;
    let counts: RunCounts = {};
    let failure: SyncFailure | undefined;
    let outcome: RunOutcome = 'interrupted';
    try {
      if (flow === 'pull') {
        const end = await pullCycle(this.parts, this.#lane, this.#reporter, signal);
        const after = this.#lane.totals;
        counts = {
          ...end.counts,
          applied: after.applied - before.applied,
          parked: after.parked - before.parked,
        };
        failure = end.failure;
        this.#drained = end.drained ? undefined : (end.failure ?? { kind: 'cancelled' });
      } else {
        this.#pushAgain = false;
        const end = await this.#push(run, signal);
        counts = { ...end.counts };
        this.#pushSoon(end.counts, signal);
        failure = end.failure;
      }
      outcome = signal.aborted
        ? 'interrupted'
        : failure === undefined
          ? counts['parked']
            ? 'attention'
            : 'ok'
          : 'failed';
    } catch (error) {
      failure = this.#unexpected(error);
      outcome = signal.aborted ? 'interrupted' : 'failed';
    }
    try {
      durablySync(runtime, 'run.finish', () =>
        store.finishRun(run, { outcome, counts, failure }, runtime.wall()),
      );
    } catch (error) {
      // The run stays open in the store until the next start says that it was interrupted.
      this.parts.endpoints.diskFailed(storeFailure(error));
    }
  }

  /** Users whose snapshot became void or had to wait get theirs soon, not at the next turn of the schedule. */
  #pushSoon({ held, void: voided }: Readonly<PushCounts>, signal: AbortSignal): void {
    if (held + voided === 0) return;
    void this.parts.runtime.sleep(PUSH_AGAIN_MS, signal).then(() => {
      if (signal.aborted) return;
      this.#pushAgain = true;
      this.#bells.push.ring();
    });
  }

  #unexpected(error: unknown): SyncFailure {
    if (error instanceof StoreError) {
      const failure = storeFailure(error);
      this.parts.endpoints.diskFailed(failure);
      return failure;
    }
    const message = error instanceof Error ? error.message : 'unknown';
    this.parts.log.warn('defect', { message, stack: error instanceof Error ? (error.stack ?? '') : '' });
    return { kind: 'defect', message };
  }

  /** Pulled packets first: a snapshot built without them would take them off the phone. */
  async #push(run: number, signal: AbortSignal): ReturnType<typeof pushCycle> {
    if (this.plan.pull.enabled) {
      this.#stage('push', run, 'drain');
      await this.sync('pull', 'schedule', signal).done;
      if (this.#drained !== undefined) return { counts: NOTHING_PUSHED, failure: this.#drained };
    }
    this.#stage('push', run, 'push');
    return pushCycle(this.parts, this.#sender, signal);
  }

  #stage(flow: Flow, run: number, stage: Stage): void {
    const running = this.#running.get(flow);
    if (running?.run === run) this.#running.set(flow, { ...running, stage });
    this.parts.changed();
  }

  async #scheduleLoop(flow: Flow, signal: AbortSignal): Promise<void> {
    const { runtime } = this.parts;
    while (!signal.aborted) {
      const due = this.nextRun(flow);
      const wait = due === undefined ? LOOK_AT_CLOCK_MS : due - runtime.wall();
      const rest = Math.max(wait, this.parts.endpoints.restMs('site:disk'));
      if (rest > 0) await this.#bells[flow].wait(Math.min(rest, LOOK_AT_CLOCK_MS), signal);
      else await this.sync(flow, 'schedule', signal).done;
    }
  }

  async #reportLoop(signal: AbortSignal): Promise<void> {
    const { runtime } = this.parts;
    while (!signal.aborted) {
      const wait = Math.max(REPORT_LOOK_MS, this.#reporter.nextLookMs());
      await runtime.sleep(Math.min(wait, REPORT_LOOK_MS * 5), signal);
      if (!signal.aborted) await this.#guarded(() => this.#reporter.reportDue(signal));
    }
  }

  async #sendLoop(signal: AbortSignal): Promise<void> {
    const { runtime, store, link } = this.parts;
    while (!signal.aborted) {
      await runtime.sleep(SEND_LOOK_MS, signal);
      if (signal.aborted || activePause(store, link, runtime.wall()) !== undefined) continue;
      const due = store.nextDue(link, 'out');
      if (due !== undefined && due <= runtime.wall()) await this.#guarded(() => this.#sender.sendDue(signal));
    }
  }

  /** A full disk ends no lane: it rests and goes on. */
  async #guarded(act: () => Promise<unknown>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.parts.endpoints.diskFailed(storeFailure(error));
    }
  }

  async #leaseLoop(signal: AbortSignal): Promise<void> {
    const { runtime, erp, endpoints, erpEndpoint } = this.parts;
    while (!signal.aborted) {
      await runtime.sleep(RENEW_MS, signal);
      if (signal.aborted || endpoints.restMs(erpEndpoint) > 0) continue;
      const ready = await erp.ready(signal);
      if (ready.ok) endpoints.succeeded(erpEndpoint);
      else endpoints.backOff(erpEndpoint, ready.failure);
    }
  }
}

/** As many ledger rows as the store remembers. */
const LEDGER_COMPARED = 500;
/** Long enough for a held packet's visit to arrive, short enough for a user who waits at his car. */
const PUSH_AGAIN_MS = 60_000;
/** How often the report lane looks: a packet is reported at most this much later than its policy says. */
const REPORT_LOOK_MS = 1_000;
/** How often uploads in doubt are looked at. */
const SEND_LOOK_MS = 2_000;
