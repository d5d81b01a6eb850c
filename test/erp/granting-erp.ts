import type { ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import type {
  ErpReader,
  ErpView,
  ErpWriter,
  LookupQuestion,
  ReadRequest,
  WriteCall,
  WriteDocument,
  WriteUnit,
} from '../../main/core/packets/erp.ts';
import type { DocumentHandler, Mapping, PushEntity } from '../../shared/model/mapping.ts';
import type { SqlName } from '../../shared/model/mapping-names.ts';
import type { WriteTarget } from '../../shared/model/mapping-targets.ts';
import type { PullValue } from '../../shared/model/mapping-values.ts';
import type { DailyLogin } from './daily-login.ts';

/**
 * The product's access under the daily login. Before it is used for objects a case has made, the login is given what the
 * script generator says for a mapping that uses them so: no case grants anything itself.
 */
export function grantingErp(erp: ClosablePacketErp, login: DailyLogin): ClosablePacketErp {
  const { reader, writer } = erp;
  const reads = (from: ReadRequest['from']): Promise<void> => login.grantFor(reading(from));
  const readingTables = async (tables: readonly SqlName[]): Promise<void> => {
    for (const table of tables) await reads({ table });
  };
  const view = (open: ErpView): ErpView =>
    over(open, {
      async *read(request: ReadRequest, signal: AbortSignal) {
        await reads(request.from);
        yield* open.read(request, signal);
      },
    });
  return over(erp, {
    reader: over(reader, {
      async users(query: string, signal: AbortSignal) {
        await login.grantFor(mapping([], []), query);
        return reader.users(query, signal);
      },
      async openView(signal: AbortSignal) {
        const open = await reader.openView(signal);
        return open.ok ? { ok: true as const, value: view(open.value) } : open;
      },
      async positions(tables: readonly SqlName[], signal: AbortSignal) {
        await readingTables(tables);
        return reader.positions(tables, signal);
      },
      async definitions(names: readonly SqlName[], signal: AbortSignal) {
        await readingTables(names);
        return reader.definitions(names, signal);
      },
      async lookups(questions: readonly LookupQuestion[], signal: AbortSignal) {
        for (const one of questions) await login.grantFor(lookingUp(one));
        return reader.lookups(questions, signal);
      },
      async exists(table: SqlName, column: string, value: string, signal: AbortSignal) {
        await login.grantFor(naming(table, column));
        return reader.exists(table, column, value, signal);
      },
    } satisfies Partial<ErpReader>),
    writer: over(writer, {
      async apply(unit: WriteUnit, signal: AbortSignal) {
        await login.grantFor(mapping([], unit.documents.map(handlerOf)));
        return writer.apply(unit, signal);
      },
    } satisfies Partial<ErpWriter>),
  });
}

/** The same object with some methods replaced; the others keep their own `this`. */
const over = <T extends object>(of: T, other: Partial<T>): T =>
  new Proxy(of, {
    get(target, name) {
      if (Object.hasOwn(other, name)) return Reflect.get(other, name) as unknown;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });

const mapping = (entities: readonly PushEntity[], documents: readonly DocumentHandler[]): Mapping => ({
  mappingVersion: 1,
  name: 'case',
  push: { entities: [...entities] },
  pull: { documents: [...documents], series: [], keepOnly: [], codes: {} },
});

const reading = (from: ReadRequest['from']): Mapping =>
  mapping([{ entity: 'Read', from, fields: {}, filter: [], orderBy: [], required: false }], []);

const naming = (table: SqlName, column: string): Mapping =>
  mapping(
    [],
    [
      {
        ...handler('names', { to: { table: { schema: 'dbo', name: 'none' } }, values: {} }),
        references: [{ field: 'f', to: { table, column }, otherwise: 'park' }],
      },
    ],
  );

const ANY: PullValue = { constant: '', type: 'text' };

const lookingUp = ({ table, where, take }: LookupQuestion): Mapping => {
  const match = Object.fromEntries(where.map(({ column }) => [column, { constant: '', type: 'text' }]));
  const value: PullValue = { lookup: { table, match, take: take.column }, type: 'text', otherwise: 'park' };
  return mapping(
    [],
    [handler('looks up', { to: { table: { schema: 'dbo', name: 'none' } }, values: { v: value } })],
  );
};

function handlerOf({ document, header, lines, handover }: WriteDocument): DocumentHandler {
  const staging = handover !== undefined;
  const named = (of: WriteCall['returnsKey']): { name: string; type: string } | undefined =>
    of && { name: of.name, type: 'text' };
  return {
    ...handler(document, { to: targetOf(header, staging), values: valuesOf(header) }),
    returns: { key: named(header.returnsKey), number: named(header.returnsNumber) },
    erpStatus: handover && {
      column: handover.column,
      accepted: [...handover.accepted],
      refused: [...handover.refused],
      number: handover.number,
      reason: handover.reason,
      within: '30m',
    },
    lines: lines.map((line) => ({
      entity: 'Lines',
      join: { line: 'l', header: 'h' },
      write: { to: targetOf(line, false), values: valuesOf(line) },
    })),
  };
}

const valuesOf = ({ values }: WriteCall): Record<string, PullValue> =>
  Object.fromEntries(values.map(({ name }) => [name, ANY]));

function targetOf({ kind, target, upsert }: WriteCall, staging: boolean): WriteTarget {
  if (kind === 'procedure') return { procedure: target };
  if (kind === 'upsert' && upsert !== undefined)
    return { table: target, upsert: { key: [...upsert.key], onExisting: upsert.onExisting } };
  return staging ? { staging: target } : { table: target, rawInsert: true };
}

const handler = (document: string, write: DocumentHandler['write']): DocumentHandler => ({
  document,
  entity: 'Rows',
  rowId: 'DMS_ROWID',
  write,
  returns: {},
  lines: [],
  references: [],
  onInsert: 'apply',
  onUpdate: 'park',
  onDelete: 'park',
});
