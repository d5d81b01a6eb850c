import type { SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { descendantsNamed, wholeText } from '../protocols/xml-tree.ts';
import { fetchXml, type FetchQuery } from './fetch-query.ts';
import { readFetchResult, type FetchResult } from './fetch-result.ts';
import { faultIn } from './faults.ts';
import { BINARY_TIMEOUT_MS, CALL_TIMEOUT_MS, KNOWN_MS } from './limits.ts';
import { readSchema, type RescoEntity, type RescoField, type RescoSchema } from './metadata.ts';
import type { RestCalls } from './rest-calls.ts';
import { guidOf, rowVersionOf } from './values.ts';

interface Known<T> {
  readonly value: T;
  readonly until: number;
}

export interface FetchRefusal {
  readonly failure: SyncFailure;
  /** The cloud read the question and refuses it; another question may be answered. */
  readonly refused: boolean;
}

/** What is known of an organisation for an hour, and questions to it as values. */
export class Organisation {
  readonly #calls: RestCalls;
  readonly #runtime: Runtime;
  #identity: Known<string> | undefined;
  #schema: Known<RescoSchema> | undefined;

  constructor(calls: RestCalls, runtime: Runtime) {
    this.#calls = calls;
    this.#runtime = runtime;
  }

  async identity(signal: AbortSignal): Promise<Result<string>> {
    if (this.#fresh(this.#identity)) return ok(this.#identity.value);
    const answer = await this.#calls.whoAmI(signal);
    if (!answer.ok) return fail(answer.failure.failure);
    const fault = faultIn(answer.value);
    if (fault !== undefined) return this.#invalid('WhoAmI', fault);
    const [node] = descendantsNamed(answer.value, 'OrganizationId');
    const id = node === undefined ? undefined : guidOf(wholeText(node));
    if (id === undefined) return this.#invalid('WhoAmI', 'it names no organisation');
    this.#identity = this.#known(id);
    return ok(id);
  }

  async schema(signal: AbortSignal): Promise<Result<RescoSchema>> {
    if (this.#fresh(this.#schema)) return ok(this.#schema.value);
    const answer = await this.#calls.entities(signal);
    if (!answer.ok) return fail(answer.failure.failure);
    const fault = faultIn(answer.value);
    const schema = fault === undefined ? readSchema(answer.value) : fail(fault);
    if (!schema.ok) return this.#invalid('Metadata', schema.failure);
    this.#schema = this.#known(schema.value);
    return schema;
  }

  /** An entity that records can be carried of. */
  async entity(name: string, signal: AbortSignal): Promise<Result<RescoEntity>> {
    const schema = await this.schema(signal);
    if (!schema.ok) return schema;
    const entity = schema.value.get(name);
    if (entity === undefined)
      return fail({
        kind: 'rejected',
        code: 'no-entity',
        where: name,
        message: `the cloud has no entity ${name}, or does not show it`,
      });
    return entity.why === undefined
      ? ok(entity)
      : fail({ kind: 'rejected', code: 'not-supported', where: name, message: entity.why });
  }

  /** The highest row version given out in the organisation. */
  async maxRowVersion(signal: AbortSignal): Promise<Result<bigint>> {
    const where = 'GetMaxRowVersion';
    const answer = await this.#calls.maxRowVersion(signal);
    if (!answer.ok) return fail(answer.failure.failure);
    const fault = faultIn(answer.value);
    const version = fault === undefined ? rowVersionOf(wholeText(answer.value)) : undefined;
    if (version === undefined) return this.#invalid(where, fault ?? 'it is no row version');
    return ok(BigInt(version));
  }

  async fetch(query: FetchQuery, signal: AbortSignal): Promise<Result<FetchResult, FetchRefusal>> {
    const where = `Fetch of ${query.entity}`;
    const xml = fetchXml(query);
    const refusal = (failure: SyncFailure, refused: boolean): Result<never, FetchRefusal> =>
      fail({ failure, refused });
    if (xml === undefined)
      return refusal(
        { kind: 'rejected', code: 'control-character', where, message: 'XML cannot carry a value of it' },
        false,
      );
    const answer = await this.#calls.fetch(
      xml,
      query.slow === true ? BINARY_TIMEOUT_MS : CALL_TIMEOUT_MS,
      signal,
    );
    if (!answer.ok) {
      const { failure, did } = answer.failure;
      return refusal(failure.kind === 'rejected' ? { ...failure, where } : failure, did === 'refused');
    }
    const result = readFetchResult(answer.value, query.entity);
    if (result.ok) return result;
    const { kind, words } = result.failure;
    return kind === 'fault'
      ? refusal({ kind: 'rejected', code: 'resco-fault', where, message: words.slice(0, 200) }, true)
      : refusal({ kind: 'invalid-response', endpoint: this.#calls.endpoint, where, detail: words }, false);
  }

  invalid(where: string, detail: string): SyncFailure {
    return { kind: 'invalid-response', endpoint: this.#calls.endpoint, where, detail };
  }

  #invalid(where: string, detail: string): Result<never> {
    return fail(this.invalid(where, detail));
  }

  #known<T>(value: T): Known<T> {
    return { value, until: this.#runtime.monotonic() + KNOWN_MS };
  }

  #fresh<T>(known: Known<T> | undefined): known is Known<T> {
    return known !== undefined && this.#runtime.monotonic() < known.until;
  }
}

/** A field of an entity that can be carried; the failure names it. */
export function fieldOf(
  entity: RescoEntity,
  name: string,
): Result<
  RescoField & {
    readonly type: NonNullable<RescoField['type']>;
    readonly shape: NonNullable<RescoField['shape']>;
  }
> {
  const field = entity.fields.get(name);
  const refused = (code: string, message: string): Result<never> =>
    fail({ kind: 'rejected', code, where: entity.name, field: name, message });
  if (field === undefined) return refused('no-field', `${entity.name} has no field ${name}`);
  const { type, shape } = field;
  if (type === undefined || shape === undefined)
    return refused('not-supported', field.why ?? `${entity.name}.${name} is not carried`);
  return ok({ ...field, type, shape });
}
