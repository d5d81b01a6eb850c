import type { NoConnection, PipeClient } from '../../console/pipe-client.ts';
import type { SiteEvent } from '../../../shared/contract/status.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { AgentProcess, AgentStart, Shell } from '../shell.ts';
import { decide } from './decide.ts';
import {
  initialState,
  wakeAt,
  type KeeperAction,
  type KeeperEvent,
  type KeeperState,
  type Told,
} from './keeper-state.ts';

/** Time as the keeper takes it: milliseconds that never go back, and timers. */
export interface KeeperClock {
  now(): number;
  /** Calls back once, not before `ms` have passed. The result calls it off. */
  after(ms: number, call: () => void): () => void;
}

export interface KeeperParts {
  readonly shell: Pick<Shell, 'startAgent'>;
  /** Connects to whatever agent the data folder has. */
  readonly connect: () => Promise<Result<PipeClient, NoConnection>>;
  readonly agent: Pick<AgentStart, 'script' | 'args' | 'env'>;
  readonly clock: KeeperClock;
  readonly log: (message: string) => void;
  readonly onStatus: (event: SiteEvent) => void;
  readonly onTold: (told: Told) => void;
  /** Nothing of ours runs any more, or nobody waits for it: the program may end. */
  readonly onLeave: () => void;
}

/** Longer than the pipe's own deadline for a greeting. */
const ANSWER_MS = 15_000;

/** Carries out what `decide` says: the one place that starts, asks and ends the agent. */
export class AgentKeeper {
  readonly #parts: KeeperParts;
  #state: KeeperState = initialState;
  #client: PipeClient | undefined;
  #process: AgentProcess | undefined;
  #lastLine: string | undefined;
  #callOff: (() => void) | undefined;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
  }

  /** The agent as long as its connection holds. */
  get client(): PipeClient | undefined {
    return this.#client;
  }

  /** Whether ending this program ends the agent. */
  get ownsAgent(): boolean {
    return this.#state.own;
  }

  get told(): Told {
    return this.#state.told;
  }

  /** The last words of an agent that ended by itself: they name the cause. */
  get lastLine(): string | undefined {
    return this.#lastLine;
  }

  begin(): void {
    this.#step({ kind: 'begin' });
  }

  /** The computer slept. */
  resumed(): void {
    this.#step({ kind: 'resumed' });
  }

  /** Ends what was started here, then `onLeave`, at the latest after the deadline. Idempotent. */
  quit(): void {
    this.#step({ kind: 'quit' });
  }

  #step(event: KeeperEvent): void {
    const { state, actions } = decide(this.#state, event, this.#parts.clock.now());
    this.#state = state;
    this.#callOff?.();
    const wake = wakeAt(state);
    this.#callOff =
      wake === undefined || wake === Infinity
        ? undefined
        : this.#parts.clock.after(Math.max(1, wake - this.#parts.clock.now()), () =>
            this.#step({ kind: 'tick' }),
          );
    for (const action of actions) this.#do(action);
  }

  #do(action: KeeperAction): void {
    switch (action.kind) {
      case 'connect':
        return void this.#connect();
      case 'disconnect':
        return this.#disconnect();
      case 'start':
        return this.#start();
      case 'ask-to-end':
        return void this.#client?.call('shutdown', {});
      case 'kill':
        return this.#process?.kill();
      case 'tell':
        return this.#parts.onTold(action.told);
      case 'leave':
        return this.#parts.onLeave();
      default:
        return action satisfies never;
    }
  }

  async #connect(): Promise<void> {
    let late = false;
    // An agent that took the connection and froze must not hold up the looking for ever.
    const callOff = this.#parts.clock.after(ANSWER_MS, () => {
      late = true;
      this.#step({ kind: 'not-connected', why: 'silent' });
    });
    const connected = await this.#parts.connect().catch((error: unknown) => ({
      ok: false as const,
      failure: { kind: 'silent' as const, message: error instanceof Error ? error.message : 'failed' },
    }));
    callOff();
    if (late) return connected.ok ? connected.value.close() : undefined;
    if (!connected.ok) return this.#step({ kind: 'not-connected', why: connected.failure.kind });
    const client = connected.value;
    this.#client = client;
    this.#step({ kind: 'connected', own: client.agentPid === this.#process?.pid() });
    if (!this.#state.connected) return this.#disconnect();
    void client.closed.then(() => {
      if (this.#client !== client) return;
      this.#client = undefined;
      this.#step({ kind: 'disconnected' });
    });
    client.subscribe((event) => {
      if (this.#client !== client) return;
      // The status first: nobody may take the one before for one that holds.
      this.#parts.onStatus(event);
      this.#step({ kind: 'heard' });
    });
  }

  #disconnect(): void {
    const client = this.#client;
    this.#client = undefined;
    client?.close();
  }

  #start(): void {
    const { agent, shell, log } = this.#parts;
    log('starting the agent');
    this.#lastLine = undefined;
    this.#process = shell.startAgent({
      ...agent,
      onLine: (line) => {
        this.#lastLine = line.slice(0, 300);
        log(`agent: ${line}`);
      },
      onExit: (code) => {
        this.#process = undefined;
        log(`the agent ended with code ${code}`);
        this.#step({ kind: 'ended', code });
      },
    });
  }
}
