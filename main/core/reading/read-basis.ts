import type { LinkParts } from '../packets/link-parts.ts';
import type { ErpUser } from '../packets/erp.ts';
import { baseTables, type BaseTables } from './base-tables.ts';
import { knownPositions } from './whole-read.ts';

type Positions = Readonly<Record<string, string>>;
type Asking = Pick<LinkParts, 'erp' | 'mapping' | 'policy' | 'hash'>;

/** What the snapshots of a cycle are read from, as far as it is known. */
export class ReadBasis {
  /** Where all base tables stood before anything was read; undefined where not all of them are known, or one cannot tell. */
  readonly noted: Positions | undefined;
  /** What else decides what is read; undefined where something does that nobody can compare. */
  readonly print: string | undefined;
  readonly #parts: Asking;
  readonly #tables: BaseTables;

  private constructor(
    parts: Asking,
    tables: BaseTables,
    noted: Positions | undefined,
    print: string | undefined,
  ) {
    this.#parts = parts;
    this.#tables = tables;
    this.noted = noted;
    this.print = print;
  }

  /** An ERP that does not say makes the basis unknown; whether it answers at all is for others to find out. */
  static async look(parts: Asking, users: readonly ErpUser[], signal: AbortSignal): Promise<ReadBasis> {
    const { erp, mapping, policy, hash } = parts;
    const sources = mapping.push.entities.map(({ from }) => from);
    const found = await baseTables(erp.reader, sources, signal);
    const tables: BaseTables = found.ok ? found.value : { kind: 'unknown', why: found.failure.kind };
    const noted = await positionsOf(parts, tables, signal);
    if (tables.kind === 'unknown' || tables.clock) return new ReadBasis(parts, tables, noted, undefined);
    const people = users.map(({ name, values }) => [name, [...values]]);
    const print = hash(JSON.stringify([policy.modelHash, mapping.push, tables.defined, people]));
    return new ReadBasis(parts, tables, noted, print);
  }

  /** Where they stand now; undefined where that is not known of all of them. */
  positions(signal: AbortSignal): Promise<Positions | undefined> {
    return positionsOf(this.#parts, this.#tables, signal);
  }
}

async function positionsOf(
  { erp }: Asking,
  tables: BaseTables,
  signal: AbortSignal,
): Promise<Positions | undefined> {
  if (tables.kind === 'unknown') return undefined;
  const positions = await erp.reader.positions(tables.tables, signal);
  if (!positions.ok || positions.value.size !== tables.tables.length) return undefined;
  return knownPositions(positions.value);
}
