import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { rejected, shown } from '../packets/codec/refusal.ts';
import type { LookupAnswer, LookupQuestion, WriteCall, WriteUnit } from '../packets/erp.ts';
import { checkColumn } from './column-rules.ts';
import { toErp } from './convert.ts';
import type { AwaitedLookup } from './plan.ts';

/** What the ERP says is the ERP's wall clock on both sides. */
const ERP_CLOCK = { area: 'UTC', erp: 'UTC' };

/** Lookups of documents that are still in the unit: what is written already is not asked for. Pure. */
export function lookupsOf(unit: WriteUnit, lookups: readonly AwaitedLookup[]): readonly AwaitedLookup[] {
  const there = new Set(unit.documents.map(({ entity, rowId }) => JSON.stringify([entity, rowId])));
  return lookups.filter(({ entity, rowId }) => there.has(JSON.stringify([entity, rowId])));
}

/** Equal questions have equal keys. Pure. */
export const questionKey = (question: LookupQuestion): string => JSON.stringify(question);

/** The unit with the ERP's answers in their places; refused with table, row and value where one is missing. Pure. */
export function fillLookups(
  unit: WriteUnit,
  lookups: readonly AwaitedLookup[],
  answers: ReadonlyMap<string, LookupAnswer>,
): Result<WriteUnit> {
  const filled = new Map<string, string | null>();
  for (const one of lookups) {
    const value = answered(one, answers.get(questionKey(one.question)) ?? { kind: 'none' });
    if (!value.ok) return value;
    filled.set(placeOf(one.entity, one.rowId, one.line, one.name), value.value);
  }
  if (filled.size === 0) return ok(unit);
  const documents = unit.documents.map((document) => {
    const { entity, rowId } = document;
    const withAnswers = (call: WriteCall, line: number | undefined): WriteCall => ({
      ...call,
      values: call.values.map((value) => {
        const found = filled.get(placeOf(entity, rowId, line, value.name));
        return found === undefined ? value : { ...value, value: found };
      }),
    });
    return {
      ...document,
      header: withAnswers(document.header, undefined),
      lines: document.lines.map((call, index) => withAnswers(call, index)),
    };
  });
  return ok({ ...unit, documents });
}

const placeOf = (entity: string, rowId: string, line: number | undefined, name: string): string =>
  JSON.stringify([entity, rowId, line ?? null, name]);

function answered(one: AwaitedLookup, answer: LookupAnswer): Result<string | null> {
  const { question, otherwise, where, name, column } = one;
  const { table, take } = question;
  const refused = (code: string, message: string): Result<never> =>
    fail(rejected({ code, where, field: name, message }));
  const wanted = question.where
    .map(({ column: key, value }) => `${key} ${value === null ? 'empty' : shown(value)}`)
    .join(', ');
  const place = `${table.schema}.${table.name}`;
  let value: string | null;
  switch (answer.kind) {
    case 'found':
      value = answer.value;
      break;
    case 'ambiguous':
      return refused('lookup-ambiguous', `more than one row of ${place} has ${wanted}`);
    case 'none':
      if (otherwise === 'park') return refused('lookup-none', `no row of ${place} has ${wanted}`);
      value = otherwise === 'null' ? null : otherwise.value;
      break;
    default:
      return answer satisfies never;
  }
  const source = `${place}.${take.column} of the row with ${wanted}`;
  const converted = toErp(value, take.type, ERP_CLOCK);
  if (!converted.ok) return refused(converted.failure.code, `${converted.failure.message} (${source})`);
  const fits = column === undefined ? undefined : checkColumn(converted.value, take.type, column);
  if (fits !== undefined && !fits.ok)
    return refused(fits.failure.code, `${fits.failure.message} (${source})`);
  return ok(converted.value);
}
