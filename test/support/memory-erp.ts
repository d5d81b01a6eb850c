import type {
  ApplyOutcome,
  DocumentResult,
  ErpRow,
  ErpUser,
  Handover,
  LedgerView,
  PacketErp,
  PacketNotice,
  ReadRequest,
  WriteUnit,
} from '../../main/core/packets/erp.ts';
import type { Catalogue } from '../../main/core/drift/catalogue.ts';
import type { SyncFailure } from '../../shared/model/failure.ts';
import type { Sha256 } from '../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../shared/model/result.ts';

interface LedgerRow {
  state: 'applied' | 'void';
  revision: number;
  payloadHash: Sha256;
  documents: DocumentResult[];
}

/**
 * An ERP in memory with the promises of the port: one transaction a unit, ledger row first, both unique keys. `next` breaks
 * the next write in a chosen way.
 */
export class MemoryErp implements PacketErp {
  readonly ledger = new Map<string, LedgerRow>();
  readonly documents = new Map<
    string,
    DocumentResult & { entity: string; contentHash: Sha256; packetId: string }
  >();
  /** What its staging table says, by row id. */
  readonly decisions = new Map<string, Pick<DocumentResult, 'standing' | 'reason' | 'erpNumber'>>();
  readonly notices = new Map<string, PacketNotice>();
  /** Calls of `notify` that kept something. */
  told = 0;
  notifyFails: SyncFailure | undefined;
  /** The next answer to `verdicts` is lost after it was written down. */
  verdictLost = false;
  /** What was written, once per write: doubles show. */
  readonly written: string[] = [];
  readonly rows = new Set<string>();
  /** Key of a document by kind and number, so that a long history is not searched for each. */
  readonly #numbers = new Map<string, string>();
  away: SyncFailure | undefined;
  /** Each entry strikes one call of `apply`. */
  next: ('answer-lost' | 'request-lost' | SyncFailure)[] = [];
  usersOf: readonly ErpUser[] = [];
  tables: Readonly<Record<string, readonly ErpRow[]>> = {};
  /** What its catalogue shows; undefined where it may not be read. */
  schema: Catalogue | undefined;
  schemaReads = 0;
  reads: ReadRequest[] = [];

  ready(): ReturnType<PacketErp['ready']> {
    return Promise.resolve(
      this.away === undefined
        ? ok({ asked: true, fence: 1, serverVersion: '16', database: 'X', clockSkewMs: 0 })
        : fail(this.away),
    );
  }

  beat(): Promise<Result<void>> {
    return Promise.resolve(this.#up(undefined));
  }

  missing(
    packets: readonly { readonly packetId: string; readonly payloadHash: Sha256 }[],
  ): Promise<Result<readonly string[]>> {
    return Promise.resolve(
      ok(packets.flatMap(({ packetId }) => (this.ledger.get(packetId)?.state === 'applied' ? [] : packetId))),
    );
  }

  rebind(): Promise<Result<void>> {
    if (this.away?.kind === 'fenced') this.away = undefined;
    return Promise.resolve(ok(undefined));
  }

  release(): Promise<void> {
    return Promise.resolve();
  }

  catalogue(): Promise<Result<Catalogue>> {
    this.schemaReads += 1;
    return Promise.resolve(
      this.schema === undefined
        ? fail({ kind: 'rejected', code: '229', where: 'the catalogue', message: 'permission denied' })
        : this.#up(this.schema),
    );
  }

  readonly reader: PacketErp['reader'] = {
    users: () => Promise.resolve(this.#up(this.usersOf)),
    openView: () =>
      Promise.resolve(
        this.#up({
          consistency: 'snapshot' as const,
          read: (request: ReadRequest) => this.#read(request),
          close: () => Promise.resolve(),
        }),
      ),
    positions: (tables) =>
      Promise.resolve(
        this.#up(new Map(tables.map(({ schema, name }) => [`${schema}.${name}`, undefined] as const))),
      ),
    definitions: (names) =>
      Promise.resolve(this.#up(names.map((name) => ({ ...name, kind: 'unknown' as const })))),
    lookups: (questions) => Promise.resolve(this.#up(questions.map(() => ({ kind: 'none' as const })))),
    exists: (table, column, value) =>
      Promise.resolve(this.#up(this.rows.has(`${table.name}.${column}=${value}`))),
  };

  readonly writer: PacketErp['writer'] = {
    apply: (unit) => Promise.resolve(this.#apply(unit)),
    look: (_source, packetId, wanted) =>
      Promise.resolve(
        this.#up<LedgerView>({
          packet: this.ledger.get(packetId),
          documents: wanted.flatMap(({ entity, rowId }) => this.documents.get(`${entity} ${rowId}`) ?? []),
        }),
      ),
    verdicts: (_source, handovers) => Promise.resolve(this.#verdicts(handovers)),
    notify: (_source, notices) => {
      if (this.away !== undefined) return Promise.resolve(fail(this.away));
      for (const notice of notices)
        if (notice.state === 'none') this.notices.delete(notice.packetId);
        else this.notices.set(notice.packetId, notice);
      this.told += 1;
      return Promise.resolve(this.notifyFails === undefined ? ok(undefined) : fail(this.notifyFails));
    },
    documentKnown: (_source, document, number) =>
      Promise.resolve(this.#up(this.documents.has(this.#numbers.get(`${document} ${number}`) ?? ''))),
    voidPacket: (_source, packetId, revision, payloadHash) => {
      if (this.away !== undefined) return Promise.resolve(fail(this.away));
      if (this.ledger.get(packetId)?.state === 'applied') return Promise.resolve(ok('already' as const));
      this.ledger.set(packetId, { state: 'void', revision, payloadHash, documents: [] });
      return Promise.resolve(ok('voided' as const));
    },
  };

  #up<T>(value: T): Result<T> {
    return this.away === undefined ? ok(value) : fail(this.away);
  }

  async *#read(request: ReadRequest): AsyncIterable<readonly ErpRow[]> {
    this.reads.push(request);
    const name = 'table' in request.from ? request.from.table.name : 'select';
    yield await Promise.resolve(this.tables[name] ?? []);
  }

  #verdicts(handovers: readonly Handover[]): Awaited<ReturnType<PacketErp['writer']['verdicts']>> {
    if (this.away !== undefined) return fail(this.away);
    const changed: (DocumentResult & { packetId: string })[] = [];
    for (const [key, was] of this.documents) {
      const now = this.decisions.get(was.rowId);
      if (now === undefined || !handovers.some(({ document }) => document === was.document)) continue;
      if (was.standing === 'applied' || was.standing === 'accepted') continue;
      if (now.standing === was.standing && now.reason === was.reason) continue;
      const document = { ...was, ...now, erpNumber: now.erpNumber ?? was.erpNumber };
      this.documents.set(key, document);
      const row = this.ledger.get(was.packetId);
      if (row !== undefined)
        row.documents = row.documents.map((one) => (one.rowId === was.rowId ? document : one));
      changed.push(document);
    }
    if (!this.verdictLost) return ok(changed);
    this.verdictLost = false;
    return fail({ kind: 'unreachable', endpoint: 'erp:main', cause: 'the answer was lost' });
  }

  #apply(unit: WriteUnit): Result<ApplyOutcome> {
    if (this.away !== undefined) return fail(this.away);
    const strike = this.next.shift();
    const unknown: SyncFailure = { kind: 'unknown-outcome', endpoint: 'erp:main', operation: 'apply' };
    if (strike === 'request-lost') return fail(unknown);
    if (strike !== undefined && strike !== 'answer-lost') return fail(strike);
    const outcome = this.#write(unit);
    return strike === 'answer-lost' ? fail(unknown) : outcome;
  }

  #write(unit: WriteUnit): Result<ApplyOutcome> {
    const there = this.ledger.get(unit.packetId);
    if (there?.state === 'applied')
      return there.payloadHash === unit.payloadHash
        ? ok({ kind: 'already', documents: there.documents })
        : fail({ kind: 'conflict', where: unit.packetId, message: 'other payload' });
    if (there !== undefined && there.revision !== unit.revision - 1)
      return fail({ kind: 'conflict', where: unit.packetId, message: 'void' });
    if (unit.documents.some((one) => this.documents.has(`${one.entity} ${one.rowId}`)))
      return ok({ kind: 'replan' });
    const results = unit.documents.map((one) => ({
      document: one.document,
      rowId: one.rowId,
      number: one.number,
      erpKey: String(this.written.length + 1),
      erpNumber: `E-${one.number ?? ''}`,
      standing: one.handover === undefined ? ('applied' as const) : ('handed-over' as const),
      reason: null,
    }));
    for (const [index, one] of unit.documents.entries()) {
      const result = results[index];
      if (result === undefined) continue;
      this.written.push(`${one.document} ${one.number ?? one.rowId}`);
      this.#numbers.set(`${one.document} ${one.number ?? ''}`, `${one.entity} ${one.rowId}`);
      this.documents.set(`${one.entity} ${one.rowId}`, {
        ...result,
        entity: one.entity,
        contentHash: one.contentHash,
        packetId: unit.packetId,
      });
    }
    this.ledger.set(unit.packetId, {
      state: 'applied',
      revision: unit.revision,
      payloadHash: unit.payloadHash,
      documents: results,
    });
    return ok({ kind: 'applied', documents: results });
  }
}
