/** What the keeper knows, hears and does, and the times it goes by. What it decides is in `decide.ts`. */
export interface KeeperState {
  readonly phase: Phase;
  /** A process of ours that was not seen to end. */
  readonly own: boolean;
  /** A connection of ours that was not seen to end. */
  readonly connected: boolean;
  /** The connection is to the process of ours. */
  readonly toOwn: boolean;
  /** An attempt to connect that was not answered yet. */
  readonly connecting: boolean;
  /** Ends in a row, since the agent was last well for long. */
  readonly failures: number;
  /** When something was last heard. */
  readonly heardAt: number;
  /** When our process was started. */
  readonly startedAt: number;
  /** When the connection began. */
  readonly liveAt: number;
  /** What viewers are told. */
  readonly told: Told;
}

export type Phase =
  | { readonly at: 'seeking'; readonly next: number }
  | { readonly at: 'starting'; readonly next: number }
  | { readonly at: 'live' }
  | { readonly at: 'resting'; readonly until: number }
  | { readonly at: 'quitting'; readonly deadline: number }
  | { readonly at: 'gone' };

export interface Told {
  readonly state: 'live' | 'starting' | 'lost';
  readonly reason?: Reason | undefined;
}

/** Why it is not live; the words are the catalogue's. */
export type Reason =
  | { readonly kind: 'owned' | 'silent' | 'stranger' | 'other-version' | 'resumed' }
  | { readonly kind: 'ended'; readonly code: number };

export type KeeperEvent =
  | { readonly kind: 'begin' }
  /** `own`: the process of ours was reached. */
  | { readonly kind: 'connected'; readonly own: boolean }
  | {
      readonly kind: 'not-connected';
      readonly why: 'no-agent' | 'stranger' | 'other-version' | 'silent';
    }
  | { readonly kind: 'disconnected' }
  /** A status came. */
  | { readonly kind: 'heard' }
  | { readonly kind: 'ended'; readonly code: number }
  | { readonly kind: 'resumed' }
  | { readonly kind: 'quit' }
  /** The time of `wakeAt` has come, or nearly. */
  | { readonly kind: 'tick' };

export type KeeperAction =
  | { readonly kind: 'connect' }
  | { readonly kind: 'disconnect' }
  | { readonly kind: 'start' }
  | { readonly kind: 'ask-to-end' }
  | { readonly kind: 'kill' }
  | { readonly kind: 'tell'; readonly told: Told }
  | { readonly kind: 'leave' };

export interface Decision {
  readonly state: KeeperState;
  readonly actions: readonly KeeperAction[];
}

export const REST_MS = { first: 1_000, most: 60_000 } as const;
/** An agent that lived this long was well: the next end is a new story. */
export const HEALTH_MS = 5 * 60_000;
/** The agent tells something every five seconds at least; three times that is silence. */
export const SILENT_MS = 15_000;
/** A connection that stays silent is made anew: its other end may be gone without a word. */
export const DEAF_MS = 60_000;
/** A process of ours that nobody can talk to for this long is ended: every durable step survives that. */
export const HUNG_MS = 10 * 60_000;
/** Longer than a durable step, shorter than the patience of somebody who signs out. */
export const QUIT_MS = 10_000;

export const initialState: KeeperState = {
  phase: { at: 'seeking', next: 0 },
  own: false,
  connected: false,
  toOwn: false,
  connecting: false,
  failures: 0,
  heardAt: 0,
  startedAt: 0,
  liveAt: 0,
  told: { state: 'starting' },
};

/** 1 s, 2 s, 4 s … 60 s. */
export const restMs = (failures: number): number =>
  Math.min(REST_MS.most, REST_MS.first * 2 ** Math.min(16, Math.max(0, failures - 1)));

/** When `tick` is due; undefined: never. */
export function wakeAt(state: KeeperState): number | undefined {
  const { phase } = state;
  const hung = state.own ? Math.max(state.startedAt, state.heardAt) + HUNG_MS : Infinity;
  switch (phase.at) {
    case 'seeking':
    case 'starting':
      return Math.min(state.connecting ? Infinity : phase.next, hung);
    case 'live':
      return Math.min(
        state.told.state === 'live' ? state.heardAt + SILENT_MS : Infinity,
        Math.max(state.heardAt, state.liveAt) + DEAF_MS,
        hung,
      );
    case 'resting':
      return phase.until;
    case 'quitting':
      return phase.deadline;
    case 'gone':
      return undefined;
    default:
      return phase satisfies never;
  }
}
