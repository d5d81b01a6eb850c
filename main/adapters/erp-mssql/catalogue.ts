import type { Endpoint } from '../../../shared/model/failure.ts';
import type { SourceId } from '../../../shared/model/ids.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type {
  Catalogue,
  CatalogueColumn,
  CatalogueForeignKey,
  CatalogueKey,
  CatalogueObject,
  CatalogueProcedure,
  CatalogueQuestion,
  ColumnType,
  SelectAnswer,
  SelectQuestion,
} from '../../core/drift/catalogue.ts';
import { parameterDefaults } from '../../core/drift/parameter-defaults.ts';
import { storedSource } from './ledger-names.ts';
import { catalogueBatch, emptySelect } from './queries/catalogue.ts';
import { numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlCell, SqlOutcome, SqlParameter } from './sql-connection.ts';
import { failureOf, isTransient } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

const TIMEOUT_MS = 30_000;
/** Two parameters a name: far below what a request may have. */
const NAMES_AT_ONCE = 200;
const NO_SUCH_COLUMN = 207;

type Answered = Extract<SqlOutcome, { kind: 'answered' }>;
type Row = ReadonlyMap<string, SqlCell>;

/** Reads what the server's catalogue shows of tables, views and procedures. */
export class CatalogueReader {
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #source: SourceId | undefined;
  /** Whether this server knows periods of rows; found out by asking. */
  #temporal = true;

  /** `source` is what a SELECT gets as `@source`. */
  constructor(options: { sessions: SqlSessions; endpoint: Endpoint; source?: SourceId | undefined }) {
    this.#sessions = options.sessions;
    this.#endpoint = options.endpoint;
    this.#source = options.source;
  }

  async read({ names, selects }: CatalogueQuestion, signal: AbortSignal): Promise<Result<Catalogue>> {
    const parts: Catalogue[] = [];
    const chunks = names === 'tables' ? (['all'] as const) : chunked(names);
    for (const chunk of chunks) {
      const answer = await this.#ask(chunk, signal);
      if (!answer.ok) return answer;
      parts.push(catalogueOf(answer.value));
    }
    const answers: SelectAnswer[] = [];
    for (const select of selects) {
      const answer = await this.#select(select, signal);
      if (!answer.ok) return answer;
      answers.push(answer.value);
    }
    return ok({
      objects: parts.flatMap(({ objects }) => objects),
      procedures: parts.flatMap(({ procedures }) => procedures),
      synonyms: parts.flatMap(({ synonyms }) => synonyms),
      selects: answers,
    });
  }

  async #ask(names: readonly SqlName[] | 'all', signal: AbortSignal): Promise<Result<Answered>> {
    const parameters: SqlParameter[] =
      names === 'all'
        ? []
        : names.flatMap(({ schema, name }, index) => [
            { name: `s${index}`, type: 'nvarchar', value: schema },
            { name: `n${index}`, type: 'nvarchar', value: name },
          ]);
    const ask = (): Promise<SqlOutcome> =>
      this.#sessions.run(
        {
          text: catalogueBatch(names === 'all' ? 'all' : names.length, this.#temporal),
          parameters,
          timeoutMs: TIMEOUT_MS,
        },
        signal,
      );
    let outcome = await ask();
    if (outcome.kind === 'refused' && outcome.number === NO_SUCH_COLUMN && this.#temporal) {
      this.#temporal = false;
      outcome = await ask();
    }
    return outcome.kind === 'answered' ? ok(outcome) : this.#failed(outcome, signal);
  }

  async #select({ select, columns }: SelectQuestion, signal: AbortSignal): Promise<Result<SelectAnswer>> {
    const parameters: SqlParameter[] = [
      {
        name: 'source',
        type: 'nvarchar',
        value: this.#source === undefined ? null : storedSource(this.#source),
      },
      ...userParameters(select).map((name) => ({ name, type: 'nvarchar' as const, value: null })),
    ];
    const call = { text: emptySelect(select, columns), parameters, timeoutMs: TIMEOUT_MS };
    const outcome = await this.#sessions.run(call, signal);
    if (outcome.kind === 'answered') return ok({ kind: 'fits' });
    if (outcome.kind === 'refused' && !isTransient(outcome.number))
      return ok({ kind: 'refused', code: String(outcome.number), message: outcome.message });
    return this.#failed(outcome, signal);
  }

  #failed(outcome: Exclude<SqlOutcome, Answered>, signal: AbortSignal): Result<never> {
    const asked = { endpoint: this.#endpoint, where: 'the catalogue', changes: false };
    return fail(failureOf(outcome, asked, signal));
  }
}

function chunked(names: readonly SqlName[]): readonly (readonly SqlName[])[] {
  const chunks: SqlName[][] = [];
  for (let from = 0; from < names.length; from += NAMES_AT_ONCE)
    chunks.push(names.slice(from, from + NAMES_AT_ONCE));
  return chunks;
}

/** Parameters with a user's values, as a SELECT names them; each once, whatever its capitals. */
function userParameters(select: string): readonly string[] {
  const found = new Map<string, string>();
  for (const [, name = ''] of select.matchAll(/(?<![@\p{L}\p{N}_])@(user_[\p{L}\p{N}_@#$]+)/giu))
    found.set(name.toLowerCase(), name);
  return [...found.values()];
}

function catalogueOf(answer: Answered): Catalogue {
  const columns = grouped(answer, 'ferry_column', columnFrom);
  const keys = grouped(answer, 'ferry_key', (row) => row);
  const foreign = grouped(answer, 'ferry_foreign', (row) => row);
  const triggers = grouped(answer, 'ferry_trigger', (row) => ({
    name: text(row, 'trigger_name'),
    enabled: !flag(row, 'is_disabled'),
    insteadOf: flag(row, 'is_instead_of_trigger'),
  }));
  const parameters = grouped(answer, 'ferry_parameter', (row) => row);
  const texts = new Map(
    (rowsWith(answer, 'ferry_text') ?? []).map((row) => [text(row, 'ferry_text'), textOf(row, 'definition')]),
  );
  const objects: CatalogueObject[] = [];
  const procedures: CatalogueProcedure[] = [];
  const synonyms: SqlName[] = [];
  for (const row of rowsWith(answer, 'ferry_object') ?? []) {
    const id = text(row, 'ferry_object');
    const name = { schema: text(row, 'schema_name'), name: text(row, 'object_name') };
    const type = text(row, 'object_type').trim();
    if (type === 'SN') synonyms.push(name);
    else if (type === 'P' || type === 'PC')
      procedures.push({
        ...name,
        parameters: parametersFrom(parameters.get(id) ?? [], texts.get(id) ?? null),
      });
    else
      objects.push({
        ...name,
        kind: type === 'V' ? 'view' : 'table',
        columns: columns.get(id) ?? [],
        keys: keysFrom(keys.get(id) ?? []),
        foreignKeys: foreignKeysFrom(foreign.get(id) ?? []),
        triggers: triggers.get(id) ?? [],
      });
  }
  return { objects, procedures, synonyms, selects: [] };
}

const text = (row: Row, column: string): string => textOf(row, column) ?? '';
const flag = (row: Row, column: string): boolean => textOf(row, column) === '1';

function grouped<T>(answer: Answered, column: string, read: (row: Row) => T): ReadonlyMap<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rowsWith(answer, column) ?? []) {
    const id = text(row, column);
    const group = groups.get(id);
    if (group === undefined) groups.set(id, [read(row)]);
    else group.push(read(row));
  }
  return groups;
}

const WIDE = new Set(['nchar', 'nvarchar', 'sysname']);
const NARROW = new Set(['char', 'varchar', 'text']);
const SIZED = new Set([...WIDE, 'char', 'varchar', 'binary', 'varbinary']);

function typeFrom(row: Row): ColumnType {
  const name = text(row, 'type_name').toLowerCase();
  const bytes = numberOf(row, 'max_length') ?? 0;
  const length = bytes === -1 ? 'max' : WIDE.has(name) ? bytes / 2 : bytes;
  const codePage = NARROW.has(name) ? (numberOf(row, 'code_page') ?? undefined) : undefined;
  return {
    name,
    ...(SIZED.has(name) ? { length } : {}),
    precision: numberOf(row, 'precision') ?? 0,
    scale: numberOf(row, 'scale') ?? 0,
    ...(codePage === undefined ? {} : { codePage }),
  };
}

const columnFrom = (row: Row): CatalogueColumn => ({
  name: text(row, 'column_name'),
  type: typeFrom(row),
  nullable: flag(row, 'is_nullable'),
  identity: flag(row, 'is_identity'),
  computed: flag(row, 'is_computed'),
  generated: flag(row, 'is_generated'),
  hasDefault: flag(row, 'has_default'),
});

function keysFrom(rows: readonly Row[]): readonly CatalogueKey[] {
  return [...byName(rows)].map(([name, parts]) => ({
    name,
    primary: parts.some((row) => flag(row, 'is_primary_key')),
    columns: parts.map((row) => text(row, 'column_name')),
  }));
}

function foreignKeysFrom(rows: readonly Row[]): readonly CatalogueForeignKey[] {
  return [...byName(rows)].map(([name, parts]) => ({
    name,
    columns: parts.map((row) => text(row, 'column_name')),
    to: { schema: text(parts[0] ?? new Map(), 'to_schema'), name: text(parts[0] ?? new Map(), 'to_name') },
    toColumns: parts.map((row) => text(row, 'to_column')),
  }));
}

function byName(rows: readonly Row[]): ReadonlyMap<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows)
    groups.set(text(row, 'key_name'), [...(groups.get(text(row, 'key_name')) ?? []), row]);
  return groups;
}

function parametersFrom(rows: readonly Row[], definition: string | null): CatalogueProcedure['parameters'] {
  const defaults = definition === null ? undefined : parameterDefaults(definition);
  return rows.map((row) => {
    const name = text(row, 'parameter_name').replace(/^@/, '');
    return {
      name,
      type: typeFrom(row),
      output: flag(row, 'is_output'),
      hasDefault: defaults?.has(name.toLowerCase()),
    };
  });
}
