/**
 * How a fault recognises the requests it is for: words it contains (upper and lower case alike, but no part of a longer
 * word: a driver's opening batch sets `cursor_close_on_commit`), a pattern, a test.
 */
export type RequestMatch = string | RegExp | ((text: string) => boolean);

/** All but patterns and tests is plain data, so that a fault can be armed from another process. */
export type WireFault = {
  /** How often it strikes; once when left out. */
  readonly times?: number | 'always' | undefined;
  /** Every request when left out, a driver's opening `SET` batch included. */
  readonly match?: RequestMatch | undefined;
} & (
  | { /** The connection is reset as soon as it is accepted. */ readonly kind: 'refuse' }
  | {
      /** Half-open: the connection stays, nothing is read, executed or answered any more. */
      readonly kind: 'freeze';
      readonly at: 'connect' | 'request';
    }
  | { readonly kind: 'delay'; /** Milliseconds before the first byte of the answer. */ readonly ms: number }
  | { readonly kind: 'cut'; readonly at: 'before-execution' }
  | {
      readonly kind: 'cut';
      /** The request runs to its end; then `bytes` of its answer are sent (none when left out), then the cut. */
      readonly at: 'after-execution';
      readonly bytes?: number | 'half' | undefined;
    }
  | {
      readonly kind: 'cut';
      /** As soon as `bytes` of the answer were sent; strikes only answers that long. */
      readonly at: 'in-answer';
      readonly bytes: number;
    }
);

export interface WireFaultRecord {
  readonly sequence: number;
  readonly kind:
    WireFault['kind'] | 'close-connections' | 'freeze-connections' | 'stop-listening' | 'start-listening';
  readonly at?: string | undefined;
  readonly connection?: number | undefined;
  /** The beginning of the request, where one was struck. */
  readonly text?: string | undefined;
}

export interface ArmedFault {
  readonly id: number;
  /** Strikes left. */
  left(): number | 'always';
  disarm(): void;
}

type Cut = Extract<WireFault, { kind: 'cut' }>;
type Scope = Pick<WireFault, 'times' | 'match'>;

/** What a request will meet. `strike` takes one of the fault's times and records it; false when none is left. */
export interface RequestPlan {
  readonly freeze: boolean;
  readonly delayMs: number;
  readonly cut?: { readonly fault: Cut; strike(): boolean } | undefined;
}

/** What the faults ask of the server they are attached to. */
export interface FaultedServer {
  closeConnections(): number;
  freezeConnections(): number;
  stopListening(): Promise<void>;
  startListening(): Promise<void>;
}

const COMMIT = /\bCOMMIT\b/i;
const TEXT_KEPT = 120;

interface Armed {
  readonly id: number;
  readonly fault: WireFault;
  left: number | 'always';
}

/** Breaks the wire on purpose, and keeps a log of what it did. */
export class WireFaults {
  #armed: Armed[] = [];
  #nextId = 1;
  readonly #log: WireFaultRecord[] = [];
  readonly #waiters = new Set<(record: WireFaultRecord) => void>();
  #server: FaultedServer | undefined;

  arm(fault: WireFault): ArmedFault {
    const armed: Armed = { id: this.#nextId, fault, left: fault.times ?? 1 };
    this.#nextId += 1;
    this.#armed.push(armed);
    return {
      id: armed.id,
      left: () => (this.#armed.includes(armed) ? armed.left : 0),
      disarm: () => this.disarm(armed.id),
    };
  }

  disarm(id: number): void {
    this.#armed = this.#armed.filter((armed) => armed.id !== id);
  }

  /** Disarms everything. What is already frozen or cut stays so. */
  clear(): void {
    this.#armed = [];
  }

  /**
   * Cuts the connection around a COMMIT, by default of any request that contains the word: before the engine sees it
   * (`not-applied`), after it ran but before a byte of the answer (`answer-lost`), or within the answer (`answer-cut`).
   */
  cutCommit(where: 'not-applied' | 'answer-lost' | 'answer-cut', scope: Scope = {}): ArmedFault {
    const match = scope.match ?? COMMIT;
    if (where === 'not-applied') return this.arm({ kind: 'cut', at: 'before-execution', ...scope, match });
    const bytes = where === 'answer-lost' ? 0 : 'half';
    return this.arm({ kind: 'cut', at: 'after-execution', bytes, ...scope, match });
  }

  /** Cuts the connection as soon as an answer has sent this many bytes. */
  cutResult(bytes: number, scope: Scope = {}): ArmedFault {
    return this.arm({ kind: 'cut', at: 'in-answer', bytes, ...scope });
  }

  delayAnswers(ms: number, scope: Scope = {}): ArmedFault {
    return this.arm({ kind: 'delay', ms, ...scope });
  }

  refuseConnections(times: number | 'always' = 1): ArmedFault {
    return this.arm({ kind: 'refuse', times });
  }

  freezeRequests(scope: Scope = {}): ArmedFault {
    return this.arm({ kind: 'freeze', at: 'request', ...scope });
  }

  freezeNewConnections(times: number | 'always' = 1): ArmedFault {
    return this.arm({ kind: 'freeze', at: 'connect', times });
  }

  /** Freezes every connection there is, whatever it does. Returns how many. */
  freezeConnections(): number {
    const count = this.#server?.freezeConnections() ?? 0;
    this.#record({ kind: 'freeze-connections' });
    return count;
  }

  /** Closes every connection now; new ones are accepted. Returns how many. */
  closeConnections(): number {
    const count = this.#server?.closeConnections() ?? 0;
    this.#record({ kind: 'close-connections' });
    return count;
  }

  /** The server is gone: connections are closed and new ones refused by the system, until `startListening`. */
  async stopListening(): Promise<void> {
    await this.#server?.stopListening();
    this.#record({ kind: 'stop-listening' });
  }

  /** Listens on the same port again. */
  async startListening(): Promise<void> {
    await this.#server?.startListening();
    this.#record({ kind: 'start-listening' });
  }

  /** What was done so far, oldest first. */
  log(): readonly WireFaultRecord[] {
    return this.#log;
  }

  /** The next thing done from now on. */
  next(): Promise<WireFaultRecord> {
    return new Promise((resolve) => {
      const waiter = (record: WireFaultRecord): void => {
        this.#waiters.delete(waiter);
        resolve(record);
      };
      this.#waiters.add(waiter);
    });
  }

  /** For the server. */
  attach(server: FaultedServer): void {
    this.#server = server;
  }

  /** For the server: what a new connection meets. */
  atConnect(connection: number): 'refuse' | 'freeze' | undefined {
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.kind === 'refuse' || (fault.kind === 'freeze' && fault.at === 'connect')) {
        this.#strike(armed, { kind: fault.kind, at: 'connect', connection });
        return fault.kind;
      }
    }
    return undefined;
  }

  /** For a connection: what a request meets. A cut is struck only when it happens. */
  atRequest(text: string, connection: number): RequestPlan {
    const meets = ({ fault }: Armed): boolean => matches(fault.match, text);
    const about = { connection, text: text.slice(0, TEXT_KEPT) };
    const frozen = this.#armed.find(
      (armed) => armed.fault.kind === 'freeze' && armed.fault.at === 'request' && meets(armed),
    );
    if (frozen) {
      this.#strike(frozen, { kind: 'freeze', at: 'request', ...about });
      return { freeze: true, delayMs: 0 };
    }
    let delayMs = 0;
    let cut: RequestPlan['cut'];
    for (const armed of this.#armed) {
      const { fault } = armed;
      if (fault.kind === 'delay' && delayMs === 0 && meets(armed)) {
        delayMs = fault.ms;
        this.#strike(armed, { kind: 'delay', ...about });
      } else if (fault.kind === 'cut' && !cut && meets(armed)) {
        cut = { fault, strike: () => this.#strike(armed, { kind: 'cut', at: fault.at, ...about }) };
      }
    }
    return { freeze: false, delayMs, cut };
  }

  #strike(armed: Armed, record: Omit<WireFaultRecord, 'sequence'>): boolean {
    if (!this.#armed.includes(armed)) return false;
    if (armed.left !== 'always') {
      armed.left -= 1;
      if (armed.left <= 0) this.disarm(armed.id);
    }
    this.#record(record);
    return true;
  }

  #record(record: Omit<WireFaultRecord, 'sequence'>): void {
    const numbered = { sequence: this.#log.length + 1, ...record };
    this.#log.push(numbered);
    for (const waiter of this.#waiters) waiter(numbered);
  }
}

function matches(match: RequestMatch | undefined, text: string): boolean {
  if (match === undefined) return true;
  if (typeof match === 'string') return containsWords(text.toUpperCase(), match.toUpperCase());
  return typeof match === 'function'
    ? match(text)
    : new RegExp(match.source, match.flags.replace(/[gy]/g, '')).test(text);
}

const WORD = /[\p{L}\p{N}_@#$]/u;

function containsWords(text: string, words: string): boolean {
  const joins = (left: string, right: string): boolean => WORD.test(left) && WORD.test(right);
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    const end = at + words.length;
    const before = joins(text.charAt(at - 1), words.charAt(0));
    if (!before && !joins(words.charAt(words.length - 1), text.charAt(end))) return true;
  }
  return false;
}
