import type { Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import type { Flow, Trigger } from '../queue/queue-store.ts';
import type { Item } from '../queue/item.ts';
import { ListAge } from '../health/list-age.ts';
import { ApplyLane } from './apply/apply-lane.ts';
import { DriftWatch } from './drift-watch.ts';
import { discardItem, type DiscardEnd } from './by-person/discard-item.ts';
import { editItem, type EditEnd, type WantedEdit } from './by-person/edit-item.ts';
import { standingErp, type ErpStanding } from './erp-standing.ts';
import { ErpWatch } from './erp-watch.ts';
import { FirstPull, storeOnlyWhile } from './pull/first-pull.ts';
import { EvidenceGuard } from './guard/evidence-guard.ts';
import { FlowWork } from './flow-work.ts';
import { HandoverWatch } from './apply/handover-watch.ts';
import type { LinkParts } from './link-parts.ts';
import { LinkSchedule, type LinkPlan } from './link-schedule.ts';
import { FLOWS, LinkTurns, type RunningFlow, type Started } from './link-turns.ts';
import { obedientCloud } from './obedient-cloud.ts';
import { reconcile, type Reconciled } from './by-person/reconcile.ts';
import { Reporter } from './report/reporter.ts';
import { clockLoop, reportLoop, sendLoop } from './side-loops.ts';
import { previewOf, type Preview, type PreviewFailure } from './push/preview.ts';
import { SnapshotSender } from './push/snapshot-sender.ts';

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
  readonly #schedule: LinkSchedule;
  readonly #turns: LinkTurns;
  /** Packets the cloud listed that are not here yet; undefined until counted. */
  #announced: number | undefined;

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
    this.#handovers = new HandoverWatch(parts);
    this.#guard = new EvidenceGuard(parts);
    this.#turns = new LinkTurns({
      parts,
      plan,
      schedule: this.#schedule,
      execute: (flow, own, signal) =>
        this.#work.execute(flow, own, signal).finally(() => {
          this.#announced = undefined;
        }),
    });
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
      runs: this.#turns,
    });
  }

  /** Works until aborted; every lane has ended when it resolves. */
  async run(signal: AbortSignal): Promise<void> {
    this.#work.begin();
    await Promise.all([
      this.#lane.run(signal),
      reportLoop(this.parts, this.#reporter, signal),
      sendLoop(this.parts, this.#sender, signal),
      clockLoop(this.parts, this.#lists, () => this.#wakeLanes(), signal),
      this.#watch.run(signal),
      this.#handovers.run(() => this.#lane.wake(), signal),
      this.#turns.run(signal),
    ]);
    await this.#turns.ended();
  }

  running(flow: Flow): RunningFlow | undefined {
    return this.#turns.running(flow);
  }

  /** When the flow runs next by itself; undefined while it is off or paused without an end. */
  nextRun(flow: Flow): Instant | undefined {
    return this.#schedule.nextRun(flow);
  }

  /** Whether a scheduled run is late by more than `graceMs`, whatever keeps it. One that runs, or is paused, is not. */
  isOverdue(graceMs: number): boolean {
    return FLOWS.some((flow) => this.running(flow) === undefined && this.#schedule.isOverdue(flow, graceMs));
  }

  /** When a sync asked for by hand is going to run; undefined when none waits. */
  askedFor(flow: Flow): Instant | undefined {
    return this.#turns.askedFor(flow);
  }

  /** Nobody waits for a sync any more: the link is being paused. */
  dropAsked(): void {
    this.#turns.dropAsked();
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

  /** See `LinkTurns`: runs a flow now, or joins the one that runs. */
  sync(flow: Flow, trigger: Trigger, signal: AbortSignal): Started {
    return this.#turns.sync(flow, trigger, signal);
  }

  /** See `LinkTurns`: builds and sends one user's snapshot now, by hand. */
  pushUser(user: string, signal: AbortSignal): Started {
    return this.#turns.pushUser(user, signal);
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
    for (const flow of FLOWS) this.#turns.soon(flow);
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
}
