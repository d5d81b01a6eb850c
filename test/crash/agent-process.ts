import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { AgentOptions, CrashPoint, Order, Told } from './crash-point.ts';

const AGENT = fileURLToPath(new URL('./agent.ts', import.meta.url));

/** A start that takes longer on the busiest machine is one that hangs. */
const ANSWER_MS = 60_000;

/** How a life ended. */
export type Death =
  /** Killed by itself at its crash point. */
  | 'crash-point'
  /** Killed by the harness. */
  | 'killed'
  /** It ended by itself: never in order here. */
  | 'ended';

/** One life of the agent, in a process of its own. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #death: Promise<Death>;
  readonly #waiting = new Map<Told['kind'], () => void>();
  #killed = false;
  #dead = false;
  /** Why the site did not start, in its own words. */
  refused: string | undefined;

  /** Starts the process, which loads the program and waits. */
  constructor(options: AgentOptions, env: Readonly<Record<string, string>>) {
    this.#child = fork(AGENT, [JSON.stringify({ ...options, standBy: true } satisfies AgentOptions)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
      env: { ...process.env, ...env },
    });
    this.#death = once(this.#child, 'exit').then(([, signal]) => {
      this.#dead = true;
      if (signal !== 'SIGKILL') return 'ended';
      return this.#killed ? 'killed' : 'crash-point';
    });
    this.#child.on('message', (told: Told) => {
      if (told.kind === 'refused') this.refused = told.message;
      this.#waiting.get(told.kind)?.();
    });
    // A message to a process that has just died is no error: its death tells.
    this.#child.on('error', () => undefined);
  }

  get death(): Promise<Death> {
    return this.#death;
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Opens the site. Resolves when it is up, or dead. */
  async start(crashAt?: CrashPoint): Promise<void> {
    await this.#ask({ kind: 'start', crashAt }, 'ready');
  }

  /** Sets the crash point of a running agent. Resolves when it counts, or dead. */
  async arm(crashAt: CrashPoint): Promise<void> {
    await this.#ask({ kind: 'arm', crashAt }, 'armed');
  }

  /** Kills it now, unless it is dead already. */
  async kill(): Promise<Death> {
    if (!this.#dead) {
      this.#killed = true;
      this.#child.kill('SIGKILL');
    }
    return this.#death;
  }

  async #ask(order: Order, answer: Told['kind']): Promise<void> {
    const answered = new Promise<void>((resolve) => this.#waiting.set(answer, resolve));
    if (this.#child.connected) this.#child.send(order, () => undefined);
    const late = delay(ANSWER_MS, 'late' as const, { ref: false });
    if ((await Promise.race([answered, this.#death, late])) === 'late')
      this.refused = `no answer to ${order.kind} within ${ANSWER_MS} ms`;
  }
}
