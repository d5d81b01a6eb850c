import type { Endpoint, FenceReason, SyncFailure } from '../../../shared/model/failure.ts';
import type { SourceId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { parseLocalTime } from '../../../shared/model/time.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import type { Ledger } from './ledger.ts';
import { ledgerNames, type LedgerNames } from './ledger-names.ts';
import {
  raiseVersion,
  readSite,
  rebindSite,
  recoveryFork,
  serverFacts,
  writeSite,
} from './queries/binding.ts';
import {
  countLedgerTables,
  LEDGER_ADDITIONS,
  LEDGER_TABLES,
  LEDGER_VERSION,
  ledgerObjects,
} from './queries/ledger-schema.ts';
import { numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlCell, SqlOutcome, SqlParameter } from './sql-connection.ts';
import { DUPLICATE, failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** Above the longest wait for a lock; with the wait for a cancel below the half minute in which a server is used again. */
const TIMEOUT_MS = 15_000;
/** As many as show a restore, few enough for every connect. */
export const RECENT_PACKETS = 50;

export interface RecentPacket {
  readonly packetId: string;
  readonly payloadHash: string;
}

export interface ServerFacts {
  readonly version: string;
  readonly server: string;
  readonly database: string;
  readonly created: string;
  readonly fork: string | null;
  readonly clockSkewMs: number;
}

type Answered = Extract<SqlOutcome, { kind: 'answered' }>;

/** Whether the ledger is there and is the one known here: not a copy, not a restored one. */
export class Binding {
  readonly #sessions: SqlSessions;
  readonly #runtime: Runtime;
  readonly #endpoint: Endpoint;
  readonly #schema: string;
  readonly #names: LedgerNames;
  readonly #createObjects: boolean;
  readonly #ledger: Ledger;

  constructor(options: {
    sessions: SqlSessions;
    runtime: Runtime;
    endpoint: Endpoint;
    schema: string;
    createObjects: boolean;
    ledger: Ledger;
  }) {
    this.#sessions = options.sessions;
    this.#runtime = options.runtime;
    this.#endpoint = options.endpoint;
    this.#schema = options.schema;
    this.#names = ledgerNames(options.schema);
    this.#createObjects = options.createObjects;
    this.#ledger = options.ledger;
  }

  /** Failures: `fenced` with `ledger-missing`, `erp-copied`, `erp-restored`; else those of any read. */
  async check(
    source: SourceId,
    recent: readonly RecentPacket[],
    signal: AbortSignal,
  ): Promise<Result<ServerFacts>> {
    const facts = await this.#facts(signal);
    if (!facts.ok) return facts;
    const objects = await this.#objects(recent, signal);
    if (!objects.ok) return objects;
    const bound = await this.#site(facts.value, recent, signal);
    if (!bound.ok) return bound;
    const known = recent.slice(-RECENT_PACKETS);
    const missing = await this.#ledger.missing(source, known, signal);
    if (!missing.ok) return missing;
    if (missing.value.length > 0)
      return fail(
        this.#fenced(
          'erp-restored',
          `${missing.value.length} of the last ${known.length} packets applied here are not in the ledger of ${facts.value.database}`,
        ),
      );
    return facts;
  }

  /** After a person has said that this database is the one to go on with. */
  async rebind(signal: AbortSignal): Promise<Result<void>> {
    const facts = await this.#facts(signal);
    if (!facts.ok) return facts;
    const done = await this.#ask(rebindSite(this.#names), siteValues(facts.value), signal, true);
    return done.ok ? ok(undefined) : done;
  }

  async #facts(signal: AbortSignal): Promise<Result<ServerFacts>> {
    const before = this.#runtime.wall();
    const answer = await this.#ask(serverFacts, {}, signal);
    if (!answer.ok) return answer;
    const after = this.#runtime.wall();
    const row = rowsWith(answer.value, 'product_version')?.[0];
    if (row === undefined)
      return fail({
        kind: 'invalid-response',
        endpoint: this.#endpoint,
        where: 'the facts of the server',
        detail: 'the answer has no row',
      });
    const fork = await this.#ask(recoveryFork, {}, signal);
    // A view or right that is not there only makes the binding less sharp.
    if (!fork.ok && fork.failure.kind !== 'rejected') return fork;
    const forkRow = fork.ok ? rowsWith(fork.value, 'recovery_fork')?.[0] : undefined;
    return ok({
      version: textOf(row, 'product_version') ?? '',
      server: textOf(row, 'server_name') ?? '',
      database: textOf(row, 'database_name') ?? '',
      created: textOf(row, 'database_created') ?? '',
      fork: forkRow === undefined ? null : textOf(forkRow, 'recovery_fork'),
      clockSkewMs: clockSkew(row, before, after),
    });
  }

  async #objects(recent: readonly RecentPacket[], signal: AbortSignal): Promise<Result<void>> {
    const count = await this.#ask(countLedgerTables(this.#schema), {}, signal);
    if (!count.ok) return count;
    const row = rowsWith(count.value, 'found')?.[0];
    const whole = row !== undefined && numberOf(row, 'found') === LEDGER_TABLES;
    if (whole && numberOf(row, 'added') === LEDGER_ADDITIONS) return ok(undefined);
    if (recent.length > 0 && !whole)
      return fail(
        this.#fenced(
          'ledger-missing',
          `packets were applied before, but schema ${this.#schema} is not complete: restore it, or confirm a new start`,
        ),
      );
    if (!this.#createObjects)
      return fail(
        this.#fenced(
          'ledger-missing',
          whole
            ? `the ledger in schema ${this.#schema} is older than this program: run the script of "erp-ferry erp script"`
            : `schema ${this.#schema} is not there: run the script of "erp-ferry erp script"`,
        ),
      );
    for (const object of ledgerObjects(this.#schema)) {
      const created = await this.#ask(object.statement, {}, signal);
      if (!created.ok)
        return created.failure.kind === 'rejected'
          ? fail(
              this.#fenced(
                'ledger-missing',
                `${object.name} cannot be created (${created.failure.code}): run the script of "erp-ferry erp script"`,
              ),
            )
          : created;
    }
    return ok(undefined);
  }

  async #site(
    facts: ServerFacts,
    recent: readonly RecentPacket[],
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const read = await this.#ask(readSite(this.#names), {}, signal);
    if (!read.ok) return read;
    const row = rowsWith(read.value, 'ferry_site')?.[0];
    if (row === undefined) {
      if (recent.length > 0)
        return fail(
          this.#fenced('ledger-missing', 'packets were applied before, but the ledger here is a new one'),
        );
      const values = {
        ...siteValues(facts),
        ledger_id: this.#runtime.newId(),
        version: String(LEDGER_VERSION),
      };
      const written = await this.#ask(writeSite(this.#names), values, signal, true);
      // Another link of this site was first with the same facts.
      if (
        !written.ok &&
        !(written.failure.kind === 'rejected' && DUPLICATE.has(Number(written.failure.code)))
      )
        return written;
      return ok(undefined);
    }
    const version = numberOf(row, 'schema_version') ?? 0;
    if (version > LEDGER_VERSION)
      return fail(
        this.#fenced(
          'ledger-missing',
          `the ledger has version ${version}, this program knows ${LEDGER_VERSION}: update the program`,
        ),
      );
    if (version < LEDGER_VERSION) {
      const raised = await this.#ask(
        raiseVersion(this.#names),
        { version: String(LEDGER_VERSION) },
        signal,
        true,
      );
      if (!raised.ok) return raised;
    }
    const was = (column: string): string => textOf(row, column) ?? '';
    if (was('server_name') !== facts.server || was('database_name') !== facts.database)
      return fail(
        this.#fenced(
          'erp-copied',
          `the ledger belongs to ${was('server_name')}/${was('database_name')}, found in ${facts.server}/${facts.database}`,
        ),
      );
    const fork = textOf(row, 'recovery_fork');
    const forked = fork !== null && facts.fork !== null && fork !== facts.fork;
    if (forked || was('database_created') !== facts.created)
      return fail(
        this.#fenced(
          'erp-restored',
          `${facts.database} was created ${facts.created}, the ledger was bound to the one of ${was('database_created')}`,
        ),
      );
    return ok(undefined);
  }

  async #ask(
    text: string,
    values: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
    changes = false,
  ): Promise<Result<Answered>> {
    const parameters: SqlParameter[] = Object.entries(values).map(([name, value]) => ({
      name,
      type: 'nvarchar',
      value,
    }));
    const outcome = await this.#sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind === 'answered') return ok(outcome);
    const failure = failureOf(outcome, { endpoint: this.#endpoint, where: 'the ledger', changes }, signal);
    // Setting up may be repeated at will, so nobody needs to look into what became of it.
    return fail(
      failure.kind === 'unknown-outcome'
        ? { kind: 'unreachable', endpoint: this.#endpoint, cause: 'the connection was lost' }
        : failure,
    );
  }

  #fenced(reason: FenceReason, detail: string): SyncFailure {
    return { kind: 'fenced', endpoint: this.#endpoint, reason, detail };
  }
}

const siteValues = (facts: ServerFacts): Record<string, string | null> => ({
  server: facts.server,
  database: facts.database,
  created: facts.created,
  fork: facts.fork,
});

/** Server UTC minus our clock at the middle of the question; half the way there and back is the error. */
function clockSkew(row: ReadonlyMap<string, SqlCell>, before: number, after: number): number {
  const now = parseLocalTime(textOf(row, 'utc_now') ?? '');
  if (now === undefined) return 0;
  const server = Date.UTC(
    now.year,
    now.month - 1,
    now.day,
    now.hour,
    now.minute,
    now.second,
    now.millisecond,
  );
  return Math.round(server - (before + after) / 2);
}
