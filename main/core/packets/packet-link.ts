import { failureView } from '../../../shared/contract/explain-reason.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import type { Flow, Pause, RunCounts, RunOutcome, Trigger } from '../queue/queue-store.ts';
import type { Item } from '../queue/item.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { StoreError } from '../queue/store-error.ts';
import { Bell } from '../runtime/bell.ts';
import { durablySync } from '../runtime/runtime.ts';
import { ApplyLane } from './apply-lane.ts';
import { DriftWatch } from './drift-watch.ts';
import { discardItem, type DiscardEnd } from './discard-item.ts';
import { standingErp, standsBy, type ErpStanding } from './erp-standing.ts';
import { ErpWatch } from './erp-watch.ts';
import type { LinkParts } from './link-parts.ts';
import { LinkSchedule, type LinkPlan } from './link-schedule.ts';
import { ManualSyncs } from './manual-syncs.ts';
import { obedientCloud } from './obedient-cloud.ts';
import { pullCycle } from './pull-cycle.ts';
import { NOTHING_PUSHED, pushCycle, type PushCounts } from './push-cycle.ts';
import { reconcile, type Reconciled } from './reconcile.ts';
import { Reporter } from './reporter.ts';
import { RunProgress } from './run-progress.ts';
import { reportLoop, sendLoop } from './side-loops.ts';
import { SnapshotSender } from './snapshot-sender.ts';

export interface RunningFlow {
  readonly run: number;
  readonly since: Instant;
  readonly trigger: Trigger;
  readonly progress: RunProgress;
}

export interface SyncAnswer {
  readonly outcome: 'started' | 'joined' | 'waits' | 'refused';
  readonly run?: number | undefined;
  readonly when?: Instant | undefined;
  readonly reason?: Explanation | undefined;
}

interface Started {
  readonly answer: SyncAnswer;
  /** Ends with the run; at once where none was started. */
  readonly done: Promise<void>;
}

/** Longest sleep of a schedule loop: after a wall clock that jumped, or a computer that slept, a run is late by this much. */
const LOOK_AT_CLOCK_MS = 5_000;

const FLOWS: readonly Flow[] = ['pull', 'push'];

/**
 * One running packet link: its lanes and its schedule. A flow never runs beside itself; whoever asks meanwhile joins the
 * running one. Everything it knows is in the store, so it may be stopped or killed anywhere.
 */
export class PacketLink {
  readonly parts: LinkParts;
  readonly plan: LinkPlan;
  /** How this link stands with its ERP, whatever other links on the same one found. */
  readonly standing: () => ErpStanding;
  readonly #lane: ApplyLane;
  readonly #reporter: Reporter;
  readonly #sender: SnapshotSender;
  readonly #watch: ErpWatch;
  readonly #drift: DriftWatch;
  readonly #manual: ManualSyncs;
  readonly #schedule: LinkSchedule;
  readonly #bells: Record<Flow, Bell>;
  readonly #running = new Map<Flow, RunningFlow & { readonly done: Promise<void> }>();
  /** Why the last pull did not reach the end of what waits; undefined when it did. */
  #drained: SyncFailure | undefined;
  /** Packets the cloud listed that are not here yet; undefined until counted. */
  #announced: number | undefined;
  /** Ends what a person started; set while `run` works. */
  #signal: AbortSignal | undefined;

  constructor(given: LinkParts, plan: LinkPlan) {
    const { erp, standing } = standingErp(given.erp, given.runtime);
    const cloud = obedientCloud(given.cloud, { ...given, endpoint: given.cloudEndpoint });
    const parts: LinkParts = { ...given, erp, cloud };
    this.parts = parts;
    this.plan = plan;
    this.standing = standing;
    this.#schedule = new LinkSchedule(parts, plan);
    this.#drift = new DriftWatch(parts);
    this.#lane = new ApplyLane(parts, this.#drift);
    this.#reporter = new Reporter({ ...parts, policy: parts.policy.report });
    this.#sender = new SnapshotSender(parts);
    this.#watch = new ErpWatch(parts, () => {
      this.#drift.doubt();
      this.#lane.wake();
    });
    this.#manual = new ManualSyncs(parts, (flow) => this.#startAsked(flow));
    this.#bells = { pull: new Bell(parts.runtime), push: new Bell(parts.runtime) };
  }

  /** Works until aborted; every lane has ended when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await Promise.all([
      this.#lane.run(signal),
      reportLoop(this.parts, this.#reporter, signal),
      sendLoop(this.parts, this.#sender, signal),
      this.#watch.run(signal),
      this.#manual.run(signal),
      ...FLOWS.filter((flow) => this.plan[flow].enabled).map((flow) => this.#scheduleLoop(flow, signal)),
    ]);
    await Promise.all([...this.#running.values()].map((running) => running.done));
  }

  running(flow: Flow): RunningFlow | undefined {
    return this.#running.get(flow);
  }

  /** When the flow runs next by itself; undefined while it is off or paused without an end. */
  nextRun(flow: Flow): Instant | undefined {
    return this.#schedule.nextRun(flow);
  }

  /** Whether a scheduled run is late by more than `graceMs`, whatever keeps it. One that runs, or is paused, is not. */
  isOverdue(graceMs: number): boolean {
    return FLOWS.some((flow) => !this.#running.has(flow) && this.#schedule.isOverdue(flow, graceMs));
  }

  /** When a sync asked for by hand is going to run; undefined when none waits. */
  askedFor(flow: Flow): Instant | undefined {
    return this.#manual.when(flow);
  }

  /** Nobody waits for a sync any more: the link is being paused. */
  dropAsked(): void {
    this.#manual.forgetAll();
  }

  /** Packets the cloud has listed and that are not durable here: handed to us, and nowhere else to be seen. */
  announced(): number {
    const { store, link } = this.parts;
    this.#announced ??= new Set(
      store
        .openListings(link)
        .flatMap(({ entries }) =>
          entries.flatMap(({ entry, items }) => (items.length === 0 ? entry.id : [])),
        ),
    ).size;
    return this.#announced;
  }

  /**
   * Runs a flow now, or joins the one that runs. A person's wish is refused while the link is paused, and waits while the
   * cloud wants to be left alone; it ends our own rests.
   */
  sync(flow: Flow, trigger: Trigger, signal: AbortSignal): Started {
    const running = this.#running.get(flow);
    if (running !== undefined) return { answer: { outcome: 'joined', run: running.run }, done: running.done };
    const { endpoints } = this.parts;
    if (trigger === 'manual') {
      const not = this.#notNow(flow);
      if (not !== undefined) return { answer: not, done: Promise.resolve() };
      endpoints.wakeAll();
    }
    return this.#start(flow, trigger, signal);
  }

  #notNow(flow: Flow): SyncAnswer | undefined {
    const { store, link, runtime, endpoints, cloudEndpoint } = this.parts;
    const now = runtime.wall();
    const pause = activePause(store, link, now);
    if (pause !== undefined) return { outcome: 'refused', when: pause.until, reason: pauseReason(pause) };
    const heldMs = endpoints.heldMs(cloudEndpoint);
    if (heldMs === 0) return undefined;
    const held = { when: now + heldMs, reason: failureView({ kind: 'throttled', endpoint: cloudEndpoint }) };
    // A single round ends before it could be carried out.
    if (this.#signal === undefined) return { outcome: 'refused', ...held };
    this.#manual.remember(flow);
    this.parts.changed();
    return { outcome: 'waits', ...held };
  }

  #startAsked(flow: Flow): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    // What goes wrong in it stands in its run.
    this.sync(flow, 'manual', signal).done.catch(() => undefined);
  }

  #start(flow: Flow, trigger: Trigger, signal: AbortSignal): Started {
    const { store, link, runtime, startId, endpoints } = this.parts;
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
    this.#manual.forget(flow);
    const progress = new RunProgress(runtime, flow);
    const done = this.#execute(flow, run, progress, signal).finally(() => {
      this.#running.delete(flow);
      this.#announced = undefined;
      this.parts.changed();
    });
    this.#running.set(flow, { run, since, trigger, progress, done });
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

  /** Gives a parked item up for good, see `discardItem`. One that the ERP has is settled when this resolves, if it can be. */
  async discard(item: Item, note: string, signal: AbortSignal): Promise<DiscardEnd> {
    const end = await discardItem(this.parts, item, note, signal);
    if (end.kind === 'in-the-erp') await this.#lane.drain(signal);
    return end;
  }

  /** See `reconcile`. */
  async reconcile(replay: boolean, signal: AbortSignal): Promise<Result<Reconciled>> {
    const done = await reconcile(this.parts, replay, signal);
    if (done.ok && done.value.replayed) this.wake();
    return done;
  }

  async #execute(flow: Flow, run: number, progress: RunProgress, signal: AbortSignal): Promise<void> {
    const { store, runtime } = this.parts;
    // The caller gets its answer before the first call goes out.
    await runtime.yield();
    const before = this.#lane.totals;
    let counts: RunCounts = {};
    let failure: SyncFailure | undefined;
    let outcome: RunOutcome = 'interrupted';
    const standBy = standsBy(this.standing());
    try {
      if (standBy !== undefined) {
        failure = standBy;
        if (flow === 'pull') this.#drained = standBy;
      } else if (flow === 'pull') {
        await this.#lookForRun(signal);
        const end = await pullCycle(this.parts, this.#lane, this.#reporter, signal, progress);
        const after = this.#lane.totals;
        counts = {
          ...end.counts,
          applied: after.applied - before.applied,
          parked: after.parked - before.parked,
        };
        failure = end.failure ?? this.#drift.stops('pull');
        this.#drained = end.drained ? undefined : (end.failure ?? { kind: 'cancelled' });
      } else {
        this.#schedule.started('push');
        const end = await this.#push(progress, signal);
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
      failure = unexpected(this.parts, error);
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
      this.#schedule.soon('push');
      this.#bells.push.ring();
    });
  }

  /**
   * Packets are taken from the cloud whatever the ERP is like, so that snapshots know of them; only applying stops. An ERP that
   * does not answer is the lane's to find out.
   */
  async #lookForRun(signal: AbortSignal): Promise<void> {
    if (this.parts.endpoints.restMs(this.parts.erpEndpoint) > 0) return;
    const ready = await this.parts.erp.ready(signal);
    if (ready.ok) await this.#drift.lookForRun(signal);
  }

  /** Pulled packets first: a snapshot built without them would take them off the phone. */
  async #push(progress: RunProgress, signal: AbortSignal): ReturnType<typeof pushCycle> {
    if (this.plan.pull.enabled) {
      const trigger = this.#running.get('push')?.trigger ?? 'schedule';
      const { done } = this.#running.get('pull') ?? this.#start('pull', trigger, signal);
      progress.follow('drain', this.#running.get('pull')?.progress);
      await done;
      if (this.#drained !== undefined) return { counts: NOTHING_PUSHED, failure: this.#drained };
    }
    progress.enter('push');
    this.parts.changed();
    return pushCycle(this.parts, this.#sender, this.#drift, signal, progress);
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
}

/** Long enough for a held packet's visit to arrive, short enough for a user who waits at his car. */
const PUSH_AGAIN_MS = 60_000;

const pauseReason = ({ failure, reason }: Pause): Explanation =>
  failure === undefined
    ? {
        owner: 'user',
        what: { key: 'sync.paused.what', params: { reason } },
        next: { key: 'sync.paused.next', params: {} },
      }
    : failureView(failure);

/** What a run could not go on after: a store that refuses is expected, everything else is a bug whose evidence is kept. */
function unexpected({ endpoints, log }: LinkParts, error: unknown): SyncFailure {
  if (error instanceof StoreError) {
    const failure = storeFailure(error);
    endpoints.diskFailed(failure);
    return failure;
  }
  const message = error instanceof Error ? error.message : 'unknown';
  log.warn('defect', { message, stack: error instanceof Error ? (error.stack ?? '') : '' });
  return { kind: 'defect', message };
}
