import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { ScheduleSettings } from '../../../shared/model/settings.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import type { Flow } from '../queue/queue-store.ts';
import { isOverdue, nextRun } from '../schedule/next-run.ts';
import type { LinkParts } from './link-parts.ts';
import { pacedMs, throttlesAfter } from './pull/pull-pace.ts';
import { quietEnd } from './push/push-plan.ts';

export interface FlowPlan {
  readonly enabled: boolean;
  readonly schedule: ScheduleSettings;
  /** Spares a cloud that counts calls: never more often than once a minute, less often once it complained, not to the second. */
  readonly paced?: boolean | undefined;
}

export interface LinkPlan {
  /** The site's zone: schedules are read on its wall clock. */
  readonly zone: string;
  readonly pull: FlowPlan;
  readonly push: FlowPlan;
}

/** When the flows of a link run: their schedules, its pauses, and rests of its cloud. */
export class LinkSchedule {
  readonly #parts: LinkParts;
  readonly #plan: LinkPlan;
  readonly #soon = new Set<Flow>();
  #throttles = 0;
  #jitter = 0;

  constructor(parts: LinkParts, plan: LinkPlan) {
    this.#parts = parts;
    this.#plan = plan;
    this.#drawJitter();
  }

  /** Undefined while the flow is off or paused without an end. */
  nextRun(flow: Flow): Instant | undefined {
    const { store, link, runtime, endpoints, cloudEndpoint } = this.#parts;
    if (!this.#plan[flow].enabled) return undefined;
    const now = runtime.wall();
    const pause = activePause(store, link, now);
    if (pause !== undefined && pause.until === undefined) return undefined;
    const due = this.#soon.has(flow) ? now : nextRun(this.#pacedQuestion(flow, now));
    // A run would ask a cloud that rests, and be over with nothing done.
    const free = Math.max(due, pause?.until ?? 0, now + endpoints.restMs(cloudEndpoint));
    return flow === 'push' ? this.#afterQuiet(free) : free;
  }

  /** Whether the flow should have started more than `graceMs` ago, whatever keeps it. A paused one should not. */
  isOverdue(flow: Flow, graceMs: number): boolean {
    const { store, link, runtime } = this.#parts;
    if (!this.#plan[flow].enabled || activePause(store, link, runtime.wall()) !== undefined) return false;
    const then = runtime.wall() - graceMs;
    if (flow === 'push' && this.#afterQuiet(then) !== then) return false;
    return this.#plan[flow].paced === true
      ? nextRun(this.#pacedQuestion(flow, then)) <= then
      : isOverdue({ ...this.#question(flow), graceMs });
  }

  /** The flow is due at once, whatever its schedule says, until it has started. */
  soon(flow: Flow): void {
    this.#soon.add(flow);
  }

  started(flow: Flow): void {
    this.#soon.delete(flow);
    if (flow === 'pull') this.#drawJitter();
  }

  /** How a pull ended: a cloud that wants to be asked less is asked less for a while. */
  pulled(failure: SyncFailure | undefined): void {
    this.#throttles = throttlesAfter(this.#throttles, failure);
  }

  #drawJitter(): void {
    if (this.#plan.pull.paced === true) this.#jitter = this.#parts.runtime.random();
  }

  /** The same question, asked at the earliest moment that the pace allows: windows and weekdays hold for that one. */
  #pacedQuestion(flow: Flow, at: Instant): Parameters<typeof nextRun>[0] {
    const question = { ...this.#question(flow), now: at };
    const { lastStarted } = question;
    if (this.#plan[flow].paced !== true || lastStarted === undefined) return question;
    const scheduledMs = nextRun({ ...question, now: lastStarted }) - lastStarted;
    const pace = { throttles: this.#throttles, jitter: this.#jitter };
    return { ...question, now: Math.max(at, lastStarted + pacedMs(scheduledMs, pace)) };
  }

  /** In quiet hours nothing could leave, and what is read then is old when they end. */
  #afterQuiet(moment: Instant): Instant | undefined {
    const rules = this.#parts.policy.push;
    return rules === undefined ? moment : quietEnd(moment, rules.quietHours, rules.zone);
  }

  #question(flow: Flow): Parameters<typeof nextRun>[0] {
    const { store, link, runtime } = this.#parts;
    const now = runtime.wall();
    const last = store.lastStarted(link, flow);
    return {
      schedule: this.#plan[flow].schedule,
      zone: this.#plan.zone,
      // A start in the future: the clock was set back. Waiting until it is reached again would be hours of silence.
      lastStarted: last !== undefined && last > now ? undefined : last,
      now,
    };
  }
}
