export interface CallRecord {
  readonly at: number;
  /** The method: `Fetch`, `ExecuteMultiple`, `OData.patch`, ...; `unknown` where there is none. */
  readonly kind: string;
  readonly method: string;
  /** Path and query, without host. */
  readonly path: string;
  readonly user?: string | undefined;
  /** Without authorization and cookies. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** `cut`: no answer, or no whole one. */
  status: number | 'cut';
  answer: string;
  fault?: string | undefined;
}

// Enough for any one test; a load of a hundred thousand records must not stay in memory.
const CALLS = 20_000;
const CHARACTERS = 8_000_000;

/** Calls with their answers, the oldest dropped first. */
export class CallLog {
  readonly calls: CallRecord[] = [];
  #characters = 0;

  add(call: CallRecord): void {
    this.calls.push(call);
    this.#characters += call.body.length;
    this.#trim();
  }

  answered(call: CallRecord, status: number | 'cut', answer: string): void {
    call.status = status;
    call.answer = answer;
    this.#characters += answer.length;
    this.#trim();
  }

  clear(): void {
    this.calls.length = 0;
    this.#characters = 0;
  }

  #trim(): void {
    while (this.calls.length > 1 && (this.calls.length > CALLS || this.#characters > CHARACTERS)) {
      const oldest = this.calls.shift();
      this.#characters -= (oldest?.body.length ?? 0) + (oldest?.answer.length ?? 0);
    }
  }
}
