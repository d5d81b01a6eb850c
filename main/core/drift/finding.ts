import type { SyncFailure } from '../../../shared/model/failure.ts';

export type DriftFlow = 'push' | 'pull';

/** One place where the ERP is not as the mapping says. */
export interface Finding {
  /** `breaking` stops the flow; a `note` is told and stops nothing. */
  readonly severity: 'breaking' | 'note';
  readonly flow: DriftFlow;
  readonly kind: FindingKind;
  /** Who can put it right. */
  readonly owner: 'integrator' | 'erp-administrator';
  /** Table, view or procedure with its schema; for a SELECT the entity it is for. */
  readonly table: string;
  /** Column or parameter. */
  readonly column?: string | undefined;
  readonly expected: string;
  readonly found: string;
}

export type FindingKind =
  | 'missing-object'
  | 'missing-column'
  | 'not-readable'
  | 'not-comparable'
  | 'select-refused'
  | 'not-writable'
  | 'does-not-hold'
  | 'must-not-be-empty'
  | 'required-column'
  | 'missing-parameter'
  | 'required-parameter'
  | 'not-returned'
  | 'not-of-its-type'
  | 'not-unique'
  | 'view'
  | 'trigger'
  | 'new-column';

const WORDS: Readonly<Record<FindingKind, (finding: Finding) => string>> = {
  'missing-object': ({ expected }) => `there is no ${expected} of that name, or this login may not see it`,
  'missing-column': () => 'the column is not there any more',
  'not-readable': ({ expected, found }) => `the column is ${found} and cannot be read as ${expected}`,
  'not-comparable': ({ found }) => `the column is ${found}: rows cannot be ordered or found by it`,
  'select-refused': ({ found }) => `the server refuses the SELECT: ${found}`,
  'not-writable': ({ found }) => `the column is ${found} and cannot be written`,
  'does-not-hold': ({ expected, found }) => `${found} does not hold every ${expected}`,
  'must-not-be-empty': () => 'the column must have a value now, and the mapping lets it be empty',
  'required-column': () => 'the column must have a value, has no default, and the mapping does not write it',
  'missing-parameter': () => 'the procedure has no such parameter any more',
  'required-parameter': () => 'the procedure wants this parameter, and the mapping does not give it',
  'not-returned': () => 'the parameter gives nothing back: it is not OUTPUT',
  'not-of-its-type': ({ expected, found }) => `it gives back ${found}, which cannot be taken as ${expected}`,
  'not-unique': () =>
    'no unique index is on the key that rows are found by: two programs at once could both insert it',
  view: () => 'it is a view: what it demands when it is written to cannot be seen',
  trigger: ({ found }) => `there is a new trigger, ${found}: what it does is part of every write`,
  'new-column': () => 'there is a new column, which the mapping does not use',
};

/** A finding in one plain sentence, without its place. */
export const findingText = (finding: Finding): string => WORDS[finding.kind](finding);

/** What stops a flow: the first breaking finding, and how many there are. Undefined when nothing does. */
export function driftFailure(findings: readonly Finding[], flow: DriftFlow): SyncFailure | undefined {
  const breaking = findings.filter((one) => one.severity === 'breaking' && one.flow === flow);
  const [first] = breaking;
  if (first === undefined) return undefined;
  const more = breaking.length === 1 ? '' : ` (and ${breaking.length - 1} more)`;
  return {
    kind: 'rejected',
    code: first.owner === 'integrator' ? 'drift' : 'drift-erp',
    where: first.column === undefined ? first.table : `${first.table}.${first.column}`,
    field: first.column,
    message: `${findingText(first)}${more}`,
  };
}

/** Numbers by which the ERP says that a statement does not fit its schema any more. */
const SCHEMA_NUMBERS: ReadonlySet<string> = new Set(
  [
    201, 206, 207, 208, 213, 220, 232, 241, 245, 248, 257, 260, 271, 273, 402, 515, 529, 544, 2628, 2812,
    4104, 4406, 4413, 4502, 8114, 8115, 8144, 8145, 8146, 8152, 8162, 8169, 13536,
  ].map(String),
);

/** Whether a refusal is a reason to look at the catalogue again. */
export const saysSchema = (failure: SyncFailure): boolean =>
  failure.kind === 'rejected' && SCHEMA_NUMBERS.has(failure.code);
