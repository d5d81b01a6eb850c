/** What the program warns about, each a kind a person can switch off. Root causes first. */
export const WARNING_CODES = [
  'disk-refuses',
  'store-damaged',
  'erp-restored',
  'erp-unauthorized',
  'erp-fenced',
  'erp-unreachable',
  'cloud-unauthorized',
  'cloud-unreadable',
  'cloud-unreachable',
  'cloud-retention',
  'link-stopped',
  'items-parked',
  'orders-late',
  'snapshots-late',
  'erp-undecided',
  'outcome-unknown',
  'run-failed',
  'archive-failing',
  'link-paused-long',
] as const;
export type WarningCode = (typeof WARNING_CODES)[number];
