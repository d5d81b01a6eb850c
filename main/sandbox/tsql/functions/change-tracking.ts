import { SqlError } from '../errors.ts';
import { objectById } from '../catalogue/ids.ts';
import { convertTo } from '../plan/convert-node.ts';
import { inColumnMask } from '../storage/change-tracking.ts';
import { BIGINT, INT } from '../types/sql-type.ts';
import { arg, need, ofSystem } from './shape.ts';
import type { Bind } from './shape.ts';

export const CHANGE_TRACKING_FUNCTIONS: Readonly<Record<string, Bind>> = {
  CHANGE_TRACKING_CURRENT_VERSION: (args, call) => {
    need(call, args, 0);
    return ofSystem(BIGINT, true, (e) => e.run.tracking.current(e.run.system.database));
  },
  CHANGE_TRACKING_MIN_VALID_VERSION: (args, call) => {
    need(call, args, 1);
    const id = convertTo(arg(args, 0), INT).eval;
    return ofSystem(BIGINT, true, (e) => {
      const table = objectById(e.run.system, id(e) as number | null);
      const { access, database } = e.run.system;
      if (table?.kind !== 'table' || access?.may(database, 'VIEW CHANGE TRACKING', table) === false)
        return null;
      return table.tracking?.minValid ?? null;
    });
  },
  /** 1 also for NULL: an update that names every column, or a table whose columns are not tracked. */
  CHANGE_TRACKING_IS_COLUMN_IN_MASK: (args, call) => {
    need(call, args, 2);
    const [column, mask] = [
      convertTo(arg(args, 0), INT).eval,
      convertTo(arg(args, 1), { name: 'varbinary', length: 4100 }).eval,
    ];
    return ofSystem(INT, true, (e) => {
      const [id, bytes] = [column(e), mask(e)];
      if (bytes === null) return 1;
      if (id === null) return null;
      if ((bytes as Uint8Array).length < 8)
        throw new SqlError(
          22101,
          'The value supplied for the change_columns argument of CHANGE_TRACKING_IS_COLUMN_IN_MASK function is not valid.',
        );
      return inColumnMask(bytes as Uint8Array, id as number) ? 1 : 0;
    });
  },
};
