import type { SyncFailure } from '../../../shared/model/failure.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { RecordWrite, StoredRecord, WriteOutcome } from '../../core/records/record-store.ts';
import { WRITE_BYTES, WRITE_OPERATIONS } from './limits.ts';
import type { Organisation } from './organisation.ts';
import { decideBefore, holds, prepareWrite, type PreparedWrite } from './prepare-write.ts';
import { readByIds } from './read-records.ts';
import type { CallFailure, RestCalls } from './rest-calls.ts';
import { executeMultipleXml, itemXml } from './write-body.ts';
import { readWriteAnswer, type ItemAnswer } from './write-answer.ts';

/** For the wrapper of a batch. */
const WRAPPER_BYTES = 1_024;

interface Sending {
  readonly prepared: PreparedWrite;
  /** Place of the outcome. */
  readonly at: number;
}

type Stored = ReadonlyMap<string, StoredRecord>;

/** Writes with their guards: read, compare, send, read back. Batches whose outcome is not known get smaller with each repeat. */
export class RecordWriter {
  readonly #calls: RestCalls;
  readonly #organisation: Organisation;
  /** How often a write was sent without a word of what became of it. */
  readonly #lost = new Map<string, number>();
  /** Entities whose records do not keep the id they were created with: a repeat would make another. */
  readonly #foreignIds = new Set<string>();
  #createAction: 'Create' | 'Upsert' = 'Upsert';

  constructor(calls: RestCalls, organisation: Organisation) {
    this.#calls = calls;
    this.#organisation = organisation;
  }

  async write(batch: readonly RecordWrite[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const outcomes: (WriteOutcome | undefined)[] = batch.map(() => undefined);
    const due: Sending[] = [];
    for (const [at, write] of batch.entries()) {
      const entity = await this.#organisation.entity(write.entity, signal);
      if (!entity.ok) {
        const isRefused = entity.failure.kind === 'rejected';
        outcomes[at] = { kind: isRefused ? 'refused' : 'not-sent', failure: entity.failure };
        continue;
      }
      const prepared = prepareWrite(write, entity.value, this.#createAction);
      if (!prepared.ok) outcomes[at] = { kind: 'refused', failure: prepared.failure };
      else if (Buffer.byteLength(prepared.value.xml) > WRITE_BYTES - WRAPPER_BYTES)
        outcomes[at] = { kind: 'refused', failure: tooLarge(write.entity) };
      else if (write.kind === 'create' && this.#foreignIds.has(write.entity))
        outcomes[at] = { kind: 'refused', failure: foreignId(write.entity) };
      else due.push({ prepared: prepared.value, at });
    }
    let blocked: SyncFailure | undefined;
    for (const some of this.#portions(due)) {
      if (blocked === undefined) blocked = await this.#guarded(some, outcomes, signal);
      else for (const { at } of some) outcomes[at] = { kind: 'not-sent', failure: blocked };
    }
    return outcomes.map(
      (outcome) => outcome ?? { kind: 'unknown', failure: this.#unknown('a write without an outcome') },
    );
  }

  /** As many as may go at once: by count, bytes, and how often one of them was lost. */
  #portions(due: readonly Sending[]): readonly (readonly Sending[])[] {
    const portions: Sending[][] = [];
    let now: Sending[] = [];
    let bytes = WRAPPER_BYTES;
    let most = WRITE_OPERATIONS;
    for (const one of due) {
      const lost = this.#lost.get(one.prepared.write.intent) ?? 0;
      const cap = Math.max(1, Math.floor(WRITE_OPERATIONS / 2 ** lost));
      const size = Buffer.byteLength(one.prepared.xml);
      if (now.length > 0 && (now.length >= Math.min(most, cap) || bytes + size > WRITE_BYTES)) {
        portions.push(now);
        [now, bytes, most] = [[], WRAPPER_BYTES, WRITE_OPERATIONS];
      }
      now.push(one);
      bytes += size;
      most = Math.min(most, cap);
    }
    if (now.length > 0) portions.push(now);
    return portions;
  }

  /** Returns why nothing more can be sent now. */
  async #guarded(
    some: readonly Sending[],
    outcomes: (WriteOutcome | undefined)[],
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const before = await this.#read(some, signal);
    if (!before.ok) {
      for (const { at } of some) outcomes[at] = { kind: 'not-sent', failure: before.failure };
      return before.failure;
    }
    const left: Sending[] = [];
    for (const one of some) {
      const decided = decideBefore(one.prepared, before.value.get(keyOf(one)));
      if (decided === undefined) left.push(one);
      else this.#settle(one, decided, outcomes);
    }
    return this.#send(left, outcomes, signal);
  }

  async #send(
    some: readonly Sending[],
    outcomes: (WriteOutcome | undefined)[],
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    if (some.length === 0) return undefined;
    const sent = await this.#execute(some, signal);
    if (sent.ok) return this.#answered(some, sent.value, outcomes, signal);
    const { did, failure } = sent.failure;
    if (did === 'nothing') {
      for (const { at } of some) outcomes[at] = { kind: 'not-sent', failure };
      return failure;
    }
    const after = await this.#read(some, signal);
    if (!after.ok) {
      for (const one of some) this.#lose(one, failure, outcomes);
      return after.failure;
    }
    const left: Sending[] = [];
    for (const one of some) {
      const done = doneAfter(one, after.value.get(keyOf(one)));
      if (done === undefined) left.push(one);
      else this.#settle(one, done, outcomes);
    }
    if (did === 'unknown') {
      for (const one of left) this.#lose(one, failure, outcomes);
      return undefined;
    }
    // The whole was refused: smaller ones, until the one that is to blame is alone.
    const [only] = left;
    if (only !== undefined && left.length === 1 && some.length === 1)
      this.#settle(only, { kind: 'refused', failure }, outcomes);
    else {
      const half = Math.ceil(left.length / 2);
      const first = await this.#send(left.slice(0, half), outcomes, signal);
      if (first === undefined) return this.#send(left.slice(half), outcomes, signal);
      for (const { at } of left.slice(half)) outcomes[at] = { kind: 'not-sent', failure: first };
      return first;
    }
    return undefined;
  }

  /** Each item has an answer. What was refused is looked at, tried once alone, and looked at again. */
  async #answered(
    some: readonly Sending[],
    answers: readonly ItemAnswer[],
    outcomes: (WriteOutcome | undefined)[],
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    const after = await this.#read(some, signal);
    const alone: { readonly one: Sending; readonly words: string }[] = [];
    for (const [index, one] of some.entries()) {
      const answer = answers[index];
      const stored = after.ok ? after.value.get(keyOf(one)) : undefined;
      if (answer?.kind === 'result')
        this.#settle(one, after.ok ? this.#confirmed(one, stored) : doneUnread(one), outcomes);
      else if (!after.ok) this.#lose(one, after.failure, outcomes);
      else {
        const done = doneAfter(one, stored) ?? movedAfter(one, stored);
        if (done === undefined) alone.push({ one, words: answer?.words ?? '' });
        else this.#settle(one, done, outcomes);
      }
    }
    if (!after.ok) return after.failure;
    return this.#retried(alone, outcomes, signal);
  }

  async #retried(
    alone: readonly { readonly one: Sending; readonly words: string }[],
    outcomes: (WriteOutcome | undefined)[],
    signal: AbortSignal,
  ): Promise<SyncFailure | undefined> {
    if (alone.length === 0) return undefined;
    const answers: (ItemAnswer | CallFailure)[] = [];
    for (const { one } of alone) {
      // Who does not know the one word may know the other; an id that is there already is refused, and changes nothing.
      const again = this.#asCreate(one);
      const sent = await this.#execute([again], signal);
      const [answer] = sent.ok ? sent.value : [sent.failure];
      if (answer === undefined) break;
      if (again !== one && 'kind' in answer && answer.kind === 'result') this.#createAction = 'Create';
      answers.push(answer);
    }
    const after = await this.#read(
      alone.map(({ one }) => one),
      signal,
    );
    let blocked: SyncFailure | undefined;
    for (const [index, { one, words }] of alone.entries()) {
      const answer = answers[index];
      const stored = after.ok ? after.value.get(keyOf(one)) : undefined;
      if (!after.ok) this.#lose(one, after.failure, outcomes);
      else if (answer !== undefined && 'kind' in answer && answer.kind === 'result')
        this.#settle(one, this.#confirmed(one, stored), outcomes);
      else if (answer !== undefined && 'did' in answer && answer.did !== 'refused') {
        const done = doneAfter(one, stored);
        if (done !== undefined) this.#settle(one, done, outcomes);
        else if (answer.did === 'unknown') this.#lose(one, answer.failure, outcomes);
        else {
          outcomes[one.at] = { kind: 'not-sent', failure: answer.failure };
          blocked ??= answer.failure;
        }
      } else {
        const said =
          answer !== undefined && 'kind' in answer && answer.kind === 'fault' ? answer.words : words;
        this.#settle(
          one,
          doneAfter(one, stored) ?? movedAfter(one, stored) ?? refusedBy(one, said),
          outcomes,
        );
      }
    }
    return after.ok ? blocked : after.failure;
  }

  #asCreate(one: Sending): Sending {
    const { item } = one.prepared;
    if (item.action !== 'Upsert') return one;
    const created = { ...item, action: 'Create' as const };
    const xml = itemXml(created);
    return xml === undefined ? one : { ...one, prepared: { ...one.prepared, item: created, xml } };
  }

  async #execute(
    some: readonly Sending[],
    signal: AbortSignal,
  ): Promise<Result<readonly ItemAnswer[], CallFailure>> {
    const body = executeMultipleXml(some.map(({ prepared }) => prepared.xml));
    const answer = await this.#calls.executeMultiple(body, signal);
    if (!answer.ok) return answer;
    const read = readWriteAnswer(answer.value, some.length);
    return read.ok
      ? read
      : {
          ok: false,
          failure: { did: 'unknown', failure: this.#organisation.invalid('ExecuteMultiple', read.failure) },
        };
  }

  /** Records by entity and id. */
  async #read(some: readonly Sending[], signal: AbortSignal): Promise<Result<Stored>> {
    const found = new Map<string, StoredRecord>();
    for (const group of Map.groupBy(some, ({ prepared }) => prepared.entity.name).values()) {
      const entity = group[0]?.prepared.entity;
      if (entity === undefined) continue;
      const fields = [...new Set(group.flatMap(({ prepared }) => prepared.fields))];
      const ids = group.map(({ prepared }) => prepared.id);
      const read = await readByIds(this.#organisation, entity, ids, { fields, filter: undefined }, signal);
      if (!read.ok) return read;
      for (const record of read.value.values()) found.set(`${entity.name} ${record.id}`, record);
    }
    return ok(found);
  }

  /** The cloud says it is done: what it made of it. */
  #confirmed({ prepared: { write, id } }: Sending, stored: StoredRecord | undefined): WriteOutcome {
    if (write.kind === 'delete')
      return stored === undefined
        ? { kind: 'done', id }
        : { kind: 'unknown', failure: this.#unknown(`delete of ${write.entity} ${id}`) };
    if (stored !== undefined) return { kind: 'done', id, stored };
    if (write.kind === 'update') return { kind: 'missing' };
    this.#foreignIds.add(write.entity);
    return { kind: 'refused', failure: foreignId(write.entity) };
  }

  #settle(one: Sending, outcome: WriteOutcome, outcomes: (WriteOutcome | undefined)[]): void {
    this.#lost.delete(one.prepared.write.intent);
    outcomes[one.at] = outcome;
  }

  #lose(one: Sending, failure: SyncFailure, outcomes: (WriteOutcome | undefined)[]): void {
    const { intent } = one.prepared.write;
    this.#lost.set(intent, (this.#lost.get(intent) ?? 0) + 1);
    outcomes[one.at] = { kind: 'unknown', failure };
  }

  #unknown(operation: string): SyncFailure {
    return { kind: 'unknown-outcome', endpoint: this.#calls.endpoint, operation };
  }
}

const keyOf = ({ prepared }: Sending): string => `${prepared.entity.name} ${prepared.id}`;

const doneUnread = ({ prepared }: Sending): WriteOutcome => ({ kind: 'done', id: prepared.id });

/** It is as it was to be, whatever was answered. */
function doneAfter({ prepared }: Sending, stored: StoredRecord | undefined): WriteOutcome | undefined {
  const { write, id } = prepared;
  if (write.kind === 'delete') return stored === undefined ? { kind: 'done', id } : undefined;
  return stored !== undefined && holds(stored, write.values) ? { kind: 'done', id, stored } : undefined;
}

/** It is neither as it was to be nor as it was. */
function movedAfter({ prepared }: Sending, stored: StoredRecord | undefined): WriteOutcome | undefined {
  const { write, id } = prepared;
  // Somebody edited what was created here meanwhile.
  if (write.kind === 'create') return stored === undefined ? undefined : { kind: 'done', id, stored };
  if (stored === undefined) return { kind: 'missing' };
  return holds(stored, write.expected) ? undefined : { kind: 'moved', current: stored };
}

const refusedBy = ({ prepared }: Sending, words: string): WriteOutcome => ({
  kind: 'refused',
  failure: {
    kind: 'rejected',
    code: 'resco-fault',
    where: `${prepared.entity.name} ${prepared.id}`,
    message: words.slice(0, 200),
  },
});

const foreignId = (entity: string): SyncFailure => ({
  kind: 'rejected',
  code: 'id-not-kept',
  where: entity,
  message: 'a record that was created cannot be found by the id it was created with',
});

const tooLarge = (entity: string): SyncFailure => ({
  kind: 'rejected',
  code: 'too-large',
  where: entity,
  message: `the record is larger than the ${WRITE_BYTES} bytes that are sent at once`,
});
