import type { Endpoint } from '../../../shared/model/failure.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { SqlDefinition } from '../../core/packets/erp.ts';
import { namedInExpression } from '../../core/reading/named-objects.ts';
import { definitionsBatch } from './queries/definitions.ts';
import { rowsWith, textOf } from './recordset.ts';
import type { SqlOutcome, SqlParameter } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

const TIMEOUT_MS = 30_000;
const NAMES_AT_ONCE = 100;
const NO_SUCH_OBJECT = 208;

type Answered = Extract<SqlOutcome, { kind: 'answered' }>;

/** Says what names are: tables whose content follows from their rows alone, views with their text, or nothing known. */
export class Definitions {
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  /** Whether this server knows policies that filter rows; found out by asking. */
  #policies = true;

  constructor(sessions: SqlSessions, endpoint: Endpoint) {
    this.#sessions = sessions;
    this.#endpoint = endpoint;
  }

  /** One for each name, in order, spelled as the catalogue does. */
  async read(names: readonly SqlName[], signal: AbortSignal): Promise<Result<readonly SqlDefinition[]>> {
    const all: SqlDefinition[] = [];
    for (let from = 0; from < names.length; from += NAMES_AT_ONCE) {
      const part = names.slice(from, from + NAMES_AT_ONCE);
      let outcome = await this.#ask(part, signal);
      if (outcome.kind === 'refused' && outcome.number === NO_SUCH_OBJECT && this.#policies) {
        this.#policies = false;
        outcome = await this.#ask(part, signal);
      }
      if (outcome.kind !== 'answered')
        return fail(
          failureOf(outcome, { endpoint: this.#endpoint, where: 'the catalogue', changes: false }, signal),
        );
      all.push(...definitionsFrom(part, outcome));
    }
    return ok(all);
  }

  #ask(names: readonly SqlName[], signal: AbortSignal): Promise<SqlOutcome> {
    const parameters: SqlParameter[] = names.flatMap(({ schema, name }, index) => [
      { name: `s${index}`, type: 'nvarchar', value: schema },
      { name: `n${index}`, type: 'nvarchar', value: name },
    ]);
    return this.#sessions.run(
      { text: definitionsBatch(names.length, this.#policies), parameters, timeoutMs: TIMEOUT_MS },
      signal,
    );
  }
}

function definitionsFrom(names: readonly SqlName[], answer: Answered): readonly SqlDefinition[] {
  const objects = rowsWith(answer, 'ferry_definition') ?? [];
  const texts = new Map(
    (rowsWith(answer, 'ferry_text') ?? []).map((row) => [
      textOf(row, 'ferry_text'),
      textOf(row, 'definition'),
    ]),
  );
  // A column may be computed by a function that reads other tables, a policy may ask anything.
  const impure = new Set([
    ...(rowsWith(answer, 'ferry_computed') ?? []).flatMap((row) =>
      isPure(textOf(row, 'definition')) ? [] : [textOf(row, 'ferry_computed')],
    ),
    ...(rowsWith(answer, 'ferry_policy') ?? []).map((row) => textOf(row, 'ferry_policy')),
  ]);
  return names.map((asked, index) => {
    const row = objects.find((one) => textOf(one, 'ferry_definition') === String(index));
    if (row === undefined || textOf(row, 'of_server') === '1') return { ...asked, kind: 'unknown' };
    const id = textOf(row, 'object_id');
    const name = { schema: textOf(row, 'schema_name') ?? '', name: textOf(row, 'object_name') ?? '' };
    const type = textOf(row, 'object_type')?.trim();
    if (type === 'V') return { ...name, kind: 'view', text: texts.get(id) ?? undefined };
    return { ...name, kind: type === 'U' && !impure.has(id) ? 'table' : 'unknown' };
  });
}

function isPure(definition: string | null): boolean {
  if (definition === null) return false;
  const named = namedInExpression(definition);
  return named.kind === 'known' && !named.clock && named.objects.length === 0;
}
