import { INT, BIT, TINYINT, nvarchar } from '../types/sql-type.ts';
import { view } from './view.ts';
import type { SystemViews } from './view.ts';

/** What Change Tracking says of itself. */
export const TRACKING_VIEWS: SystemViews = {
  'sys.change_tracking_databases': view(
    function* (_, s) {
      for (const d of s.databases()) if (d.tracking.on) yield d;
    },
    {
      database_id: [INT, (d) => d.id],
      is_auto_cleanup_on: [BIT, (d) => d.tracking.autoCleanup],
      retention_period: [INT, (d) => d.tracking.retention],
      retention_period_units: [TINYINT, (d) => ['MINUTES', 'HOURS', 'DAYS'].indexOf(d.tracking.unit) + 1],
      retention_period_units_desc: [nvarchar(60), (d) => d.tracking.unit],
      max_cleanup_version: [{ name: 'bigint' }, (d) => d.tracking.cleaned],
    },
  ),
  'sys.change_tracking_tables': view(
    function* (d) {
      for (const table of d.tables()) if (table.tracking) yield { table, tracking: table.tracking };
    },
    {
      object_id: [INT, (r) => r.table.objectId],
      is_track_columns_updated_on: [BIT, (r) => r.tracking.columnsToo],
      min_valid_version: [{ name: 'bigint' }, (r) => r.tracking.minValid],
      begin_version: [{ name: 'bigint' }, (r) => r.tracking.begin],
      cleanup_version: [{ name: 'bigint' }, (r) => r.tracking.database.cleaned],
    },
  ),
};
