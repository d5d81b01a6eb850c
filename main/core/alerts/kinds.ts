import type { WarningCode } from '../../../shared/model/warning-codes.ts';
import { LATE_MS } from '../health/lights.ts';
import type { Warning } from './warning.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export interface Kind {
  /** How long it lasts before people are told, in milliseconds. */
  readonly delayMs: number;
  /** Instead of it, for cases that often pass by themselves. */
  readonly variantDelayMs?: Readonly<Record<string, number>> | undefined;
  /** What it counts moves on by itself: the oldest of it may be young again while others still wait. */
  readonly ageing?: true | undefined;
  /** What explains it: beneath such a cause it is a consequence. */
  readonly dependsOn: readonly WarningCode[];
}

const ERP: readonly WarningCode[] = ['erp-restored', 'erp-unauthorized', 'erp-fenced', 'erp-unreachable'];
const CLOUD: readonly WarningCode[] = ['cloud-unauthorized', 'cloud-unreadable', 'cloud-unreachable'];
const ENDPOINTS: readonly WarningCode[] = ['disk-refuses', ...ERP, ...CLOUD];

/** Every kind with its delay and the reason for it. */
export const KINDS: Readonly<Record<WarningCode, Kind>> = {
  // A virus scanner holds a file for seconds; a full disk stays.
  'disk-refuses': { delayMs: MINUTE_MS, dependsOn: [] },
  'store-damaged': { delayMs: 0, dependsOn: [] },
  'erp-restored': { delayMs: 0, dependsOn: [] },
  'erp-unauthorized': { delayMs: 0, dependsOn: [] },
  // After a hard end of this program its own lease runs for half a minute.
  'erp-fenced': {
    delayMs: 0,
    variantDelayMs: { 'lease-held': 2 * MINUTE_MS, 'ledger-missing': MINUTE_MS },
    dependsOn: [],
  },
  // Shorter than a restart of SQL Server would be noise, longer would be an office that does not know.
  'erp-unreachable': { delayMs: MINUTE_MS, variantDelayMs: { silent: 10 * MINUTE_MS }, dependsOn: [] },
  'cloud-unauthorized': { delayMs: 0, dependsOn: [] },
  // A proxy's error page during its restart.
  'cloud-unreadable': { delayMs: 2 * MINUTE_MS, dependsOn: [] },
  // Lines are cut for a minute or two every day; a cloud that asks to slow down means it.
  'cloud-unreachable': {
    delayMs: 2 * MINUTE_MS,
    variantDelayMs: { throttled: 30 * MINUTE_MS, silent: 10 * MINUTE_MS },
    // One link's beneath the same of the whole site, see causes.ts.
    dependsOn: ['cloud-unreachable'],
  },
  // A quarter of the cloud's retention has passed when it is first seen. What keeps lists away does not explain away the loss.
  'cloud-retention': { delayMs: 0, dependsOn: [] },
  'link-stopped': { delayMs: 0, dependsOn: [] },
  'items-parked': { delayMs: 0, dependsOn: [] },
  // The same age at which its light asks for a look.
  'orders-late': {
    delayMs: LATE_MS,
    ageing: true,
    dependsOn: [...ENDPOINTS, 'store-damaged', 'link-stopped'],
  },
  // Phones work on with the snapshot they have.
  'snapshots-late': {
    delayMs: 2 * LATE_MS,
    ageing: true,
    dependsOn: [...ENDPOINTS, 'store-damaged', 'link-stopped'],
  },
  // The mapping's own time is over when it is known.
  'erp-undecided': { delayMs: 0, ageing: true, dependsOn: [...ERP, 'disk-refuses', 'link-stopped'] },
  // It is asked again at once; what stays unknown for so long will not clear by itself soon.
  'outcome-unknown': { delayMs: LATE_MS, dependsOn: [...ENDPOINTS, 'link-stopped'] },
  'run-failed': { delayMs: 0, dependsOn: [...ENDPOINTS, 'store-damaged', 'link-stopped'] },
  'archive-failing': { delayMs: HOUR_MS, dependsOn: ['disk-refuses', 'store-damaged'] },
  // Longer than the longest pause with an end that the tray offers.
  'link-paused-long': { delayMs: 24 * HOUR_MS, dependsOn: [] },
};

/** The delay of a warning: the site's own, else the case's, else the kind's. */
export function delayOf(
  { code, variant }: Pick<Warning, 'code' | 'variant'>,
  delays: Readonly<Partial<Record<WarningCode, number>>>,
): number {
  const kind = KINDS[code];
  return delays[code] ?? kind.variantDelayMs?.[variant] ?? kind.delayMs;
}
