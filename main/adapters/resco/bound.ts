import { ok, type Result } from '../../../shared/model/result.ts';
import type { Pulse } from '../../core/records/record-store.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { DeletionFeed } from './deletions.ts';
import { BOUND_MS, KNOWN_MS, SETTLING_MS } from './limits.ts';
import type { Organisation } from './organisation.ts';

/** Up to where row versions may be read. */
export interface Bound {
  readonly highest: bigint;
  /** What is at or below is settled, or `highest` where the cloud does not say. */
  readonly upper: bigint;
  /** Below the lowest open transaction; undefined: the cloud does not say, and the last versions are to be read again. */
  readonly settled: bigint | undefined;
}

/** Value of a pulse: bound, `!` while transactions below it may still be open, and the last deletion known. */
const PULSE = /^(\d{1,20})(!?)\/(\d{1,20})$/;

/** What the organisation as a whole says of changes: one call while nothing happens. */
export class ChangeBound {
  readonly #organisation: Organisation;
  readonly #runtime: Runtime;
  readonly #deletions: DeletionFeed;
  /** Of the last pulse, and which entities have used it. */
  #pulse: { readonly bound: Bound; readonly until: number; readonly used: Set<string> } | undefined;
  #firstSeen: { readonly highest: bigint; readonly at: number } | undefined;
  #activeAskedUntil = 0;

  constructor(organisation: Organisation, runtime: Runtime, deletions: DeletionFeed) {
    this.#organisation = organisation;
    this.#runtime = runtime;
    this.#deletions = deletions;
  }

  async pulse(last: string | undefined, signal: AbortSignal): Promise<Result<Pulse>> {
    const highest = await this.#organisation.maxRowVersion(signal);
    if (!highest.ok) return highest;
    const [, lastUpper, lastOpen, lastDeletion = '0'] = PULSE.exec(last ?? '') ?? [];
    if (lastUpper !== undefined && highest.value < BigInt(lastUpper))
      return ok({ kind: 'behind', value: String(highest.value) });
    const deletion = await this.#deletions.newest(signal);
    if (!deletion.ok) return deletion;
    const known = deletion.value ?? BigInt(lastDeletion);
    const newDeletion = known > BigInt(lastDeletion);
    const calm = this.#isCalm(highest.value);
    const same = last !== undefined && lastUpper === String(highest.value) && !newDeletion;
    if (same && (lastOpen === '' || !calm)) {
      // Whoever is still under way is looked for once more when the time is over.
      return ok({ kind: 'still', value: last });
    }
    const asked = await this.#boundFor(highest.value, signal);
    if (!asked.ok) return asked;
    // A lowest open transaction below what was settled before is not what it seems.
    const isSound =
      asked.value.settled === undefined ||
      lastUpper === undefined ||
      asked.value.settled >= BigInt(lastUpper);
    const bound = isSound
      ? asked.value
      : { highest: highest.value, upper: highest.value, settled: undefined };
    const { upper, settled } = bound;
    // Whatever is above the bound belongs to a transaction that is still open.
    if (
      last !== undefined &&
      settled !== undefined &&
      lastUpper === String(upper) &&
      lastOpen === '' &&
      !newDeletion
    )
      return ok({ kind: 'still', value: last });
    this.#pulse = { bound, until: this.#runtime.monotonic() + BOUND_MS, used: new Set() };
    const open = settled === undefined && !calm ? '!' : '';
    return ok({ kind: 'moved', value: `${upper}${open}/${known}` });
  }

  /** For the changes of one entity: that of the pulse before, or a new one. */
  async forEntity(entity: string, signal: AbortSignal): Promise<Result<Bound>> {
    const pulse = this.#pulse;
    if (pulse !== undefined && this.#runtime.monotonic() < pulse.until && !pulse.used.has(entity)) {
      pulse.used.add(entity);
      return ok(pulse.bound);
    }
    const highest = await this.#organisation.maxRowVersion(signal);
    return highest.ok ? this.#boundFor(highest.value, signal) : highest;
  }

  /** The highest version is read before the lowest open one: what commits in between is seen. */
  async #boundFor(highest: bigint, signal: AbortSignal): Promise<Result<Bound>> {
    const active = await this.#lowestOpen(signal);
    if (!active.ok) return active;
    const settled = active.value === undefined ? undefined : active.value - 1n;
    const upper = settled !== undefined && settled < highest ? settled : highest;
    return ok({ highest, upper, settled });
  }

  async #lowestOpen(signal: AbortSignal): Promise<Result<bigint | undefined>> {
    if (this.#runtime.monotonic() < this.#activeAskedUntil) return ok(undefined);
    const schema = await this.#organisation.schema(signal);
    if (!schema.ok) return schema;
    const entities = [...schema.value.values()].filter(({ why }) => why === undefined);
    const cheap = entities.find(({ name }) => name === 'systemuser') ?? entities[0];
    if (cheap === undefined) return ok(undefined);
    const answer = await this.#organisation.fetch(
      {
        entity: cheap.name,
        attributes: [cheap.key],
        order: [{ attribute: cheap.key }],
        count: 1,
        minActive: true,
      },
      signal,
    );
    if (!answer.ok && !answer.failure.refused) return { ok: false, failure: answer.failure.failure };
    const text = answer.ok ? answer.value.minActive : undefined;
    if (text !== undefined && BigInt(text) > 0n) return ok(BigInt(text));
    this.#activeAskedUntil = this.#runtime.monotonic() + KNOWN_MS;
    return ok(undefined);
  }

  /** Whether nothing has been given out for so long that no transaction below can still be open. */
  #isCalm(highest: bigint): boolean {
    const now = this.#runtime.monotonic();
    if (this.#firstSeen?.highest !== highest) this.#firstSeen = { highest, at: now };
    return now - this.#firstSeen.at >= SETTLING_MS;
  }
}

/** The organisation is at an earlier state than the cursor. */
export const setBack = (entity: string, at: bigint, was: string): SyncFailure => ({
  kind: 'rejected',
  code: 'side-set-back',
  where: entity,
  message: `the cloud is at ${at}, and was at ${was} before`,
});
