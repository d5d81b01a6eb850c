import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { ok } from '../../../shared/model/result.ts';
import type { ErpReader, SqlDefinition } from '../packets/erp.ts';
import type { LinkParts } from '../packets/link-parts.ts';
import { baseTables, tableKey, type BaseTables } from './base-tables.ts';
import { knownPositions, type Positions } from './table-positions.ts';

type Asking = Pick<LinkParts, 'erp' | 'mapping'>;

/** What the rows of one entity come from. */
export interface EntityBasis {
  /** By `tableKey`; undefined where not all of them are known. */
  readonly tables: readonly string[] | undefined;
  /** What else says what is read: the names asked and the texts of views. */
  readonly defined: string;
  /** Whether the clock, the session or chance has a say. */
  readonly clock: boolean;
}

/** What the snapshots of a cycle are read from, as far as it is known. */
export class ReadBasis {
  /** Where the tables stood before anything was read; those that nobody can tell of are missing. */
  readonly noted: Positions;
  /** In the order of the mapping. */
  readonly entities: readonly EntityBasis[];
  readonly #reader: ErpReader;
  readonly #tables: readonly SqlName[];

  private constructor(
    reader: ErpReader,
    entities: readonly EntityBasis[],
    tables: readonly SqlName[],
    noted: Positions,
  ) {
    this.#reader = reader;
    this.entities = entities;
    this.#tables = tables;
    this.noted = noted;
  }

  /** An ERP that does not say makes the basis unknown; whether it answers at all is for others to find out. */
  static async look({ erp, mapping }: Asking, signal: AbortSignal): Promise<ReadBasis> {
    const sources = mapping.push.entities.map(({ from }) => from);
    const reader = remembering(erp.reader);
    // Together first: the names of all of them are asked with few questions.
    await baseTables(reader, sources, signal);
    const tables = new Map<string, SqlName>();
    const entities: EntityBasis[] = [];
    for (const source of sources) {
      const found = await baseTables(reader, [source], signal);
      const base: BaseTables = found.ok ? found.value : { kind: 'unknown', why: found.failure.kind };
      if (base.kind === 'unknown') {
        entities.push({ tables: undefined, defined: '', clock: true });
        continue;
      }
      for (const table of base.tables) tables.set(tableKey(table), table);
      entities.push({ tables: base.tables.map(tableKey), defined: base.defined, clock: base.clock });
    }
    const all = [...tables.values()];
    return new ReadBasis(erp.reader, entities, all, await positionsOf(erp.reader, all, signal));
  }

  /** Where they stand now; those that nobody can tell of are missing. */
  positions(signal: AbortSignal): Promise<Positions> {
    return positionsOf(this.#reader, this.#tables, signal);
  }
}

async function positionsOf(
  reader: ErpReader,
  tables: readonly SqlName[],
  signal: AbortSignal,
): Promise<Positions> {
  if (tables.length === 0) return {};
  const positions = await reader.positions(tables, signal);
  return positions.ok ? knownPositions(positions.value) : {};
}

/** What a name is does not change while it is looked for: each is asked once. */
function remembering(reader: ErpReader): Pick<ErpReader, 'definitions'> {
  const known = new Map<string, SqlDefinition>();
  return {
    definitions: async (names, signal) => {
      const open = names.filter((name) => !known.has(tableKey(name)));
      if (open.length > 0) {
        const answers = await reader.definitions(open, signal);
        if (!answers.ok) return answers;
        if (answers.value.length !== open.length) return ok([]);
        open.forEach((name, index) => {
          const answer = answers.value[index];
          if (answer !== undefined) known.set(tableKey(name), answer);
        });
      }
      return ok(names.flatMap((name) => known.get(tableKey(name)) ?? []));
    },
  };
}
