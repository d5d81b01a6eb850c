import type { Endpoint } from '../../../shared/model/failure.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { LookupAnswer, LookupQuestion } from '../../core/packets/erp.ts';
import { lookupBatch, type LookupPart } from './queries/lookup.ts';
import { NotAnIdentifier } from './quote-ident.ts';
import { canonicalText } from './read-value.ts';
import { numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlParameter } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';
import { castOf, checkValue } from './sql-value.ts';

const TIMEOUT_MS = 60_000;
/** A request takes 2,100 parameters, and a statement 256 tables on the oldest servers. */
const MOST_PARAMETERS = 2_000;
const MOST_QUESTIONS = 100;

interface Asked {
  readonly part: LookupPart;
  readonly parameters: readonly SqlParameter[];
}

/**
 * One answer a question, in order. A value that is no value of its type, and none at all, finds no row: neither equals
 * anything. Changes nothing. `rejected` with the place where a name or an answer is not what the mapping says.
 */
export async function askLookups(
  sessions: SqlSessions,
  endpoint: Endpoint,
  questions: readonly LookupQuestion[],
  signal: AbortSignal,
): Promise<Result<readonly LookupAnswer[]>> {
  const answers: LookupAnswer[] = questions.map(() => ({ kind: 'none' }));
  const asked = questions.flatMap((question, index) => askedOf(question, index) ?? []);
  for (const chunk of chunked(asked)) {
    const tables = [...new Set(chunk.map(({ part }) => `${part.table.schema}.${part.table.name}`))];
    const where = tables.length > 3 ? `${tables.slice(0, 3).join(', ')} and others` : tables.join(', ');
    let text: string;
    try {
      text = lookupBatch(chunk.map(({ part }) => part));
    } catch (error) {
      if (!(error instanceof NotAnIdentifier)) throw error;
      return fail({ kind: 'rejected', code: 'not-an-identifier', where, message: error.message });
    }
    const parameters = chunk.flatMap((one) => one.parameters);
    const outcome = await sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind !== 'answered')
      return fail(failureOf(outcome, { endpoint, where, changes: false }, signal));
    for (const row of rowsWith(outcome, 'ferry_question') ?? []) {
      const index = numberOf(row, 'ferry_question') ?? -1;
      const question = questions[index];
      if (question === undefined) continue;
      const value = valueOf(textOf(row, 'found'), question.take.type);
      if (value === undefined) return notOfItsType(question);
      answers[index] = answers[index]?.kind === 'none' ? { kind: 'found', value } : { kind: 'ambiguous' };
    }
  }
  return ok(answers);
}

/** Undefined where nothing can equal what is looked for. */
function askedOf({ table, where, take }: LookupQuestion, index: number): Asked | undefined {
  const parameters: SqlParameter[] = [];
  const conditions: LookupPart['where'][number][] = [];
  for (const [at, { column, type, value }] of where.entries()) {
    const checked = value === null ? undefined : checkValue(value, type);
    if (checked?.ok !== true) return undefined;
    const name = `q${index}_${at}`;
    parameters.push({ name, type: checked.type, value: checked.value });
    conditions.push({ column, equals: castOf(`@${name}`, type) });
  }
  // Without a condition any row would do.
  return conditions.length === 0
    ? undefined
    : { part: { index, table, where: conditions, take }, parameters };
}

function chunked(asked: readonly Asked[]): readonly (readonly Asked[])[] {
  const chunks: Asked[][] = [];
  let parameters = 0;
  for (const one of asked) {
    const last = chunks.at(-1);
    parameters += one.parameters.length;
    if (last === undefined || last.length >= MOST_QUESTIONS || parameters > MOST_PARAMETERS) {
      chunks.push([one]);
      parameters = one.parameters.length;
    } else last.push(one);
  }
  return chunks;
}

/** Undefined when the text is none of the type. */
function valueOf(text: string | null, type: FieldType): string | null | undefined {
  if (text === null) return null;
  return canonicalText(type.kind === 'binary' ? Uint8Array.from(Buffer.from(text, 'hex')) : text, type);
}

const notOfItsType = ({ table, take }: LookupQuestion): Result<never> =>
  fail({
    kind: 'rejected',
    code: 'not-of-its-type',
    where: `${table.schema}.${table.name}`,
    field: take.column,
    message: `A value of the column cannot be read as ${take.type.kind}: correct the type in the mapping.`,
  });
