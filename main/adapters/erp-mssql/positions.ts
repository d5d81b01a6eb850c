import type { Endpoint } from '../../../shared/model/failure.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { TablePositions } from '../../core/packets/erp.ts';
import { tableKey } from '../../core/reading/base-tables.ts';
import { recoveryFork } from './queries/binding.ts';
import { positionMeans, positionOrigin, positionsBatch, type AskedTable } from './queries/positions.ts';
import { namedRows, numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlCell, SqlOutcome, SqlParameter } from './sql-connection.ts';
import { failureOf, isTransient } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** A scan of a large table for its count. */
const TIMEOUT_MS = 120_000;
const TABLES_AT_ONCE = 100;
const NO_SUCH_OBJECT = 208;

type Answered = Extract<SqlOutcome, { kind: 'answered' }>;
type Row = ReadonlyMap<string, SqlCell>;

/** What this server has to tell positions by; found out by asking, and less is asked from then on. */
interface Means {
  tracking: boolean;
  versions: boolean;
  fork: boolean;
}

/**
 * Tells where tables stand: by Change Tracking where they are tracked, else by row versions, else not at all. Never the same
 * for a table with a commit in between; differing without one costs a read.
 */
export class Positions {
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #means: Means = { tracking: true, versions: true, fork: true };

  constructor(sessions: SqlSessions, endpoint: Endpoint) {
    this.#sessions = sessions;
    this.#endpoint = endpoint;
  }

  async read(tables: readonly SqlName[], signal: AbortSignal): Promise<Result<TablePositions>> {
    const positions = new Map<string, string | undefined>(
      tables.map((table) => [tableKey(table), undefined] as const),
    );
    const origin = await this.#origin(signal);
    if (!origin.ok) return origin;
    for (let from = 0; from < tables.length; from += TABLES_AT_ONCE) {
      const part = tables.slice(from, from + TABLES_AT_ONCE);
      const told = await this.#part(part, signal);
      if (!told.ok) return told;
      for (const [index, position] of told.value) {
        const table = part[index];
        if (table !== undefined) positions.set(tableKey(table), `${origin.value} ${position}`);
      }
    }
    return ok(positions);
  }

  /** The restored one of two databases with equal tables is another one. */
  async #origin(signal: AbortSignal): Promise<Result<string>> {
    const outcome = await this.#run(positionOrigin, [], signal);
    if (outcome.kind !== 'answered') return this.#failed(outcome, signal);
    const row = rowsWith(outcome, 'ferry_origin')?.[0];
    let fork: string | null = null;
    if (this.#means.fork) {
      const forked = await this.#run(recoveryFork, [], signal);
      if (forked.kind === 'answered') {
        const found = rowsWith(forked, 'recovery_fork')?.[0];
        fork = found === undefined ? null : textOf(found, 'recovery_fork');
      } else if (forked.kind === 'refused' && !isTransient(forked.number)) this.#means.fork = false;
      else return this.#failed(forked, signal);
    }
    return ok(
      `${row === undefined ? '' : `${textOf(row, 'database_name') ?? ''} ${textOf(row, 'ferry_origin') ?? ''}`} ${fork ?? ''}`,
    );
  }

  async #part(tables: readonly SqlName[], signal: AbortSignal): Promise<Result<ReadonlyMap<number, string>>> {
    const parameters: SqlParameter[] = tables.flatMap(({ schema, name }, index) => [
      { name: `s${index}`, type: 'nvarchar', value: schema },
      { name: `n${index}`, type: 'nvarchar', value: name },
    ]);
    let means = await this.#run(positionMeans(tables.length, this.#means.tracking), parameters, signal);
    if (means.kind === 'refused' && means.number === NO_SUCH_OBJECT && this.#means.tracking) {
      this.#means.tracking = false;
      means = await this.#run(positionMeans(tables.length, false), parameters, signal);
    }
    if (means.kind !== 'answered') return this.#failed(means, signal);
    const rows = rowsWith(means, 'ferry_means') ?? [];
    const shapes = new Map(rows.map((row) => [numberOf(row, 'ferry_means'), shapeOf(row)] as const));
    for (const use of [
      this.#means,
      { tracking: false, versions: true },
      { tracking: true, versions: false },
    ]) {
      if ((use.tracking && !this.#means.tracking) || (use.versions && !this.#means.versions)) continue;
      const asked = rows.flatMap((row) => askedOf(row, tables, use));
      if (asked.length === 0) continue;
      const outcome = await this.#run(positionsBatch(asked), [], signal);
      if (outcome.kind === 'answered') return ok(told(outcome, shapes));
      // What the server does not know, or this login may not ask, is found by leaving it out.
      if (outcome.kind !== 'refused' || isTransient(outcome.number)) return this.#failed(outcome, signal);
      if (outcome.number === NO_SUCH_FUNCTION) this.#means.versions = false;
    }
    return ok(new Map());
  }

  #run(text: string, parameters: readonly SqlParameter[], signal: AbortSignal): Promise<SqlOutcome> {
    return this.#sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
  }

  #failed(outcome: Exclude<SqlOutcome, Answered>, signal: AbortSignal): Result<never> {
    const asked = { endpoint: this.#endpoint, where: 'the positions of tables', changes: false };
    return fail(failureOf(outcome, asked, signal));
  }
}

const NO_SUCH_FUNCTION = 195;

/** Another table under the same name, or the same one altered. */
const shapeOf = (row: Row): string => `${textOf(row, 'object_id') ?? ''} ${textOf(row, 'modify_date') ?? ''}`;

function askedOf(
  row: Row,
  tables: readonly SqlName[],
  use: Pick<Means, 'tracking' | 'versions'>,
): readonly AskedTable[] {
  const index = numberOf(row, 'ferry_means') ?? -1;
  const table = tables[index];
  if (table === undefined) return [];
  if (use.tracking && textOf(row, 'tracked_from') !== null)
    return [{ index, table, by: { tracking: numberOf(row, 'object_id') ?? 0 } }];
  const column = textOf(row, 'version_column');
  return use.versions && column !== null ? [{ index, table, by: { column } }] : [];
}

function told(outcome: Answered, shapes: ReadonlyMap<number | null, string>): ReadonlyMap<number, string> {
  const positions = new Map<number, string>();
  for (const set of outcome.recordsets) {
    const [row] = set.columns[0]?.name === 'ferry_position' ? namedRows(set) : [];
    if (row === undefined) continue;
    const index = numberOf(row, 'ferry_position') ?? -1;
    const kind = textOf(row, 'kind') ?? '';
    const newest = textOf(row, 'newest');
    const firstOpen = textOf(row, 'first_open');
    if (firstOpen === null) continue;
    // A row version that may belong to an open transaction could be passed by one that is committed later.
    if (kind === 'rows' && newest !== null && BigInt(newest) >= BigInt(firstOpen)) continue;
    const parts = [shapes.get(index), kind, newest ?? 'none', textOf(row, 'counted') ?? ''];
    if (kind === 'tracked') parts.push(firstOpen);
    positions.set(index, parts.join(' '));
  }
  return positions;
}
