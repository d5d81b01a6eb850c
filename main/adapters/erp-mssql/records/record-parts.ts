import type { Endpoint } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import { CatalogueReader } from '../catalogue.ts';
import { NotAnIdentifier } from '../quote-ident.ts';
import type { SqlServer } from '../sql-connection.ts';
import type { SqlSessions } from '../sql-sessions.ts';
import { Refused } from '../unit-scope.ts';
import { entityOf, liveTable, type LiveTable, type RecordTable } from './record-table.ts';

/** What reading and writing records work with. */
export interface RecordParts {
  readonly server: SqlServer;
  readonly sessions: SqlSessions;
  readonly endpoint: Endpoint;
  /** The zone of the ERP's wall clock. */
  readonly zone: string;
  readonly tables: LiveTables;
}

/** The mapped tables as the server has them; asked for again when `describe` is. */
export class LiveTables {
  readonly #given: ReadonlyMap<string, RecordTable>;
  readonly #reader: CatalogueReader;
  #known: ReadonlyMap<string, LiveTable | Refused> | undefined;

  constructor(options: { sessions: SqlSessions; endpoint: Endpoint; tables: readonly RecordTable[] }) {
    this.#given = new Map(options.tables.map((one) => [entityOf(one.table), one]));
    this.#reader = new CatalogueReader(options);
  }

  /** Reads the catalogue. Entities that are no mapped table, or not there, are left out. */
  async renew(signal: AbortSignal): Promise<Result<ReadonlyMap<string, LiveTable | Refused>>> {
    const names = [...this.#given.values()].map(({ table }) => table);
    const found = await this.#reader.read({ names, selects: [] }, signal);
    if (!found.ok) return found;
    const live = new Map<string, LiveTable | Refused>();
    for (const [entity, given] of this.#given) {
      const object = found.value.objects.find(
        ({ schema, name }) => entityOf({ schema, name }).toLowerCase() === entity.toLowerCase(),
      );
      if (object === undefined) continue;
      const made = refusable(() => liveTable(given, object));
      live.set(entity, made);
    }
    this.#known = live;
    return ok(live);
  }

  async of(entity: string, signal: AbortSignal): Promise<Result<LiveTable>> {
    if (this.#known === undefined) {
      const renewed = await this.renew(signal);
      if (!renewed.ok) return renewed;
    }
    const table = this.#known?.get(entity);
    if (table instanceof Refused) return fail(table.failure);
    return table === undefined
      ? fail({
          kind: 'rejected',
          code: 'no-such-table',
          where: entity,
          message: 'The table is not mapped, or the login does not see it.',
        })
      : ok(table);
  }
}

/** A compilation that a name or a value may end. */
export function refusable<T>(compile: () => T): T | Refused {
  try {
    return compile();
  } catch (error) {
    if (error instanceof Refused) return error;
    if (error instanceof NotAnIdentifier) return new Refused('not-an-identifier', error.message);
    throw error;
  }
}
