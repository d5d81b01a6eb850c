import { explainReason, failureView } from '../../../shared/contract/explain-reason.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import type { Flow, Trigger } from '../queue/queue-store.ts';
import type { Item } from '../queue/item.ts';
import { ListAge } from '../health/list-age.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { Bell } from '../runtime/bell.ts';
import { durablySync } from '../runtime/runtime.ts';
import { ApplyLane } from './apply/apply-lane.ts';
import { DriftWatch } from './drift-watch.ts';
import { discardItem, type DiscardEnd } from './by-person/discard-item.ts';
import { editItem, type EditEnd, type WantedEdit } from './by-person/edit-item.ts';
import { standingErp, type ErpStanding } from './erp-standing.ts';
import { ErpWatch } from './erp-watch.ts';
import { FirstPull, storeOnlyWhile } from './pull/first-pull.ts';
import { EvidenceGuard } from './guard/evidence-guard.ts';
import { FlowWork, type FlowWorkParts } from './flow-work.ts';
import { HandoverWatch } from './apply/handover-watch.ts';
import type { LinkParts } from './link-parts.ts';
import { LinkSchedule, type LinkPlan } from './link-schedule.ts';
import { ManualSyncs } from './by-person/manual-syncs.ts';
import { obedientCloud } from './obedient-cloud.ts';
import { reconcile, type Reconciled } from './by-person/reconcile.ts';
import { Reporter } from './report/reporter.ts';
import { RunProgress } from './run-progress.ts';
import { clockLoop, reportLoop, sendLoop } from './side-loops.ts';
import { pauseReason } from './push/hold-words.ts';
import { sameName, userHold } from './push/push-plan.ts';
import { previewOf, type Preview, type PreviewFailure } from './push/preview.ts';
import { SnapshotSender } from './push/snapshot-sender.ts';

export interface RunningFlow {
  readonly run: number;
  readonly since: Instant;
  readonly trigger: Trigger;
  readonly progress: RunProgress;
  /** Only for this mobile user; absent: for all. */
  readonly user?: string | undefined;
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
  readonly #lists: ListAge;
  readonly #first: FirstPull;
  readonly #lane: ApplyLane;
  readonly #reporter: Reporter;
  readonly #sender: SnapshotSender;
  readonly #handovers: HandoverWatch;
  readonly #guard: EvidenceGuard;
  readonly #work: FlowWork;
  readonly #watch: ErpWatch;
  readonly #drift: DriftWatch;
  readonly #manual: ManualSyncs;
  readonly #schedule: LinkSchedule;
  readonly #bells: Record<Flow, Bell>;
  readonly #running = new Map<Flow, RunningFlow & { readonly done: Promise<void> }>();
  /** Pushes whose turn comes after the one that runs: by user, in small letters; of all users under no name. */
  readonly #queued = new Map<string, { readonly run: number; readonly done: Promise<void> }>();
  readonly #turns = new Set<Promise<void>>();
  /** Packets the cloud listed that are not here yet; undefined until counted. */
  #announced: number | undefined;
  /** Ends what a person started; set while `run` works. */
  #signal: AbortSignal | undefined;

  constructor(given: LinkParts, plan: LinkPlan) {
    const { erp, standing } = standingErp(given.erp, given.runtime);
    const cloud = obedientCloud(given.cloud, {
      ...given,
      endpoint: given.cloudEndpoint,
      callsPerMinute: given.policy.callsPerMinute,
    });
    this.#first = new FirstPull(given, given.policy.firstLook === true);
    const store = storeOnlyWhile(given.store, () => this.#first.holds());
    const parts: LinkParts = { ...given, erp, cloud, store };
    this.parts = parts;
    this.plan = plan;
    this.standing = standing;
    this.#lists = new ListAge(parts);
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
    this.#handovers = new HandoverWatch(parts);
    this.#guard = new EvidenceGuard(parts);
    this.#work = new FlowWork({
      parts,
      standing,
      schedule: this.#schedule,
      lane: this.#lane,
      drift: this.#drift,
      reporter: this.#reporter,
      sender: this.#sender,
      handovers: this.#handovers,
      guard: this.#guard,
      runs: { drain: (signal) => this.#drain(signal), soon: () => this.#bells.push.ring() },
    });
  }

  /** Works until aborted; every lane has ended when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    this.#work.begin();
    await Promise.all([
      this.#lane.run(signal),
      reportLoop(this.parts, this.#reporter, signal),
      sendLoop(this.parts, this.#sender, signal),
      clockLoop(this.parts, this.#lists, () => this.#wakeLanes(), signal),
      this.#watch.run(signal),
      this.#manual.run(signal),
      this.#handovers.run(() => this.#lane.wake(), signal),
      ...FLOWS.filter((flow) => this.plan[flow].enabled).map((flow) => this.#scheduleLoop(flow, signal)),
    ]);
    await Promise.all(this.#turns);
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
    // One user's push is none for the others.
    const partly = running?.user !== undefined && trigger === 'manual';
    if (running !== undefined && !partly) {
      if (trigger === 'manual' && this.plan.pull.enabled)
        this.#manual.oncePulled(this.#running.get('pull')?.done);
      return { answer: { outcome: 'joined', run: running.run }, done: running.done };
    }
    const { endpoints } = this.parts;
    if (trigger === 'manual') {
      const not = this.#notNow(flow);
      if (not !== undefined) return { answer: not, done: Promise.resolve() };
      endpoints.wakeAll();
    }
    return this.#start(flow, trigger, signal);
  }

  /**
   * Builds and sends one user's snapshot now, by hand, as a push does for all. Joins a push that has not begun to build, and
   * follows one that has. Refused where the settings say that this user gets nothing.
   */
  pushUser(user: string, signal: AbortSignal): Started {
    const held = userHold(this.parts.policy.push, user);
    if (held !== undefined) {
      const reason = explainReason({ kind: 'push-held', why: held });
      return { answer: { outcome: 'refused', reason }, done: Promise.resolve() };
    }
    const running = this.#running.get('push');
    if (running !== undefined && includes(running, user))
      return { answer: { outcome: 'joined', run: running.run }, done: running.done };
    const not = this.#notNow(undefined);
    if (not !== undefined) return { answer: not, done: Promise.resolve() };
    this.parts.endpoints.wakeAll();
    return this.#start('push', 'manual', signal, user);
  }

  /** Without a flow nothing is remembered: who asked asks again. */
  #notNow(flow: Flow | undefined): SyncAnswer | undefined {
    const { store, link, runtime, endpoints, cloudEndpoint } = this.parts;
    const now = runtime.wall();
    const pause = activePause(store, link, now);
    if (pause !== undefined) return { outcome: 'refused', when: pause.until, reason: pauseReason(pause) };
    const heldMs = endpoints.heldMs(cloudEndpoint);
    if (heldMs === 0) return undefined;
    const held = { when: now + heldMs, reason: failureView({ kind: 'throttled', endpoint: cloudEndpoint }) };
    // A single round ends before it could be carried out.
    if (this.#signal === undefined || flow === undefined) return { outcome: 'refused', ...held };
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

  #start(flow: Flow, trigger: Trigger, signal: AbortSignal, user?: string): Started {
    const { store, link, runtime, startId, endpoints } = this.parts;
    const name = (user ?? '').toLowerCase();
    const queued = flow === 'push' ? this.#queued.get(name) : undefined;
    if (queued !== undefined) return { answer: { outcome: 'joined', run: queued.run }, done: queued.done };
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
    if (user === undefined) this.#manual.forget(flow);
    const progress = new RunProgress(runtime, flow);
    const waits = this.#running.has(flow);
    const done = this.#inTurn(flow, { run, since, trigger, progress, user }, signal).finally(() => {
      this.#turns.delete(done);
    });
    this.#turns.add(done);
    if (waits && flow === 'push') this.#queued.set(name, { run, done });
    return { answer: { outcome: 'started', run }, done };
  }

  /** A flow never runs beside itself. */
  async #inTurn(flow: Flow, own: RunningFlow, signal: AbortSignal): Promise<void> {
    for (let other = this.#running.get(flow); other !== undefined; other = this.#running.get(flow))
      await other.done;
    if (flow === 'push') this.#queued.delete((own.user ?? '').toLowerCase());
    const done = this.#work.execute(flow, own, signal).finally(() => {
      this.#running.delete(flow);
      this.#announced = undefined;
      this.parts.changed();
    });
    this.#running.set(flow, { ...own, done });
    this.parts.changed();
    await done;
  }

  /** Since the last good list of the cloud, in milliseconds; undefined: there was none, or nothing is pulled. */
  listAgeMs(): number | undefined {
    return this.plan.pull.enabled ? this.#lists.ms() : undefined;
  }

  /** A person ends the pause. What the program paused it for, with evidence of another client, is known from now on. */
  resume(): void {
    const { store, link, runtime } = this.parts;
    this.#guard.accept(activePause(store, link, runtime.wall()));
    store.clearPause(link);
    this.wake();
  }

  /** After something changed from outside: a retried item, settings, a resumed link. */
  wake(): void {
    this.parts.endpoints.wakeAll();
    this.#wakeLanes();
  }

  #wakeLanes(): void {
    this.#lane.wake();
    this.#handovers.wake();
    for (const flow of FLOWS) this.#bells[flow].ring();
  }

  /** Sets an item aside by a person's wish; undefined when that is not possible now. */
  park(item: Item, note: string, signal: AbortSignal): Promise<Item | undefined> {
    return this.#lane.parkByPerson(item, note, signal);
  }

  /** Gives a parked item up for good, see `discardItem`. One that the ERP has is settled when this resolves, if it can be. */
  async discard(item: Item, note: string, signal: AbortSignal): Promise<DiscardEnd> {
    const end = await discardItem(this.parts, item, note, signal);
    if (end.kind === 'in-the-erp' || end.kind === 'handed-over') await this.#lane.drain(signal);
    return end;
  }

  /** Gives a parked packet other contents, see `editItem`. It is tried at once. */
  async edit(item: Item, wanted: WantedEdit, signal: AbortSignal): Promise<EditEnd> {
    const end = await editItem(this.parts, item, wanted, this.#drift.catalogue, signal);
    if (end.kind === 'in-the-erp') await this.#lane.drain(signal);
    else if (end.kind === 'edited') this.#lane.wake();
    return end;
  }

  /** What one user's phone would get now, see `previewOf`. */
  preview(user: string, listed: number, signal: AbortSignal): Promise<Result<Preview, PreviewFailure>> {
    return previewOf(this.parts, user, { stops: this.#drift.stops('push'), listed }, signal);
  }

  /** Whether packets are stored and not applied, because nobody has looked at the first ones yet. */
  onlyStores(): boolean {
    return this.#first.holds();
  }

  /** A person has looked: what is stored is applied from now on. Idempotent. */
  startApplying(by: string): void {
    this.#first.release(by);
    this.wake();
  }

  /** See `reconcile`. */
  async reconcile(replay: boolean, signal: AbortSignal): Promise<Result<Reconciled>> {
    const done = await reconcile(this.parts, replay, signal);
    if (done.ok && done.value.replayed) this.wake();
    return done;
  }

  #drain(signal: AbortSignal): ReturnType<FlowWorkParts['runs']['drain']> {
    if (!this.plan.pull.enabled) return undefined;
    const trigger = this.#running.get('push')?.trigger ?? 'schedule';
    const { done } = this.#running.get('pull') ?? this.#start('pull', trigger, signal);
    return { done, progress: this.#running.get('pull')?.progress };
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

/** Whether a push that runs is still to build this user's snapshot, as one asked for by a person. */
const includes = ({ user, trigger, progress }: RunningFlow, wanted: string): boolean => {
  if (user !== undefined) return sameName(user, wanted);
  const { stage } = progress.view();
  return trigger !== 'schedule' && stage !== 'build' && stage !== 'send';
};
