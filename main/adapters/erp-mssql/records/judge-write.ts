import type { Endpoint, SyncFailure } from '../../../../shared/model/failure.ts';
import type { RecordWrite, WriteOutcome } from '../../../core/records/record-store.ts';
import { OWN_ERROR } from '../queries/unit-frame.ts';
import { numberOf, rowsWith, textOf } from '../recordset.ts';
import type { SqlOutcome } from '../sql-connection.ts';
import { DUPLICATE, isTransient, refusedFailure } from '../sql-failure.ts';
import { TRANSACTION_ENDED } from '../writer.ts';

const STEPS = [
  'begin',
  'lock',
  'fence',
  'ledger',
  'write',
  'not-unique',
  'not-there',
  'result',
  'ended',
  'commit',
] as const;
type Step = (typeof STEPS)[number];
const OUTCOMES = ['done', 'moved', 'missing', 'failed'] as const;

export interface WriteAnswer {
  readonly outcome: (typeof OUTCOMES)[number];
  readonly step: Step;
  readonly number: number;
  readonly message: string;
  readonly procedure: string;
  readonly line: number;
  /** @@TRANCOUNT when the error arrived: 0 means somebody ended the transaction before. */
  readonly openTransactions: number;
}

/** What the batch says of its write; undefined when it says nothing. */
export function readWriteAnswer(
  answered: Extract<SqlOutcome, { kind: 'answered' }>,
  index: number,
): WriteAnswer | undefined {
  const row = rowsWith(answered, `ferry_write_${index}`)?.[0];
  if (row === undefined) return undefined;
  const outcome = OUTCOMES.find((one) => one === textOf(row, 'outcome'));
  const step = STEPS.find((one) => one === textOf(row, 'step'));
  if (outcome === undefined || step === undefined) return undefined;
  return {
    outcome,
    step,
    number: numberOf(row, 'error_number') ?? 0,
    message: textOf(row, 'error_message') ?? '',
    procedure: textOf(row, 'error_procedure') ?? '',
    line: numberOf(row, 'error_line') ?? 0,
    openTransactions: numberOf(row, 'open_transactions') ?? 0,
  };
}

/** The ledger says what became of it; `otherwise`: why it was refused, where the ledger knows nothing of it. */
export interface Look {
  readonly kind: 'look';
  readonly otherwise?: SyncFailure | undefined;
}

/** What a failed write means. Pure. */
export function judgeWrite(
  answer: WriteAnswer,
  write: RecordWrite,
  endpoint: Endpoint,
): WriteOutcome | Look | 'fenced' {
  const asked = { endpoint, where: write.entity, changes: true };
  const rejected = (code: string): SyncFailure => ({
    kind: 'rejected',
    code,
    where: write.entity,
    message: answer.message,
  });
  if (answer.step === 'commit')
    return { kind: 'unknown', failure: { kind: 'unknown-outcome', endpoint, operation: write.entity } };
  if (isTransient(answer.number)) return { kind: 'not-sent', failure: refusedFailure(answer, asked) };
  switch (answer.step) {
    case 'lock':
      return {
        kind: 'not-sent',
        failure: { kind: 'unreachable', endpoint, cause: 'the source is being taken over' },
      };
    case 'fence':
      return answer.number === OWN_ERROR
        ? 'fenced'
        : { kind: 'not-sent', failure: refusedFailure(answer, asked) };
    case 'ledger':
      // No fault of the record: the ledger cannot be written to.
      return DUPLICATE.has(answer.number)
        ? { kind: 'look' }
        : { kind: 'not-sent', failure: refusedFailure(answer, asked) };
    case 'begin':
      return { kind: 'not-sent', failure: refusedFailure(answer, asked) };
    case 'not-unique':
    case 'not-there':
      return { kind: 'refused', failure: rejected(answer.step) };
    case 'ended':
      return { kind: 'look', otherwise: rejected(TRANSACTION_ENDED) };
    case 'write':
    case 'result':
      return answer.openTransactions === 0
        ? { kind: 'look', otherwise: rejected(TRANSACTION_ENDED) }
        : { kind: 'refused', failure: refusedFailure(answer, asked) };
    default:
      return answer.step satisfies never;
  }
}
