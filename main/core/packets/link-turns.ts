import { explainReason, failureView } from '../../../shared/contract/explain-reason.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import { storeFailure } from '../queue/endpoints.ts';
import type { Flow, Trigger } from '../queue/queue-store.ts';
import { Bell } from '../runtime/bell.ts';
import { durablySync } from '../runtime/runtime.ts';
import { ManualSyncs } from './by-person/manual-syncs.ts';
import type { FlowRuns, FlowWork } from './flow-work.ts';
import type { LinkParts } from './link-parts.ts';
import type { LinkPlan, LinkSchedule } from './link-schedule.ts';
import { pauseReason } from './push/hold-words.ts';
import { sameName, userHold } from './push/push-plan.ts';
import { RunProgress } from './run-progress.ts';

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

export interface Started {
  readonly answer: SyncAnswer;
  /** Ends with the run; at once where none was started. */
  readonly done: Promise<void>;
}

/** Longest sleep of a schedule loop: after a wall clock that jumped, or a computer that slept, a run is late by this much. */
const LOOK_AT_CLOCK_MS = 5_000;

export const FLOWS: readonly Flow[] = ['pull', 'push'];

type Work = FlowWork['execute'];

/**
 * Who of a link runs when: by the schedule, or because somebody asked. A flow never runs beside itself; whoever asks meanwhile
 * joins the running one, or stands in line behind it.
 */
export class LinkTurns implements FlowRuns {
  readonly #parts: LinkParts;
  readonly #plan: LinkPlan;
  readonly #schedule: LinkSchedule;
  readonly #execute: Work;
  readonly #manual: ManualSyncs;
  readonly #bells: Record<Flow, Bell>;
  readonly #running = new Map<Flow, RunningFlow & { readonly done: Promise<void> }>();
  /** Pushes whose turn comes after the one that runs: by user, in small letters; of all users under no name. */
  readonly #queued = new Map<string, { readonly run: number; readonly done: Promise<void> }>();
  readonly #turns = new Set<Promise<void>>();
  /** Ends what a person started; set while `run` works. */
  #signal: AbortSignal | undefined;

  constructor(given: {
    readonly parts: LinkParts;
    readonly plan: LinkPlan;
    readonly schedule: LinkSchedule;
    /** Carries one started run out; never rejects. */
    readonly execute: Work;
  }) {
    this.#parts = given.parts;
    this.#plan = given.plan;
    this.#schedule = given.schedule;
    this.#execute = given.execute;
    this.#manual = new ManualSyncs(given.parts, (flow) => this.#startAsked(flow));
    this.#bells = { pull: new Bell(given.parts.runtime), push: new Bell(given.parts.runtime) };
  }

  /** Starts runs when they are due, or asked for and waited with, until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    this.#signal = signal;
    await Promise.all([
      this.#manual.run(signal),
      ...FLOWS.filter((flow) => this.#plan[flow].enabled).map((flow) => this.#scheduleLoop(flow, signal)),
    ]);
  }

  /** When every run that was started has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#turns);
  }

  running(flow: Flow): RunningFlow | undefined {
    return this.#running.get(flow);
  }

  askedFor(flow: Flow): Instant | undefined {
    return this.#manual.when(flow);
  }

  dropAsked(): void {
    this.#manual.forgetAll();
  }

  /** The schedule is looked at now. */
  soon(flow: Flow): void {
    this.#bells[flow].ring();
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
      if (trigger === 'manual' && this.#plan.pull.enabled)
        this.#manual.oncePulled(this.#running.get('pull')?.done);
      return { answer: { outcome: 'joined', run: running.run }, done: running.done };
    }
    const { endpoints } = this.#parts;
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
    const held = userHold(this.#parts.policy.push, user);
    if (held !== undefined) {
      const reason = explainReason({ kind: 'push-held', why: held });
      return { answer: { outcome: 'refused', reason }, done: Promise.resolve() };
    }
    const running = this.#running.get('push');
    if (running !== undefined && includes(running, user))
      return { answer: { outcome: 'joined', run: running.run }, done: running.done };
    const not = this.#notNow(undefined);
    if (not !== undefined) return { answer: not, done: Promise.resolve() };
    this.#parts.endpoints.wakeAll();
    return this.#start('push', 'manual', signal, user);
  }

  /** Without a flow nothing is remembered: who asked asks again. */
  #notNow(flow: Flow | undefined): SyncAnswer | undefined {
    const { store, link, runtime, endpoints, cloudEndpoint } = this.#parts;
    const now = runtime.wall();
    const pause = activePause(store, link, now);
    if (pause !== undefined) return { outcome: 'refused', when: pause.until, reason: pauseReason(pause) };
    const heldMs = endpoints.heldMs(cloudEndpoint);
    if (heldMs === 0) return undefined;
    const held = { when: now + heldMs, reason: failureView({ kind: 'throttled', endpoint: cloudEndpoint }) };
    // A single round ends before it could be carried out.
    if (this.#signal === undefined || flow === undefined) return { outcome: 'refused', ...held };
    this.#manual.remember(flow);
    this.#parts.changed();
    return { outcome: 'waits', ...held };
  }

  #startAsked(flow: Flow): void {
    const signal = this.#signal;
    if (signal === undefined) return;
    // What goes wrong in it stands in its run.
    this.sync(flow, 'manual', signal).done.catch(() => undefined);
  }

  #start(flow: Flow, trigger: Trigger, signal: AbortSignal, user?: string): Started {
    const { store, link, runtime, startId, endpoints } = this.#parts;
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
    const done = this.#execute(flow, own, signal).finally(() => {
      this.#running.delete(flow);
      this.#parts.changed();
    });
    this.#running.set(flow, { ...own, done });
    this.#parts.changed();
    await done;
  }

  /** The pull that a push waits for, running or started for it; undefined while pulling is off. */
  drain(
    signal: AbortSignal,
  ): { readonly done: Promise<void>; readonly progress: RunProgress | undefined } | undefined {
    if (!this.#plan.pull.enabled) return undefined;
    const trigger = this.#running.get('push')?.trigger ?? 'schedule';
    const { done } = this.#running.get('pull') ?? this.#start('pull', trigger, signal);
    return { done, progress: this.#running.get('pull')?.progress };
  }

  async #scheduleLoop(flow: Flow, signal: AbortSignal): Promise<void> {
    const { runtime } = this.#parts;
    while (!signal.aborted) {
      const due = this.#schedule.nextRun(flow);
      const wait = due === undefined ? LOOK_AT_CLOCK_MS : due - runtime.wall();
      const rest = Math.max(wait, this.#parts.endpoints.restMs('site:disk'));
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
