import { contract, isRequestName, type Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse, type Reply } from '../../../shared/contract/reply.ts';
import { settingsRequests, type ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import type { SiteEvents } from '../../../shared/contract/status.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { LastingEvents } from './lasting-events.ts';
import type { TakeOver } from './ports.ts';

/** Everything but the settings, which outlive what runs. */
export type LifeHandlers = Omit<Handlers, keyof typeof settingsRequests>;

export interface LifeEnd {
  readonly exitCode: number;
  readonly report: unknown;
}

/** The site with one set of settings: store, links, agent. Never two at once on one store. */
export interface Life {
  readonly handlers: LifeHandlers;
  readonly events: SiteEvents;
  /** Works until stopped, or its round is over. Called once. */
  work(): Promise<LifeEnd>;
  /** Ends the work after its current durable step. Idempotent. */
  stop(): void;
  /** Closes what it holds. After `work` has ended; with it nothing of this life touches the store. */
  end(): Promise<void>;
  secretChanged(name: string): Promise<void>;
}

export interface HostOptions<S> {
  readonly runtime: Runtime;
  /** Opens store and parts. When it throws, it has closed what it opened. */
  readonly build: (site: S) => Promise<Life>;
  /** Why settings did not start, in words with a place. */
  readonly explain: (error: unknown) => readonly ConfigProblem[];
  readonly log: {
    info(event: string, facts: Readonly<Record<string, unknown>>): void;
    warn(event: string, facts: Readonly<Record<string, unknown>>): void;
    error(event: string, facts: Readonly<Record<string, unknown>>): void;
  };
  /** These settings run from now on. */
  readonly onLife: (site: S) => void;
}

interface Wish<S> {
  readonly site: S;
  readonly undo: () => void;
  readonly done: (end: TakeOver) => void;
}

/** How long requests under way may hold up a take-over; their signals are aborted, so they are nearly over. */
const DRAIN_MS = 5_000;
/** After the answer to `shutdown` has left: the viewer is told that it was heard. */
const SHUTDOWN_MS = 50;

const TAKING_OVER = 'The site takes over new settings.';
const ENDING = 'The program ends.';

/**
 * What stays while settings are taken over: the table of handlers and the events that pipe and console hold on to.
 *
 *     life runs ─takeOver─▶ refuses calls, stops ─work ended─▶ calls drained ─▶ closed ─▶ next built ─▶ life runs
 *                                                                               │ it cannot start
 *                                                                               └▶ undo ─▶ the old one built again
 */
export class SiteHost<S> {
  readonly events: SiteEvents;
  readonly #events = new LastingEvents();
  readonly #options: HostOptions<S>;
  #site: S;
  #life: Life | undefined;
  #wish: Wish<S> | undefined;
  #stopped = false;
  #ended = false;
  #calls = 0;
  #drained: (() => void) | undefined;

  private constructor(options: HostOptions<S>, site: S, life: Life) {
    this.#options = options;
    this.events = this.#events;
    this.#site = site;
    this.#life = life;
    this.#begin(site, life);
  }

  /** Builds the first life. Throws what `build` throws. */
  static async start<S>(options: HostOptions<S>, site: S): Promise<SiteHost<S>> {
    return new SiteHost(options, site, await options.build(site));
  }

  get site(): S {
    return this.#site;
  }

  /** Why nothing can be taken over now. */
  busy(): string | undefined {
    if (this.#stopped || this.#ended) return ENDING;
    return this.#wish === undefined && this.#life !== undefined
      ? undefined
      : 'Other settings are being taken over.';
  }

  /** Answers everything but the settings. A call that meets a change of lives is refused in words, never failed. */
  handlers(): LifeHandlers {
    const names = Object.keys(contract).filter(
      (name) => isRequestName(name) && !Object.hasOwn(settingsRequests, name),
    ) as (keyof LifeHandlers)[];
    const table = names.map((name) => [name, (args: never) => this.#call(name, args)]);
    return { ...(Object.fromEntries(table) as LifeHandlers), shutdown: () => this.#shutdown() };
  }

  /** Lives until stopped. Rejects when what runs fails by a bug, or neither the new nor the old settings start. */
  async run(): Promise<LifeEnd> {
    try {
      for (;;) {
        const life = this.#life;
        if (life === undefined) throw new Error('there is nothing to run');
        let end: LifeEnd;
        try {
          end = await life.work();
        } finally {
          await this.#close(life);
        }
        const wish = this.#wish;
        if (wish === undefined || this.#stopped) return end;
        await this.#next(wish);
      }
    } finally {
      this.#ended = true;
      this.#wish?.done({ kind: 'ending' });
      this.#wish = undefined;
    }
  }

  /** Closes a life that never ran, or has not closed itself. Idempotent. */
  async close(): Promise<void> {
    const life = this.#life;
    if (life !== undefined) await this.#close(life);
  }

  stop(): void {
    this.#stopped = true;
    this.#life?.stop();
  }

  takeOver(site: S, undo: () => void): Promise<TakeOver> {
    const life = this.#life;
    if (this.busy() !== undefined || life === undefined) return Promise.resolve({ kind: 'ending' });
    return new Promise((done) => {
      this.#wish = { site, undo, done };
      life.stop();
    });
  }

  async secretChanged(name: string): Promise<void> {
    if (this.#wish === undefined) await this.#life?.secretChanged(name);
  }

  async #close(life: Life): Promise<void> {
    const { runtime } = this.#options;
    this.#life = undefined;
    this.#events.detach();
    if (this.#calls > 0) {
      const limit = new AbortController();
      const drained = new Promise<void>((resolve) => (this.#drained = resolve));
      await Promise.race([drained, runtime.sleep(DRAIN_MS, limit.signal)]);
      limit.abort();
      this.#drained = undefined;
    }
    await life.end();
  }

  async #next({ site, undo, done }: Wish<S>): Promise<void> {
    const { build, explain, log } = this.#options;
    try {
      this.#begin(site, await build(site));
    } catch (error) {
      const problems = explain(error);
      log.warn('new settings do not start', { problems: problems.map(({ reason }) => reason) });
      try {
        undo();
      } catch (failed) {
        // The next start finds the new file; what runs until then are the old settings.
        log.error('the old settings could not be put back', { error: failed });
      }
      this.#begin(this.#site, await build(this.#site));
      // Whoever is answered may ask again at once.
      this.#wish = undefined;
      done({ kind: 'failed', problems });
      return;
    }
    this.#wish = undefined;
    done({ kind: 'taken-over' });
  }

  #begin(site: S, life: Life): void {
    this.#site = site;
    this.#life = life;
    this.#events.attach(life.events);
    if (this.#stopped) life.stop();
    this.#options.onLife(site);
  }

  async #call(name: keyof LifeHandlers, args: never): Promise<Reply<unknown>> {
    const life = this.#life;
    if (life === undefined || this.#wish !== undefined || this.#stopped) return this.#unavailable();
    const handler = life.handlers[name] as (args: never) => Promise<Reply<unknown>>;
    this.#calls += 1;
    try {
      return await handler(args);
    } catch (error) {
      if (this.#life !== life) return this.#unavailable();
      throw error;
    } finally {
      this.#calls -= 1;
      if (this.#calls === 0) this.#drained?.();
    }
  }

  #unavailable(): ReturnType<typeof refuse> {
    return refuse(
      'unavailable',
      this.#stopped || this.#ended ? ENDING : TAKING_OVER,
      'Ask again in a moment.',
    );
  }

  async #shutdown(): Promise<Reply<{ stopping: true }>> {
    const never = new AbortController();
    void this.#options.runtime.sleep(SHUTDOWN_MS, never.signal).then(() => this.stop());
    return answer({ stopping: true as const });
  }
}
