import type { SyncFailure } from '../../../shared/model/failure.ts';
import { storeFailure } from '../queue/endpoints.ts';
import type { Flow, RunCounts, RunOutcome, Trigger } from '../queue/queue-store.ts';
import { MissingPhotos } from '../photos/missing-photos.ts';
import { StoreError } from '../queue/store-error.ts';
import { durablySync } from '../runtime/runtime.ts';
import type { ApplyLane } from './apply/apply-lane.ts';
import type { DriftWatch } from './drift-watch.ts';
import { standsBy, type ErpStanding } from './erp-standing.ts';
import type { EvidenceGuard } from './guard/evidence-guard.ts';
import type { HandoverWatch } from './apply/handover-watch.ts';
import type { LinkParts } from './link-parts.ts';
import type { LinkSchedule } from './link-schedule.ts';
import { pullCycle } from './pull/pull-cycle.ts';
import { NOTHING_PUSHED, pushCycle, type PushCounts } from './push/push-cycle.ts';
import type { Reporter } from './report/reporter.ts';
import type { RunProgress } from './run-progress.ts';
import type { SnapshotSender } from './push/snapshot-sender.ts';

/** What the runs of one link are carried out with. */
export interface FlowWorkParts {
  readonly parts: LinkParts;
  readonly standing: () => ErpStanding;
  readonly schedule: LinkSchedule;
  readonly lane: ApplyLane;
  readonly drift: DriftWatch;
  readonly reporter: Reporter;
  readonly sender: SnapshotSender;
  readonly handovers: HandoverWatch;
  readonly guard: EvidenceGuard;
  readonly runs: FlowRuns;
}

/** The runs beside the one that is carried out. */
export interface FlowRuns {
  /** The pull that a push waits for, running or started for it; undefined while pulling is off. */
  drain(
    signal: AbortSignal,
  ): { readonly done: Promise<void>; readonly progress: RunProgress | undefined } | undefined;
  /** The flow is due at once. */
  soon(flow: Flow): void;
}

/** Carries out the runs of one link, as `PacketLink` starts them. */
export class FlowWork {
  readonly #parts: LinkParts;
  readonly #standing: FlowWorkParts['standing'];
  readonly #schedule: LinkSchedule;
  readonly #lane: ApplyLane;
  readonly #drift: DriftWatch;
  readonly #reporter: Reporter;
  readonly #sender: SnapshotSender;
  readonly #handovers: HandoverWatch;
  readonly #guard: EvidenceGuard;
  readonly #runs: FlowRuns;
  readonly #photos: MissingPhotos;
  /** Why the last pull did not reach the end of what waits; undefined when it did. */
  #drained: SyncFailure | undefined;

  constructor(given: FlowWorkParts) {
    this.#parts = given.parts;
    this.#standing = given.standing;
    this.#schedule = given.schedule;
    this.#lane = given.lane;
    this.#drift = given.drift;
    this.#reporter = given.reporter;
    this.#sender = given.sender;
    this.#handovers = given.handovers;
    this.#guard = given.guard;
    this.#runs = given.runs;
    this.#photos = new MissingPhotos(given.parts);
  }

  /** A new life: what the last push had to leave is not left until the schedule's next turn. */
  begin(): void {
    const { store, link, endpoints } = this.#parts;
    try {
      const last = store
        .runs({ link, limit: RUNS_LOOKED_AT })
        .find(({ flow, outcome }) => flow === 'push' && outcome !== 'running' && outcome !== 'interrupted');
      if ((last?.counts['held'] ?? 0) + (last?.counts['void'] ?? 0) > 0) this.#schedule.soon('push');
    } catch (error) {
      endpoints.diskFailed(storeFailure(error));
    }
  }

  /** Carries one started run out and writes down its end. Never rejects. */
  async execute(
    flow: Flow,
    {
      run,
      trigger,
      progress,
      user,
    }: {
      readonly run: number;
      readonly trigger: Trigger;
      readonly progress: RunProgress;
      /** Push for this mobile user only. */
      readonly user?: string | undefined;
    },
    signal: AbortSignal,
  ): Promise<void> {
    const { store, runtime } = this.#parts;
    // The caller gets its answer before the first call goes out.
    await runtime.yield();
    const before = this.#lane.totals;
    let counts: RunCounts = {};
    let failure: SyncFailure | undefined;
    let outcome: RunOutcome = 'interrupted';
    try {
      const standBy = await this.#lookForRun(flow, signal);
      if (standBy !== undefined) {
        failure = standBy;
        this.#guard.rest();
        if (flow === 'pull') this.#drained = standBy;
      } else if (flow === 'pull') {
        this.#schedule.started('pull');
        const end = await pullCycle(this.#parts, this.#lane, this.#reporter, signal, progress);
        if (await this.#handovers.round(signal)) await this.#lane.drain(signal);
        const after = this.#lane.totals;
        const missing = this.#photos.count();
        counts = {
          ...end.counts,
          applied: after.applied - before.applied,
          parked: after.parked - before.parked,
          ...(after.unknownKept > before.unknownKept
            ? { unknownKept: after.unknownKept - before.unknownKept }
            : {}),
          ...(missing > 0 ? { photosMissing: missing } : {}),
        };
        failure = end.failure ?? this.#drift.stops('pull');
        this.#schedule.pulled(end.failure);
        // More waits than one run takes: the next one begins at once.
        if (!end.drained && end.failure === undefined && !signal.aborted) this.#schedule.soon('pull');
        this.#drained = end.drained ? undefined : (end.failure ?? { kind: 'cancelled' });
        if (!end.drained) this.#guard.rest();
        else if ((this.#drained = await this.#guard.look(signal)) !== undefined) failure ??= this.#drained;
      } else {
        if (user === undefined) this.#schedule.started('push');
        // A single round is asked for by a person or a script, as a sync by hand is.
        const end = await this.#push({ byHand: trigger !== 'schedule', progress, only: user }, signal);
        counts = { ...end.counts, ...(user === undefined ? {} : { oneUser: 1 }) };
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
      failure = unexpected(this.#parts, error);
      outcome = signal.aborted ? 'interrupted' : 'failed';
    }
    try {
      durablySync(runtime, 'run.finish', () =>
        store.finishRun(run, { outcome, counts, failure }, runtime.wall()),
      );
    } catch (error) {
      // The run stays open in the store until the next start says that it was interrupted.
      this.#parts.endpoints.diskFailed(storeFailure(error));
    }
  }

  /** Users whose snapshot became void or had to wait get theirs soon, not at the next turn of the schedule. */
  #pushSoon({ held, void: voided }: Readonly<PushCounts>, signal: AbortSignal): void {
    if (held + voided === 0) return;
    void this.#parts.runtime.sleep(PUSH_AGAIN_MS, signal).then(() => {
      if (signal.aborted) return;
      this.#schedule.soon('push');
      this.#runs.soon('push');
    });
  }

  /**
   * Why nothing may run now. Packets are taken from the cloud whatever the ERP is like, so that snapshots know of them, unless
   * it is not the ERP known here; else only applying stops. An ERP that does not answer is the lane's to find out.
   */
  async #lookForRun(flow: Flow, signal: AbortSignal): Promise<SyncFailure | undefined> {
    if (this.#parts.endpoints.restMs(this.#parts.erpEndpoint) > 0) return standsBy(this.#standing());
    const ready = await this.#parts.erp.ready(signal);
    if (ready.ok && flow === 'pull') await this.#drift.lookForRun(signal);
    return standsBy(this.#standing());
  }

  /** Pulled packets first: a snapshot built without them would take them off the phone. */
  async #push(
    how: { readonly byHand: boolean; readonly progress: RunProgress; readonly only: string | undefined },
    signal: AbortSignal,
  ): ReturnType<typeof pushCycle> {
    const { progress } = how;
    const drain = this.#runs.drain(signal);
    if (drain !== undefined) {
      progress.follow('drain', drain.progress);
      await drain.done;
      if (this.#drained !== undefined) return { counts: NOTHING_PUSHED, failure: this.#drained };
    }
    progress.enter('push');
    this.#parts.changed();
    return pushCycle(this.#parts, this.#sender, this.#drift, how, signal);
  }
}

/** Long enough for a held packet's visit to arrive, short enough for a user who waits at his car. */
const PUSH_AGAIN_MS = 60_000;

/** How far back the last push is looked for. */
const RUNS_LOOKED_AT = 100;

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
