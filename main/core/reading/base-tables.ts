import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { ok, type Result } from '../../../shared/model/result.ts';
import type { ErpReader, ReadRequest, SqlDefinition } from '../packets/erp.ts';
import { namedInSelect, namedInView, type Named, type ObjectName } from './named-objects.ts';

/** The tables that everything read comes from. `unknown`: not all of them are known, `why` says where it ended. */
export type BaseTables =
  | {
      readonly kind: 'known';
      /** As the catalogue spells them, each once. */
      readonly tables: readonly SqlName[];
      /** What else says what is read: the names asked and the texts of the views, in one text. */
      readonly defined: string;
      /** Whether the clock, the session or chance has a say too. */
      readonly clock: boolean;
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** One text for one table: names differ by capitals where the database says so, so they stay as they are. */
export const tableKey = ({ schema, name }: SqlName): string => `${bracketed(schema)}.${bracketed(name)}`;
const bracketed = (part: string): string => `[${part.replaceAll(']', ']]')}]`;

/** Views over views over views: beyond this nobody wrote it by hand. */
const MAX_VIEWS = 200;

/**
 * Finds the base tables of what is read, through views of any depth. Fails only where the ERP could not be asked; what it
 * does not show is `unknown`.
 */
export async function baseTables(
  reader: Pick<ErpReader, 'definitions'>,
  sources: readonly ReadRequest['from'][],
  signal: AbortSignal,
): Promise<Result<BaseTables>> {
  const tables = new Map<string, SqlName>();
  const seen = new Set<string>();
  const defined: string[] = [];
  let clock = false;
  let open: SqlName[] = [];
  const take = (named: Named, inSchema: string | undefined): string | undefined => {
    if (named.kind === 'unknown') return named.why;
    clock ||= named.clock;
    open.push(...named.objects.flatMap((object) => candidates(object, inSchema)));
    return undefined;
  };
  for (const source of sources) {
    if ('table' in source) open.push(source.table);
    else {
      const why = take(namedInSelect(source.select), undefined);
      if (why !== undefined) return ok({ kind: 'unknown', why });
    }
  }
  while (open.length > 0) {
    const asked = open.filter((one) => !seen.has(tableKey(one)));
    for (const one of asked) seen.add(tableKey(one));
    open = [];
    if (seen.size > MAX_VIEWS) return ok({ kind: 'unknown', why: 'too many views' });
    if (asked.length === 0) break;
    const answers = await reader.definitions(asked, signal);
    if (!answers.ok) return answers;
    if (answers.value.length !== asked.length) return ok({ kind: 'unknown', why: 'the catalogue' });
    for (const answer of answers.value) {
      const why = look(answer);
      if (why !== undefined) return ok({ kind: 'unknown', why });
    }
  }
  return ok({ kind: 'known', tables: [...tables.values()], defined: defined.join('\n'), clock });

  function look(answer: SqlDefinition): string | undefined {
    const { schema, name } = answer;
    defined.push(tableKey(answer), answer.kind === 'view' ? (answer.text ?? '') : '');
    if (answer.kind === 'table') tables.set(tableKey(answer), { schema, name });
    else if (answer.kind === 'view' && answer.text !== undefined)
      return take(namedInView(answer.text), schema);
    else return tableKey(answer);
    return undefined;
  }
}

/**
 * A name without a schema is looked for in the schema of its view, else of the login, then in dbo. Where more than one may be
 * meant all are taken: one table too many costs a read, one too few a change.
 */
function candidates({ schema, name }: ObjectName, inSchema: string | undefined): readonly SqlName[] {
  if (schema !== undefined) return [{ schema, name }];
  const own = { schema: OWN_SCHEMA, name };
  return inSchema === undefined
    ? [own]
    : inSchema === 'dbo'
      ? [{ schema: inSchema, name }, own]
      : [{ schema: inSchema, name }];
}

/** Asked of `definitions`: in the login's default schema, else in dbo. */
const OWN_SCHEMA = '';
