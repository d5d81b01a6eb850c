export interface Check {
  readonly name: string;
  readonly result: 'ok' | 'failed' | 'skipped';
  /** What was found, with numbers. */
  readonly found: string;
}

/** Gathers the assertions of one check and says each in one line as soon as it is known. */
export class Report {
  readonly checks: Check[] = [];
  readonly #write: (line: string) => void;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  expect(name: string, holds: boolean, found: string): void {
    this.#add({ name, result: holds ? 'ok' : 'failed', found });
  }

  /** What cannot be looked at here. Never silent, and never counted as fine. */
  skip(name: string, why: string): void {
    this.#add({ name, result: 'skipped', found: why });
  }

  /** Runs a part; what it throws is a failure of its name, and the parts after it still run. */
  async part(name: string, check: () => Promise<void>): Promise<void> {
    try {
      await check();
    } catch (error) {
      this.expect(name, false, error instanceof Error ? error.message : String(error));
    }
  }

  count(result: Check['result']): number {
    return this.checks.filter((check) => check.result === result).length;
  }

  #add(check: Check): void {
    this.checks.push(check);
    this.#write(`${check.result.padEnd(7)} ${check.name}: ${check.found}`);
  }
}
