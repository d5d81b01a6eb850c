import type { Endpoint } from '../../../../shared/model/failure.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { parseLocalTime } from '../../../../shared/model/time.ts';
import type { CatalogueObject } from '../../../core/drift/catalogue.ts';
import type { FeedIdentity } from '../../../core/feeds/cursor.ts';
import type { TrackingRights } from '../../../core/feeds/offers.ts';
import type { TrackingFacts, VersionFacts } from '../../../core/feeds/positions.ts';
import { CatalogueReader } from '../catalogue.ts';
import { recoveryFork, serverFacts } from '../queries/binding.ts';
import {
  highestVersion,
  minActiveVersion,
  tableFacts,
  trackingAllowed,
  trackingFacts,
} from '../queries/feeds.ts';
import { NotAnIdentifier, quoteName } from '../quote-ident.ts';
import { numberOf, rowsWith, textOf } from '../recordset.ts';
import type { SqlCell, SqlParameter } from '../sql-connection.ts';
import { failureOf, isTransient } from '../sql-failure.ts';
import type { SqlSessions } from '../sql-sessions.ts';

const TIMEOUT_MS = 30_000;

type Row = ReadonlyMap<string, SqlCell>;

/** What a server refuses to say: a view or function it does not have, or a right that is missing. */
type Said = { readonly row: Row | undefined } | 'refused';

/** The small questions of feeds, each one request. */
export class FeedQuestions {
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #table: SqlName;
  readonly where: string;

  constructor(options: { sessions: SqlSessions; endpoint: Endpoint; table: SqlName }) {
    this.#sessions = options.sessions;
    this.#endpoint = options.endpoint;
    this.#table = options.table;
    this.where = `${options.table.schema}.${options.table.name}`;
  }

  async object(signal: AbortSignal): Promise<Result<CatalogueObject>> {
    const reader = new CatalogueReader({ sessions: this.#sessions, endpoint: this.#endpoint });
    const found = await reader.read({ names: [this.#table], selects: [] }, signal);
    if (!found.ok) return found;
    const object = found.value.objects[0];
    return object === undefined
      ? fail({
          kind: 'rejected',
          code: 'no-such-table',
          where: this.where,
          message: `The login sees no table ${this.where}.`,
        })
      : ok(object);
  }

  async identity(signal: AbortSignal): Promise<Result<FeedIdentity>> {
    const facts = await this.#must(serverFacts, 'product_version', {}, signal);
    if (!facts.ok) return facts;
    const fork = await this.#may(recoveryFork, 'recovery_fork', {}, signal);
    if (!fork.ok) return fork;
    const text = (name: string): string => textOf(facts.value, name) ?? '';
    return ok({
      server: text('server_name'),
      database: text('database_name'),
      created: text('database_created'),
      fork: fork.value === 'refused' ? null : textOf(fork.value.row ?? new Map(), 'recovery_fork'),
    });
  }

  /** Both clocks of the server, as milliseconds of their own walls. */
  async table(
    signal: AbortSignal,
  ): Promise<Result<{ readonly object: string; readonly local: number; readonly utc: number }>> {
    const name = this.#quoted();
    if (!name.ok) return name;
    const row = await this.#must(tableFacts, 'table_object', { name: name.value }, signal);
    return row.ok
      ? ok({
          object: textOf(row.value, 'table_object') ?? '',
          local: wallMs(textOf(row.value, 'local_now')),
          utc: wallMs(textOf(row.value, 'utc_now')),
        })
      : row;
  }

  async versions(signal: AbortSignal): Promise<Result<VersionFacts>> {
    const bound = await this.#may(minActiveVersion, 'min_active', {}, signal);
    if (!bound.ok) return bound;
    const lowest = bound.value === 'refused' ? null : textOf(bound.value.row ?? new Map(), 'min_active');
    if (lowest !== null) return ok({ upTo: String(BigInt(lowest) - 1n), exact: true });
    const highest = await this.#must(highestVersion, 'highest', {}, signal);
    return highest.ok ? ok({ upTo: textOf(highest.value, 'highest') ?? '0', exact: false }) : highest;
  }

  /** Undefined where the table is not tracked or this server tracks nothing. */
  async tracking(signal: AbortSignal): Promise<Result<TrackingFacts | undefined>> {
    const name = this.#quoted();
    if (!name.ok) return name;
    const said = await this.#may(trackingFacts, 'current_version', { name: name.value }, signal);
    if (!said.ok) return said;
    const row = said.value === 'refused' ? undefined : said.value.row;
    if (row === undefined) return ok(undefined);
    const [current, begin, oldest] = ['current_version', 'begin_version', 'oldest_version'].map((column) =>
      textOf(row, column),
    );
    return ok(current == null ? undefined : { current, begin: begin ?? current, oldest: oldest ?? current });
  }

  async trackingAllowed(signal: AbortSignal): Promise<Result<TrackingRights>> {
    const name = this.#quoted();
    if (!name.ok) return name;
    const said = await this.#may(trackingAllowed, 'database_tracked', { name: name.value }, signal);
    if (!said.ok) return said;
    const row = said.value === 'refused' ? undefined : said.value.row;
    const has = (column: string): boolean => (row === undefined ? 0 : (numberOf(row, column) ?? 0)) > 0;
    return ok({
      server: row !== undefined,
      database: has('database_tracked'),
      table: has('table_tracked'),
      mayView: has('may_view'),
    });
  }

  #quoted(): Result<string> {
    try {
      return ok(quoteName(this.#table));
    } catch (error) {
      if (!(error instanceof NotAnIdentifier)) throw error;
      return fail({ kind: 'rejected', code: 'not-an-identifier', where: this.where, message: error.message });
    }
  }

  async #must(
    text: string,
    first: string,
    values: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<Row>> {
    const outcome = await this.#run(text, values, signal);
    if (outcome.kind !== 'answered')
      return fail(
        failureOf(outcome, { endpoint: this.#endpoint, where: this.where, changes: false }, signal),
      );
    const row = rowsWith(outcome, first)?.[0];
    return row === undefined
      ? fail({
          kind: 'invalid-response',
          endpoint: this.#endpoint,
          where: this.where,
          detail: `the answer has no ${first}`,
        })
      : ok(row);
  }

  async #may(
    text: string,
    first: string,
    values: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<Said>> {
    const outcome = await this.#run(text, values, signal);
    if (outcome.kind === 'answered') return ok({ row: rowsWith(outcome, first)?.[0] });
    if (outcome.kind === 'refused' && !isTransient(outcome.number)) return ok('refused');
    return fail(failureOf(outcome, { endpoint: this.#endpoint, where: this.where, changes: false }, signal));
  }

  #run(
    text: string,
    values: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): ReturnType<SqlSessions['run']> {
    const parameters: SqlParameter[] = Object.entries(values).map(([name, value]) => ({
      name,
      type: 'nvarchar',
      value,
    }));
    return this.#sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
  }
}

function wallMs(text: string | null): number {
  const time = parseLocalTime(text ?? '');
  if (time === undefined) return 0;
  const { year, month, day, hour, minute, second, millisecond } = time;
  return Date.UTC(year, month - 1, day, hour, minute, second, millisecond);
}
