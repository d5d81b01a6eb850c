import { SYSNAME, INT, DATETIME, TINYINT, nvarchar, BIT, GUID } from '../types/sql-type.ts';
import { view, moment } from './view.ts';
import type { SystemViews } from './view.ts';

/** Databases and what is in all of them. */
export const DATABASE_VIEWS: SystemViews = {
  'sys.databases': view((_, s) => s.databases(), {
    name: [SYSNAME, (d) => d.name],
    database_id: [INT, (d) => d.id],
    create_date: [DATETIME, (d) => moment(d.created)],
    compatibility_level: [TINYINT, () => 150],
    collation_name: [SYSNAME, () => 'SQL_Latin1_General_CP1_CI_AS'],
    state: [TINYINT, () => 0],
    state_desc: [nvarchar(60), () => 'ONLINE'],
    is_read_only: [BIT, () => false],
    user_access: [TINYINT, () => 0],
    snapshot_isolation_state: [TINYINT, (d) => (d.allowSnapshot ? 1 : 0)],
    snapshot_isolation_state_desc: [nvarchar(60), (d) => (d.allowSnapshot ? 'ON' : 'OFF')],
    is_read_committed_snapshot_on: [BIT, (d) => d.readCommittedSnapshot],
    recovery_model: [TINYINT, () => 3],
    recovery_model_desc: [nvarchar(60), () => 'SIMPLE'],
    is_cdc_enabled: [BIT, () => false],
    is_published: [BIT, () => false],
    group_database_id: [GUID, () => null],
    replica_id: [GUID, () => null],
    is_auto_close_on: [BIT, () => false],
  }),
  // Whoever may not look into the server sees nothing of restores.
  'sys.database_recovery_status': view(
    (_, s) => (s.access?.mayOnServer('VIEW SERVER STATE') === false ? [] : s.databases()),
    {
      database_id: [INT, (d) => d.id],
      database_guid: [GUID, () => null],
      family_guid: [GUID, () => null],
      last_log_backup_lsn: [{ name: 'numeric', precision: 25, scale: 0 }, () => null],
      recovery_fork_guid: [GUID, (d) => d.forkGuid],
      first_recovery_fork_guid: [GUID, () => null],
    },
  ),
  'sys.database_mirroring': view((_, s) => s.databases(), {
    database_id: [INT, (d) => d.id],
    mirroring_guid: [GUID, () => null],
    mirroring_state: [TINYINT, () => null],
  }),
  'sys.schemas': view((d) => d.schemas.values(), {
    name: [SYSNAME, (s) => s.name],
    schema_id: [INT, (s) => s.id],
    principal_id: [INT, () => 1],
  }),
};
