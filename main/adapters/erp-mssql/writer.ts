import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { assertNever, fail, ok, type Result } from '../../../shared/model/result.ts';
import type { ApplyOutcome, ErpWriter, WriteUnit } from '../../core/packets/erp.ts';
import { judgeBatch, readBatchAnswer, type BatchAnswer, type BatchStep } from './batch-answer.ts';
import { compileUnit, type CompiledUnit } from './compile-unit.ts';
import type { Fence } from './fence.ts';
import type { FencedWriteParts } from './fenced-write.ts';
import { unfinished, type Ledger } from './ledger.ts';
import { keepAll } from './notices.ts';
import type { SqlCall } from './sql-connection.ts';
import { DUPLICATE, failureOf, isTransient, refusedFailure } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';
import { Verdicts } from './verdicts.ts';
import { voidPacket } from './void-packet.ts';

/** Above what one unit may wait for locks, so that in ordinary trouble the server answers before we give up. */
const UNIT_TIMEOUT_MS = 120_000;
/** For one table of lines: a few megabytes over a slow line. */
const LOAD_TIMEOUT_MS = 120_000;
/** How often a unit is sent again after a number series or a key was inserted under its feet. */
const ATTEMPTS = 3;

/** `rejected` with this code: a procedure or trigger of the ERP ended the transaction. The link is to be paused. */
export const TRANSACTION_ENDED = 'transaction-ended';

/** Refusals of our own inside a batch: the words come from there. */
const REFUSED_KEYS: Readonly<Partial<Record<BatchStep, string>>> = {
  'not-unique': 'upsert-not-unique',
  'no-key': 'upsert-no-key',
};

/** Nothing was done and the same unit may do; the failure is for when it has been tried often enough. */
interface Again {
  readonly again: SyncFailure;
}

const numbers = {
  duplicate: (number: number): boolean => DUPLICATE.has(number),
  transient: isTransient,
};

export class Writer implements ErpWriter {
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #schema: string;
  readonly #fence: Fence;
  readonly #ledger: Ledger;
  readonly #parts: FencedWriteParts;
  readonly #verdicts: Verdicts;

  constructor(options: {
    sessions: SqlSessions;
    endpoint: Endpoint;
    schema: string;
    fence: Fence;
    ledger: Ledger;
  }) {
    this.#sessions = options.sessions;
    this.#endpoint = options.endpoint;
    this.#schema = options.schema;
    this.#fence = options.fence;
    this.#ledger = options.ledger;
    this.#parts = options;
    this.#verdicts = new Verdicts(options);
  }

  async apply(unit: WriteUnit, signal: AbortSignal): Promise<Result<ApplyOutcome>> {
    const fence = this.#fence.current();
    if (fence === undefined) return fail(this.#fenced('no lease of the source is held'));
    const compiled = compileUnit({ unit, schema: this.#schema, fence });
    if (!compiled.ok) return compiled;
    for (let attempt = 1; ; attempt += 1) {
      const result = await this.#send(unit, compiled.value, signal);
      if (!('again' in result)) return result;
      if (attempt === ATTEMPTS) return fail(result.again);
    }
  }

  async #send(
    unit: WriteUnit,
    compiled: CompiledUnit,
    signal: AbortSignal,
  ): Promise<Result<ApplyOutcome> | Again> {
    const call: SqlCall = {
      text: compiled.text,
      parameters: compiled.parameters,
      timeoutMs: UNIT_TIMEOUT_MS,
    };
    const where = `packet ${unit.packetId}`;
    const outcome =
      compiled.loads.length === 0
        ? await this.#sessions.run(call, signal)
        : await this.#sessions.runLoaded(compiled.loads, LOAD_TIMEOUT_MS, call, signal);
    // Only a table of a session that has ended was written: nothing is in doubt.
    if (outcome.kind === 'not-loaded')
      return fail(failureOf(outcome.failed, { endpoint: this.#endpoint, where, changes: false }, signal));
    if (outcome.kind === 'refused') {
      // The whole answer was an error outside our CATCH. The session is closed, so nothing of it can commit later:
      // what the ledger says now is final.
      const found = await this.#ledger.packet(unit.source, unit.packetId, signal);
      if (!found.ok) return fail({ kind: 'unknown-outcome', endpoint: this.#endpoint, operation: where });
      if (found.value !== undefined) return this.#verdict(unit, found.value);
    }
    if (outcome.kind !== 'answered')
      return fail(failureOf(outcome, { endpoint: this.#endpoint, where, changes: true }, signal));
    const answer = readBatchAnswer(outcome);
    if (answer === undefined)
      return fail({ kind: 'unknown-outcome', endpoint: this.#endpoint, operation: where });
    if (answer.kind === 'applied') return ok(applied(unit, answer));
    return this.#failed(unit, compiled, answer, signal);
  }

  async #failed(
    unit: WriteUnit,
    compiled: CompiledUnit,
    answer: Extract<BatchAnswer, { kind: 'failed' }>,
    signal: AbortSignal,
  ): Promise<Result<ApplyOutcome> | Again> {
    const at = compiled.positions[answer.position];
    const where = at === undefined ? `packet ${unit.packetId}` : `packet ${unit.packetId}, ${at}`;
    const asked = { endpoint: this.#endpoint, where, changes: true };
    const verdict = judgeBatch(answer, numbers);
    switch (verdict) {
      case 'again':
        return {
          again:
            answer.step === 'upsert'
              ? // Not a race, then: another unique key of the table is taken.
                refusedFailure(answer, asked)
              : { kind: 'unreachable', endpoint: this.#endpoint, cause: 'a number series is contended' },
        };
      case 'replan':
        return ok({ kind: 'replan' });
      case 'look': {
        const found = await this.#ledger.packet(unit.source, unit.packetId, signal);
        if (!found.ok) return found;
        if (found.value === undefined)
          return fail({
            kind: 'conflict',
            where,
            message:
              'The ledger has no void row of the revision before: nothing may be applied in its place.',
          });
        return this.#verdict(unit, found.value);
      }
      case 'fenced':
        this.#fence.lost();
        return fail(this.#fenced('another agent took the source over; nothing was written'));
      case 'busy':
        return fail(
          answer.step === 'lock' && !isTransient(answer.number)
            ? { kind: 'unreachable', endpoint: this.#endpoint, cause: 'the source is being taken over' }
            : refusedFailure(answer, asked),
        );
      case 'unknown':
        return fail({ kind: 'unknown-outcome', endpoint: this.#endpoint, operation: where });
      case 'ended':
        return fail(await this.#ended(unit, where, answer.message, signal));
      case 'rejected': {
        const code = REFUSED_KEYS[answer.step];
        return fail(
          code === undefined
            ? refusedFailure(answer, asked)
            : { kind: 'rejected', code, where, message: answer.message },
        );
      }
      default:
        return assertNever(verdict);
    }
  }

  /** A row under this packet's key decides; it was there first. */
  #verdict(
    unit: WriteUnit,
    row: NonNullable<Extract<Awaited<ReturnType<Ledger['packet']>>, { ok: true }>['value']>,
  ): Result<ApplyOutcome> {
    const where = `packet ${unit.packetId}`;
    if (row.state === 'void')
      return fail({
        kind: 'conflict',
        where,
        message: `The packet was voided at revision ${row.revision}: only a later edit of it may be applied.`,
      });
    if (row.payloadHash !== unit.payloadHash)
      return fail({
        kind: 'conflict',
        where,
        message: 'The ledger holds this packet id with other contents: what was applied is not what is here.',
      });
    if (!row.finished) return fail(unfinished(unit.packetId));
    return ok({ kind: 'already', documents: row.documents });
  }

  async #ended(unit: WriteUnit, where: string, message: string, signal: AbortSignal): Promise<SyncFailure> {
    const found = await this.#ledger.packet(unit.source, unit.packetId, signal);
    const stayed = !found.ok
      ? 'whether anything stayed is not known'
      : found.value === undefined
        ? 'nothing of the packet stayed in the ERP'
        : 'a part of the packet stayed in the ERP';
    return {
      kind: 'rejected',
      code: TRANSACTION_ENDED,
      where,
      message: `A procedure or trigger of the ERP committed or rolled back by itself (${message}); ${stayed}.`,
    };
  }

  look: ErpWriter['look'] = (source, packetId, rows, signal) =>
    this.#ledger.look(source, packetId, rows, signal);

  documentKnown: ErpWriter['documentKnown'] = (source, document, number, signal) =>
    this.#ledger.documentKnown(source, document, number, signal);

  verdicts: ErpWriter['verdicts'] = (source, handovers, signal) =>
    this.#verdicts.ask(source, handovers, signal);

  notify: ErpWriter['notify'] = (source, notices, signal) => keepAll(this.#parts, source, notices, signal);

  voidPacket: ErpWriter['voidPacket'] = (source, packetId, revision, payloadHash, signal) =>
    voidPacket({ ...this.#parts, ledger: this.#ledger }, { source, packetId, revision, payloadHash }, signal);

  #fenced(detail: string): SyncFailure {
    return { kind: 'fenced', endpoint: this.#endpoint, reason: 'fence-raised', detail };
  }
}

function applied(unit: WriteUnit, answer: Extract<BatchAnswer, { kind: 'applied' }>): ApplyOutcome {
  return {
    kind: 'applied',
    documents: unit.documents.map((document, index) => ({
      document: document.document,
      rowId: document.rowId,
      number: document.number,
      erpKey: answer.documents[index]?.key ?? null,
      erpNumber: answer.documents[index]?.number ?? null,
      standing: document.handover === undefined ? ('applied' as const) : ('handed-over' as const),
      reason: null,
    })),
  };
}
