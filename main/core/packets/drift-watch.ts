import type { SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { Catalogue } from '../drift/catalogue.ts';
import { driftOf, newsOf, questionOf } from '../drift/drift-of.ts';
import { driftFailure, findingText, saysSchema, type DriftFlow, type Finding } from '../drift/finding.ts';
import type { LinkParts } from './link-parts.ts';

/** How long what was found holds while everything fits. */
const AGAIN_MS = 3_600_000;
/** How long a flow that does not fit rests before the catalogue is asked again by itself. A run asks at once. */
const STOPPED_AGAIN_MS = 30_000;
/** So often at most for values that were refused: a thousand of them are one question. */
const RENEW_AFTER_MS = 5_000;

type DriftParts = Pick<
  LinkParts,
  'erp' | 'erpEndpoint' | 'endpoints' | 'mapping' | 'runtime' | 'log' | 'changed'
>;

/**
 * Knows whether the ERP still fits the mapping, so that a flow that does not is stopped before it reads or writes anything.
 * Nothing is remembered over a start: the first thing a flow does is to look.
 */
export class DriftWatch {
  readonly #parts: DriftParts;
  #findings: readonly Finding[] = [];
  #catalogue: Catalogue | undefined;
  #print = '';
  /** On the monotonic clock; undefined when what is known does not count any more. */
  #checkedAt: number | undefined;
  #underWay: Promise<Result<void>> | undefined;

  constructor(parts: DriftParts) {
    this.#parts = parts;
  }

  /** Asks the ERP where it is due. Fails where the ERP cannot be asked; what was known before still holds then. */
  look(signal: AbortSignal): Promise<Result<void>> {
    return this.#isDue(AGAIN_MS) ? this.#ask(signal) : Promise.resolve(ok(undefined));
  }

  /** The same for a run that begins: a flow that is stopped is looked at anew whatever was found a moment ago. */
  lookForRun(signal: AbortSignal): Promise<Result<void>> {
    return this.#stopped() ? this.#ask(signal) : this.look(signal);
  }

  /** What the ERP's catalogue showed when it was asked last; undefined where it may not be read. */
  get catalogue(): Catalogue | undefined {
    return this.#catalogue;
  }

  /** Why this flow must not run; undefined when nothing that is known forbids it. */
  stops(flow: DriftFlow): SyncFailure | undefined {
    return driftFailure(this.#findings, flow);
  }

  /** Milliseconds that a stopped flow rests before it looks again; 0 for one that may run. */
  restMs(flow: DriftFlow): number {
    if (this.stops(flow) === undefined || this.#checkedAt === undefined) return 0;
    return Math.max(0, this.#checkedAt + STOPPED_AGAIN_MS - this.#parts.runtime.monotonic());
  }

  /** The ERP was away, so anything may have been done to it: what is known does not count any more. */
  doubt(): void {
    this.#checkedAt = undefined;
  }

  /**
   * A refusal came back. When it may be the schema's, the catalogue is asked; the result says whether the flow stops for it, or
   * must wait because the ERP could not be asked. Otherwise the refusal is the data's own.
   */
  async explains(failure: SyncFailure, flow: DriftFlow, signal: AbortSignal): Promise<boolean> {
    if (!saysSchema(failure)) return false;
    const asked = await this.#ask(signal);
    if (asked.ok) return this.stops(flow) !== undefined;
    const { endpoints, erpEndpoint } = this.#parts;
    endpoints.backOff(erpEndpoint, asked.failure);
    return true;
  }

  /**
   * A value was refused by what is known of its column: the catalogue is asked anew, unless that was just done. True when it is
   * another now, so that a column somebody has widened counts at once.
   */
  async renewed(signal: AbortSignal): Promise<boolean> {
    const [before, checkedAt] = [this.#print, this.#checkedAt];
    if (checkedAt !== undefined && this.#parts.runtime.monotonic() - checkedAt < RENEW_AFTER_MS) return false;
    const asked = await this.#ask(signal);
    return asked.ok && this.#print !== before;
  }

  #stopped(): boolean {
    return this.#findings.some(({ severity }) => severity === 'breaking');
  }

  #isDue(afterMs: number): boolean {
    if (this.#checkedAt === undefined) return true;
    const age = this.#parts.runtime.monotonic() - this.#checkedAt;
    return age >= (this.#stopped() ? STOPPED_AGAIN_MS : afterMs);
  }

  #ask(signal: AbortSignal): Promise<Result<void>> {
    // Whoever asks at the same time shares the answer.
    this.#underWay ??= this.#read(signal).finally(() => {
      this.#underWay = undefined;
    });
    return this.#underWay;
  }

  async #read(signal: AbortSignal): Promise<Result<void>> {
    const { erp, mapping, runtime, log } = this.#parts;
    const answer = await erp.catalogue(questionOf(mapping), signal);
    if (!answer.ok) {
      if (answer.failure.kind !== 'rejected') return fail(answer.failure);
      // A login that may not read the catalogue works as before: the ERP itself says what it does not take.
      log.warn('catalogue not readable', { code: answer.failure.code });
      this.#settle([]);
      this.#catalogue = undefined;
      this.#print = '';
      this.#checkedAt = runtime.monotonic();
      return ok(undefined);
    }
    this.#checkedAt = runtime.monotonic();
    const print = JSON.stringify(answer.value);
    if (print === this.#print) return ok(undefined);
    const news = this.#catalogue === undefined ? [] : newsOf(mapping, this.#catalogue, answer.value);
    this.#print = print;
    this.#catalogue = answer.value;
    for (const one of news) this.#tell(one);
    this.#settle(driftOf(mapping, answer.value));
    return ok(undefined);
  }

  #settle(findings: readonly Finding[]): void {
    const { log, changed } = this.#parts;
    const before = new Set(this.#findings.map(nameOf));
    for (const one of findings) if (!before.has(nameOf(one))) this.#tell(one);
    const was = this.#stopped();
    this.#findings = findings;
    if (was && !this.#stopped()) log.info('schema fits again', {});
    if (was !== this.#stopped()) changed();
  }

  #tell(finding: Finding): void {
    const { log } = this.#parts;
    const { severity, flow, kind, table, column = '', expected, found, owner } = finding;
    const facts = { flow, kind, table, column, expected, found, owner, message: findingText(finding) };
    if (severity === 'breaking') log.warn('schema does not fit', facts);
    else log.info('schema note', facts);
  }
}

const nameOf = ({ severity, flow, kind, table, column = '' }: Finding): string =>
  [severity, flow, kind, table, column].join('\n');
