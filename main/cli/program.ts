import type { Handlers } from '../../shared/contract/contract.ts';
import type { SiteEvents } from '../../shared/contract/status.ts';

export interface StartOptions {
  readonly dataDir: string;
  readonly env: NodeJS.ProcessEnv;
  /** `once`: one pass over the links, then `finished`. */
  readonly mode: 'run' | 'once';
  readonly links?: readonly string[] | undefined;
  /** With `once`: pulls, and pushes nothing. */
  readonly flow?: 'pull' | undefined;
  /** Starts also without settings that check, so that they can be made or repaired through it. */
  readonly setUp?: boolean | undefined;
  /** Switches the loopback console on whatever the settings say. */
  readonly console?: boolean | undefined;
}

/** A started site. */
export interface SiteHandle {
  readonly handlers: Handlers;
  readonly events: SiteEvents;
  /** What did not start although it was asked for, in words. */
  readonly notes?: readonly string[] | undefined;
  /** Resolves when the agent has ended; `exitCode` as the command line defines it. */
  readonly finished: Promise<{ readonly exitCode: number; readonly report: unknown }>;
  /** Ends the agent after its current durable step. Idempotent. */
  stop(signal: AbortSignal): Promise<void>;
}

/** What the command line asks of the program: the real one is `startSite` of `compose.ts`. */
export type StartSite = (options: StartOptions) => Promise<SiteHandle>;

/** Why a site does not start; other errors are bugs. */
export class StartRefused extends Error {
  readonly reason: 'site-owned' | 'configuration' | 'store';
  readonly hint: string;

  constructor(reason: StartRefused['reason'], message: string, hint: string) {
    super(message);
    this.name = 'StartRefused';
    this.reason = reason;
    this.hint = hint;
  }
}
