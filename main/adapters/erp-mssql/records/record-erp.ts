import type { SourceId, StartId } from '../../../../shared/model/ids.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { ErpSettings } from '../../../../shared/model/settings.ts';
import type { KnownRows } from '../../../core/feeds/known-rows.ts';
import type {
  ChangePart,
  ChangeRequest,
  EntityShape,
  FindRecords,
  IdsPage,
  IdsRequest,
  Pulse,
  ReadRecords,
  RecordCapabilities,
  RecordStore,
  RecordWrite,
  StoredRecord,
  WriteOutcome,
} from '../../../core/records/record-store.ts';
import type { Runtime } from '../../../core/runtime/runtime.ts';
import { Binding } from '../binding.ts';
import { Fence } from '../fence.ts';
import type { LeaseTrace } from '../lease-trace.ts';
import { Ledger } from '../ledger.ts';
import { ledgerNames } from '../ledger-names.ts';
import { MssqlServer } from '../mssql-connection.ts';
import { erpEndpoint } from '../packet-erp.ts';
import { readSite } from '../queries/binding.ts';
import { recordLedgerTable, recordLedgerThere } from '../queries/records-write.ts';
import { numberOf, rowsWith, textOf } from '../recordset.ts';
import type { SqlServer } from '../sql-connection.ts';
import { failureOf } from '../sql-failure.ts';
import { SqlSessions } from '../sql-sessions.ts';
import { Refused } from '../unit-scope.ts';
import { RecordChanges } from './record-changes.ts';
import { LiveTables } from './record-parts.ts';
import { RecordReads } from './record-reads.ts';
import { shapeOf } from './record-shapes.ts';
import type { RecordTable } from './record-table.ts';
import { RecordWrites } from './record-writes.ts';

const KEEP_SESSIONS = 2;
const TIMEOUT_MS = 15_000;
const IDS_PER_READ = 200;
const WRITES_PER_CALL = 20;

export interface RecordErpOptions {
  readonly settings: ErpSettings;
  readonly source: SourceId;
  /** The installation, for words. */
  readonly siteId: string;
  /** Who owns the lease. */
  readonly startId: StartId;
  readonly leaseTrace?: LeaseTrace | undefined;
  /** Asked for at every connect, kept nowhere. */
  readonly password: () => Promise<string>;
  readonly runtime: Runtime;
  /** Whether this login creates the ledger's objects when they are missing. */
  readonly createObjects: boolean;
  readonly tables: readonly RecordTable[];
  /** Where full compares of a table keep what they know. */
  readonly known?: ((table: SqlName) => KnownRows) | undefined;
  /** Another engine behind the lowest port; the driver by default. */
  readonly server?: SqlServer | undefined;
}

/** The ERP's mapped tables as one side of two-way records. Connects when first asked. */
export class RecordErp implements RecordStore {
  readonly side = 'erp';
  readonly capabilities: RecordCapabilities;
  readonly #options: RecordErpOptions;
  readonly #sessions: SqlSessions;
  readonly #binding: Binding;
  readonly #fence: Fence;
  readonly #tables: LiveTables;
  readonly #reads: RecordReads;
  readonly #changes: RecordChanges;
  readonly #writes: RecordWrites;

  constructor(options: RecordErpOptions) {
    const { settings, source, runtime, tables, known } = options;
    const endpoint = erpEndpoint(settings);
    const { schema } = settings.ledger;
    const server = options.server ?? new MssqlServer(settings, options.password);
    const sessions = new SqlSessions(server, KEEP_SESSIONS);
    const ledger = new Ledger(sessions, endpoint, schema);
    const { createObjects, siteId, startId, leaseTrace } = options;
    this.#options = options;
    this.#sessions = sessions;
    this.#binding = new Binding({ sessions, runtime, endpoint, schema, createObjects, ledger });
    this.#fence = new Fence({
      sessions,
      runtime,
      endpoint,
      schema,
      source,
      siteId,
      startId,
      trace: leaseTrace,
    });
    this.#tables = new LiveTables({ sessions, endpoint, tables });
    const parts = { server, sessions, endpoint, zone: settings.timeZone, tables: this.#tables };
    this.#reads = new RecordReads(parts);
    this.#changes = new RecordChanges({
      ...parts,
      reads: this.#reads,
      wall: () => runtime.wall(),
      newId: () => runtime.newId(),
      known,
    });
    this.#writes = new RecordWrites({ ...parts, schema, source, fence: this.#fence, reads: this.#reads });
    this.capabilities = {
      createIdentity: 'ledger',
      guard: 'atomic',
      // Some feeds see deletions, and say so; what holds for every table is the sweep.
      deletions: 'sweep',
      clock:
        tables.length > 0 && tables.every(({ changedAt }) => changedAt !== undefined) ? 'known' : 'unknown',
      idsPerRead: IDS_PER_READ,
      writesPerCall: WRITES_PER_CALL,
    };
  }

  /**
   * Server, database, creation date and recovery fork, as the ledger is bound to them. Takes the lease too. `fenced` where the
   * ledger is missing or is another one's, where the ERP was restored, or where another agent has the source.
   */
  async identity(signal: AbortSignal): Promise<Result<string>> {
    const { source } = this.#options;
    const { schema } = this.#options.settings.ledger;
    const checked = await this.#binding.check(source, [], signal);
    if (!checked.ok) return checked;
    const there = await this.#recordLedger(signal);
    if (!there.ok) return there;
    const held = await this.#fence.hold(signal);
    if (!held.ok) return held;
    const site = await this.#ask(readSite(ledgerNames(schema)), 'ferry_site', signal);
    if (!site.ok) return site;
    // What it was bound to, not what this login sees just now: a right that comes or goes makes no other database.
    const facts = ['server_name', 'database_name', 'database_created', 'recovery_fork'];
    return ok(
      JSON.stringify(facts.map((name) => (site.value === undefined ? null : textOf(site.value, name)))),
    );
  }

  async describe(entities: readonly string[], signal: AbortSignal): Promise<Result<readonly EntityShape[]>> {
    const live = await this.#tables.renew(signal);
    if (!live.ok) return live;
    const shapes: EntityShape[] = [];
    for (const entity of entities) {
      const table = live.value.get(entity);
      if (table === undefined) continue;
      if (table instanceof Refused) return fail(table.failure);
      const offers = await this.#changes.offers(table, signal);
      if (!offers.ok) return offers;
      shapes.push(shapeOf(table, offers.value));
    }
    return ok(shapes);
  }

  async pulse(): Promise<Result<Pulse>> {
    return ok({ kind: 'unknown' });
  }

  changes(request: ChangeRequest, signal: AbortSignal): AsyncIterable<ChangePart> {
    return this.#changes.changes(request, signal);
  }

  ids(request: IdsRequest, signal: AbortSignal): Promise<Result<IdsPage>> {
    return this.#reads.ids(request, signal);
  }

  read(request: ReadRecords, signal: AbortSignal): Promise<Result<readonly StoredRecord[]>> {
    return this.#reads.read(request, signal);
  }

  find(request: FindRecords, signal: AbortSignal): Promise<Result<readonly StoredRecord[]>> {
    return this.#reads.find(request, signal);
  }

  write(batch: readonly RecordWrite[], signal: AbortSignal): Promise<readonly WriteOutcome[]> {
    return this.#writes.write(batch, signal);
  }

  /** Gives the lease back, best effort. */
  release(signal: AbortSignal): Promise<void> {
    return this.#fence.release(signal);
  }

  /** Sessions are opened anew by whatever comes next. */
  close(): Promise<void> {
    return this.#sessions.renew();
  }

  async #recordLedger(signal: AbortSignal): Promise<Result<void>> {
    const { settings, createObjects } = this.#options;
    const { schema } = settings.ledger;
    const there = await this.#ask(recordLedgerThere(schema), 'ferry_found', signal);
    if (!there.ok) return there;
    if (there.value !== undefined && numberOf(there.value, 'ferry_found') === 1) return ok(undefined);
    const made = createObjects
      ? await this.#ask(recordLedgerTable(schema).statement, 'ferry_found', signal)
      : undefined;
    if (made?.ok === true) return ok(undefined);
    if (made !== undefined && made.failure.kind !== 'rejected') return made;
    return fail({
      kind: 'fenced',
      endpoint: erpEndpoint(settings),
      reason: 'ledger-missing',
      detail: `the ledger of records in schema ${schema} is not there: run the script of "erp-ferry erp script"`,
    });
  }

  async #ask(text: string, first: string, signal: AbortSignal): Promise<Result<ReturnType<typeof firstRow>>> {
    const outcome = await this.#sessions.run({ text, parameters: [], timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind === 'answered') return ok(firstRow(outcome, first));
    const asked = { endpoint: erpEndpoint(this.#options.settings), where: 'the ledger', changes: false };
    return fail(failureOf(outcome, asked, signal));
  }
}

const firstRow = (
  outcome: Parameters<typeof rowsWith>[0],
  column: string,
): NonNullable<ReturnType<typeof rowsWith>>[number] | undefined => rowsWith(outcome, column)?.[0];
