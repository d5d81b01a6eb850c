import type { SqlValue } from '../face.ts';
import type { Database } from '../storage/schema-objects.ts';
import { SYSNAME, INT, nvarchar, DATETIME, BIT, TINYINT } from '../types/sql-type.ts';
import { allObjects } from './object-list.ts';
import type { AnyObject } from './object-list.ts';
import { schemaId, moment, view } from './view.ts';
import type { SystemView, SystemViews } from './view.ts';

const objectCells = (database: Database) =>
  ({
    name: [SYSNAME, (o: AnyObject): SqlValue => o.name],
    object_id: [INT, (o: AnyObject): SqlValue => o.objectId],
    principal_id: [INT, (): SqlValue => null],
    schema_id: [INT, (o: AnyObject): SqlValue => schemaId(database, o.schema)],
    parent_object_id: [INT, (o: AnyObject): SqlValue => o.parent],
    type: [{ name: 'char', length: 2 }, (o: AnyObject): SqlValue => o.type[0]],
    type_desc: [nvarchar(60), (o: AnyObject): SqlValue => o.type[1]],
    create_date: [DATETIME, (o: AnyObject): SqlValue => moment(o.created)],
    modify_date: [DATETIME, (o: AnyObject): SqlValue => moment(o.created)],
    is_ms_shipped: [BIT, (o: AnyObject): SqlValue => o.shipped ?? false],
  }) as const;
/** Objects as sys.objects has them; `more` are there besides those of the database. */
export const objectView =
  (keep: (o: AnyObject) => boolean, more: () => Iterable<AnyObject> = () => []) =>
  (database: Database): SystemView =>
    view<AnyObject>(
      function* (d) {
        for (const o of allObjects(d)) if (keep(o)) yield o;
        yield* more();
      },
      objectCells(database) as never,
    )(database);

/** Whatever has a name of its own. */
export const OBJECT_VIEWS: SystemViews = {
  'sys.objects': objectView(() => true),
  'sys.tables': objectView((o) => o.type[0] === 'U '),
  'sys.views': objectView((o) => o.type[0] === 'V '),
  'sys.procedures': objectView((o) => o.type[0] === 'P '),
  'sys.partitions': view((d) => d.tables(), {
    object_id: [INT, (t) => t.objectId],
    index_id: [INT, (t) => (t.indexes.some((i) => i.clustered) ? 1 : 0)],
    partition_number: [INT, () => 1],
    rows: [{ name: 'bigint' }, (t) => BigInt(t.store.rows.size)],
  }),
  // There are none: CREATE SYNONYM is outside the subset.
  'sys.synonyms': view<never>(() => [], {
    name: [SYSNAME, () => null],
    object_id: [INT, () => 0],
    schema_id: [INT, () => 0],
    base_object_name: [nvarchar(1035), () => null],
  }),
  'sys.extended_properties': view<never>(() => [], {
    class: [TINYINT, () => 0],
    major_id: [INT, () => 0],
    minor_id: [INT, () => 0],
    name: [SYSNAME, () => ''],
    value: [nvarchar(4000), () => null],
  }),
};
