import { ok, type Result } from '../../../../shared/model/result.ts';
import { fillLookups, lookupsOf, questionKey } from '../../mapping/fill-lookups.ts';
import type { AwaitedLookup } from '../../mapping/plan.ts';
import type { LookupAnswer, LookupQuestion, PacketErp, WriteUnit } from '../erp.ts';

/**
 * Asks the ERP once for all that the unit's documents look up, each question once, and puts the answers in. Nothing is kept:
 * what the ERP says now is what is written now. A missing or an ambiguous row is `rejected`.
 */
export async function withLookups(
  erp: PacketErp,
  unit: WriteUnit,
  awaited: readonly AwaitedLookup[],
  signal: AbortSignal,
): Promise<Result<WriteUnit>> {
  const lookups = lookupsOf(unit, awaited);
  if (lookups.length === 0) return ok(unit);
  const questions = new Map<string, LookupQuestion>();
  for (const { question } of lookups) questions.set(questionKey(question), question);
  const asked = await erp.reader.lookups([...questions.values()], signal);
  if (!asked.ok) return asked;
  const answers = new Map<string, LookupAnswer>();
  [...questions.keys()].forEach((key, index) => {
    const answer = asked.value[index];
    if (answer !== undefined) answers.set(key, answer);
  });
  return fillLookups(unit, lookups, answers);
}
