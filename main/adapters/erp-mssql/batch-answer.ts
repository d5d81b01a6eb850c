import { numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlOutcome } from './sql-connection.ts';

export type BatchStep =
  | 'begin'
  | 'lock'
  | 'fence'
  | 'ledger'
  | 'document'
  | 'write'
  /** The insert of an upsert whose key no row had a moment before. */
  | 'upsert'
  | 'not-unique'
  | 'no-key'
  | 'ended'
  | 'series'
  | 'result'
  | 'commit';

export type BatchAnswer =
  | { readonly kind: 'applied'; readonly documents: readonly { key: string | null; number: string | null }[] }
  | {
      readonly kind: 'failed';
      readonly step: BatchStep;
      /** Index into `CompiledUnit.positions`; -1 for none. */
      readonly position: number;
      readonly number: number;
      readonly message: string;
      readonly procedure: string;
      readonly line: number;
      /** @@TRANCOUNT when the error arrived: 0 means somebody ended the transaction before. */
      readonly openTransactions: number;
    };

const STEPS: ReadonlySet<string> = new Set<BatchStep>([
  'begin',
  'lock',
  'fence',
  'ledger',
  'document',
  'write',
  'upsert',
  'not-unique',
  'no-key',
  'ended',
  'series',
  'result',
  'commit',
]);

/** Reads what a unit's batch says of itself; undefined when that row is missing or unreadable. */
export function readBatchAnswer(outcome: Extract<SqlOutcome, { kind: 'answered' }>): BatchAnswer | undefined {
  const row = rowsWith(outcome, 'ferry_outcome')?.[0];
  if (row === undefined) return undefined;
  const kind = textOf(row, 'ferry_outcome');
  if (kind === 'applied') {
    const documents = (rowsWith(outcome, 'ferry_document') ?? []).map((document) => ({
      key: textOf(document, 'erp_key'),
      number: textOf(document, 'erp_number'),
    }));
    return { kind, documents };
  }
  const step = textOf(row, 'step');
  if (kind !== 'failed' || step === null || !STEPS.has(step)) return undefined;
  return {
    kind,
    step: step as BatchStep,
    position: numberOf(row, 'position') ?? -1,
    number: numberOf(row, 'error_number') ?? 0,
    message: textOf(row, 'error_message') ?? '',
    procedure: textOf(row, 'error_procedure') ?? '',
    line: numberOf(row, 'error_line') ?? 0,
    openTransactions: numberOf(row, 'open_transactions') ?? 0,
  };
}

export type BatchVerdict =
  /** The ledger row is taken: the ledger says by whom. */
  | 'look'
  | 'replan'
  | 'fenced'
  /** Lock not granted or the server gave up: nothing was done, ask again. */
  | 'busy'
  /** Somebody else inserted the same number series or key at the same moment: nothing was done, the next try updates it. */
  | 'again'
  /** A procedure or trigger of the ERP committed or rolled back; what stayed, the ledger says. */
  | 'ended'
  /** The commit itself failed: only the ledger knows. */
  | 'unknown'
  | 'rejected';

/** What a failed batch means. Pure. `duplicate` and `transient` tell error numbers apart. */
export function judgeBatch(
  answer: Extract<BatchAnswer, { kind: 'failed' }>,
  is: { duplicate(number: number): boolean; transient(number: number): boolean },
): BatchVerdict {
  if (answer.step === 'commit') return 'unknown';
  if (is.transient(answer.number)) return 'busy';
  switch (answer.step) {
    case 'lock':
      return 'busy';
    case 'fence':
      return answer.number === 51000 ? 'fenced' : 'rejected';
    case 'ledger':
      return is.duplicate(answer.number) || answer.number === 51000 ? 'look' : 'rejected';
    case 'document':
      return is.duplicate(answer.number) ? 'replan' : 'rejected';
    case 'series':
      return is.duplicate(answer.number) ? 'again' : 'rejected';
    case 'ended':
      return 'ended';
    case 'upsert':
      if (is.duplicate(answer.number)) return 'again';
      return answer.openTransactions === 0 ? 'ended' : 'rejected';
    case 'not-unique':
    case 'no-key':
      return 'rejected';
    case 'write':
    case 'result':
      return answer.openTransactions === 0 ? 'ended' : 'rejected';
    case 'begin':
      return 'rejected';
    default:
      return answer.step satisfies never;
  }
}
