import type { ScheduleSettings } from '../../../shared/model/settings.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { activePause } from '../queue/active-pause.ts';
import type { Flow } from '../queue/queue-store.ts';
import { isOverdue, nextRun } from '../schedule/next-run.ts';
import type { LinkParts } from './link-parts.ts';
import { quietEnd } from './push-plan.ts';

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

/** When the flows of a link run: their schedules, its pauses, and rests of its cloud. */
export class LinkSchedule {
  readonly #parts: LinkParts;
  readonly #plan: LinkPlan;
  readonly #soon = new Set<Flow>();

  constructor(parts: LinkParts, plan: LinkPlan) {
    this.#parts = parts;
    this.#plan = plan;
  }

  /** Undefined while the flow is off or paused without an end. */
  nextRun(flow: Flow): Instant | undefined {
    const { store, link, runtime, endpoints, cloudEndpoint } = this.#parts;
    if (!this.#plan[flow].enabled) return undefined;
    const now = runtime.wall();
    const pause = activePause(store, link, now);
    if (pause !== undefined && pause.until === undefined) return undefined;
    const due = this.#soon.has(flow) ? now : nextRun(this.#question(flow));
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
    return isOverdue({ ...this.#question(flow), graceMs });
  }

  /** The flow is due at once, whatever its schedule says, until it has started. */
  soon(flow: Flow): void {
    this.#soon.add(flow);
  }

  started(flow: Flow): void {
    this.#soon.delete(flow);
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
