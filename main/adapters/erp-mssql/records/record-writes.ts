import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { SourceId } from '../../../../shared/model/ids.ts';
import type { RecordWrite, StoredRecord, WriteOutcome } from '../../../core/records/record-store.ts';
import type { Fence } from '../fence.ts';
import { storedSource } from '../ledger-names.ts';
import { lookAtIntents, recordLedgerName } from '../queries/records-write.ts';
import { rowsWith, textOf } from '../recordset.ts';
import type { SqlOutcome } from '../sql-connection.ts';
import { failureOf, isTransient } from '../sql-failure.ts';
import { Refused } from '../unit-scope.ts';
import {
  compileWrites,
  contentHash,
  keyFromKept,
  NoSuchId,
  parametersOf,
  readBack,
  ROOM,
  type WriteAt,
  type WriteScene,
} from './compile-records.ts';
import { judgeWrite, readWriteAnswer, type Look } from './judge-write.ts';
import { refusable, type RecordParts } from './record-parts.ts';
import { recordFrom, setWith, type RecordReads } from './record-reads.ts';
import { idOf, keyPart } from './record-value.ts';

/** Above what one batch may wait for locks: it stops at the first write that waited in vain. */
const BATCH_TIMEOUT_MS = 120_000;
const TIMEOUT_MS = 20_000;

type Answered = Extract<SqlOutcome, { kind: 'answered' }>;
type Found = WriteOutcome | Look;

export interface WriteParts extends RecordParts {
  readonly schema: string;
  readonly source: SourceId;
  readonly fence: Fence;
  readonly reads: RecordReads;
}

/** Writes records, each in one transaction that begins with its ledger row. */
export class RecordWrites {
  readonly #parts: WriteParts;

  constructor(parts: WriteParts) {
    this.#parts = parts;
  }

  async write(batch: readonly RecordWrite[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const outcomes = new Map<number, WriteOutcome>();
    const ready: { readonly index: number; readonly at: WriteAt; readonly parameters: number }[] = [];
    for (const [index, write] of batch.entries()) {
      const made = await this.#prepare(write, signal);
      if ('at' in made) ready.push({ index, ...made });
      else outcomes.set(index, made);
    }
    let stopped: SyncFailure | undefined;
    while (ready.length > 0) {
      const chunk = ready.splice(0, fitting(ready));
      const done: readonly WriteOutcome[] =
        stopped === undefined
          ? await this.#send(
              chunk.map(({ at }) => at),
              signal,
            )
          : notSent(chunk.length, stopped);
      for (const [at, { index }] of chunk.entries()) {
        const outcome = done[at] ?? unknown(this.#parts, 'a write');
        outcomes.set(index, outcome);
        if (outcome.kind === 'unknown' || outcome.kind === 'not-sent') stopped ??= outcome.failure;
      }
    }
    return batch.map((write, index) => outcomes.get(index) ?? unknown(this.#parts, write.entity));
  }

  async #prepare(
    write: RecordWrite,
    signal: AbortSignal,
  ): Promise<WriteOutcome | { readonly at: WriteAt; readonly parameters: number }> {
    const table = await this.#parts.tables.of(write.entity, signal);
    if (!table.ok)
      return { kind: table.failure.kind === 'rejected' ? 'refused' : 'not-sent', failure: table.failure };
    const at = { write, table: table.value };
    const { schema, source, zone } = this.#parts;
    try {
      const found = refusable(() =>
        parametersOf(at, { schema, source, zone, fence: { fence: 0, startId: '', beat: 0 } }),
      );
      if (found instanceof Refused) return { kind: 'refused', failure: found.failure };
      return { at, parameters: found };
    } catch (error) {
      if (error instanceof NoSuchId) return { kind: 'missing' };
      throw error;
    }
  }

  async #send(writes: readonly WriteAt[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const { fence, sessions, endpoint, schema, source, zone } = this.#parts;
    const held = await fence.hold(signal);
    if (!held.ok) return notSent(writes.length, held.failure);
    const token = fence.current();
    if (token === undefined)
      return notSent(writes.length, {
        kind: 'fenced',
        endpoint,
        reason: 'fence-raised',
        detail: 'no lease of the source is held',
      });
    const scene: WriteScene = { schema, source, zone, fence: token };
    const outcome = await sessions.run(
      { ...compileWrites(writes, scene), timeoutMs: BATCH_TIMEOUT_MS },
      signal,
    );
    if (outcome.kind === 'answered') return this.#answered(writes, outcome, signal);
    const where = writes.map(({ write }) => write.entity).find(() => true) ?? '';
    const failure = failureOf(outcome, { endpoint, where, changes: true }, signal);
    if (outcome.kind === 'unknown') return writes.map(() => ({ kind: 'unknown', failure }));
    if (outcome.kind === 'not-applied') return notSent(writes.length, failure);
    // An error outside our CATCH ended the batch, after the writes before it. Its session is closed, so that what the ledger
    // says now is final.
    if (writes.length > 1) return this.#oneByOne(writes, signal);
    const found: Found = isTransient(outcome.number)
      ? { kind: 'not-sent', failure }
      : { kind: 'look', otherwise: failure.kind === 'rejected' ? failure : undefined };
    return this.#resolve(writes, [found], signal);
  }

  async #oneByOne(writes: readonly WriteAt[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    const outcomes: WriteOutcome[] = [];
    for (const write of writes) {
      const last = outcomes.at(-1);
      if (last?.kind === 'unknown' || last?.kind === 'not-sent')
        outcomes.push({ kind: 'not-sent', failure: last.failure });
      else outcomes.push(...(await this.#send([write], signal)));
    }
    return outcomes;
  }

  async #answered(
    writes: readonly WriteAt[],
    outcome: Answered,
    signal: AbortSignal,
  ): Promise<readonly WriteOutcome[]> {
    let stopped: SyncFailure | undefined;
    const found = writes.map(({ write, table }, index): Found => {
      const answer = readWriteAnswer(outcome, index);
      if (answer === undefined)
        return stopped === undefined
          ? unknown(this.#parts, write.entity)
          : { kind: 'not-sent', failure: stopped };
      const stored = (): StoredRecord | undefined => {
        const row = setWith(outcome, `ferry_stored_${index}`)?.rows[0];
        const record =
          row === undefined ? undefined : recordFrom(table, readBack(table), row, this.#parts.zone);
        return record === undefined || 'kind' in record ? undefined : record;
      };
      switch (answer.outcome) {
        case 'done': {
          const record = stored();
          const id = write.kind === 'create' ? record?.id : write.id;
          // The row was there when it was committed; its ledger row has the key.
          return id === undefined ? { kind: 'look' } : { kind: 'done', id, stored: record };
        }
        case 'moved':
          return { kind: 'moved', current: stored() };
        case 'missing':
          return { kind: 'missing' };
        case 'failed': {
          const judged = judgeWrite(answer, write, this.#parts.endpoint);
          if (judged === 'fenced') this.#parts.fence.lost();
          const told: Found = judged === 'fenced' ? { kind: 'not-sent', failure: this.#fenced() } : judged;
          if (told.kind === 'not-sent' || told.kind === 'unknown') stopped ??= told.failure;
          // The batch stops there too: what is behind was not begun.
          if (answer.step === 'ended')
            stopped ??= {
              kind: 'unreachable',
              endpoint: this.#parts.endpoint,
              cause: 'a write before it was ended',
            };
          return told;
        }
        default:
          return answer.outcome satisfies never;
      }
    });
    return this.#resolve(writes, found, signal);
  }

  /** What the ledger says of the intents that are to be looked for. */
  async #resolve(
    writes: readonly WriteAt[],
    found: readonly Found[],
    signal: AbortSignal,
  ): Promise<readonly WriteOutcome[]> {
    const asked = writes.filter((_, index) => found[index]?.kind === 'look');
    if (asked.length === 0) return found.flatMap((one) => (one.kind === 'look' ? [] : [one]));
    const { sessions, schema, source, endpoint } = this.#parts;
    const parameters = [
      { name: 'source', type: 'nvarchar' as const, value: storedSource(source) },
      ...asked.map(({ write }, index) => ({
        name: `i${index}`,
        type: 'nvarchar' as const,
        value: write.intent,
      })),
    ];
    const text = lookAtIntents(recordLedgerName(schema), asked.length);
    const outcome = await sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
    const rows =
      outcome.kind === 'answered'
        ? new Map(
            (rowsWith(outcome, 'ferry_intent') ?? []).map((row) => [textOf(row, 'ferry_intent') ?? '', row]),
          )
        : undefined;
    const resolved: WriteOutcome[] = [];
    for (const [index, { write, table }] of writes.entries()) {
      const known = found[index] ?? { kind: 'look' };
      if (known.kind !== 'look') {
        resolved.push(known);
        continue;
      }
      const row = rows?.get(write.intent);
      const conflict = (message: string): SyncFailure => ({
        kind: 'conflict',
        where: `${write.entity}, write ${write.intent}`,
        message,
      });
      if (rows === undefined) resolved.push(unknown(this.#parts, write.entity));
      else if (row === undefined)
        resolved.push(
          known.otherwise === undefined
            ? { kind: 'not-sent', failure: { kind: 'unreachable', endpoint, cause: 'the write was undone' } }
            : { kind: 'refused', failure: known.otherwise },
        );
      else if (textOf(row, 'content_hash') !== contentHash(write))
        resolved.push({
          kind: 'refused',
          failure: conflict('The ledger holds this write with other contents.'),
        });
      else if (textOf(row, 'finished') !== '1')
        // Nobody may write it under another intent: a part of it is there.
        resolved.push({
          kind: 'unknown',
          failure: conflict(
            'A trigger of the ERP committed in the middle of this write: compare the record by hand.',
          ),
        });
      else {
        const kept = keyFromKept(textOf(row, 'record_key') ?? '');
        const id =
          write.kind === 'create'
            ? idOf(table.key.map((column, at) => keyPart(kept[at] ?? '', column)))
            : write.id;
        resolved.push(await this.#doneBefore(write, table.given.types.keys(), id, signal));
      }
    }
    return resolved;
  }

  /** Done under this intent before: how the record is now, where it is still there. */
  async #doneBefore(
    { entity, kind }: RecordWrite,
    fields: Iterable<string>,
    id: string,
    signal: AbortSignal,
  ): Promise<WriteOutcome> {
    if (kind === 'delete') return { kind: 'done', id };
    const read = await this.#parts.reads.read({ entity, ids: [id], fields: [...fields] }, signal);
    return { kind: 'done', id, stored: read.ok ? read.value[0] : undefined };
  }

  #fenced(): SyncFailure {
    return {
      kind: 'fenced',
      endpoint: this.#parts.endpoint,
      reason: 'fence-raised',
      detail: 'another agent took the source over; nothing was written',
    };
  }
}

/** How many from the start have room in one request. */
function fitting(ready: readonly { readonly parameters: number }[]): number {
  let [count, room] = [0, ROOM];
  for (const { parameters } of ready) {
    room -= parameters;
    if (room < 0) break;
    count += 1;
  }
  return Math.max(1, count);
}

const notSent = (count: number, failure: SyncFailure): readonly WriteOutcome[] =>
  Array.from({ length: count }, () => ({ kind: 'not-sent', failure }));

const unknown = ({ endpoint }: RecordParts, operation: string): WriteOutcome => ({
  kind: 'unknown',
  failure: { kind: 'unknown-outcome', endpoint, operation },
});
