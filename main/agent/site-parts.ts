import type { Explanation } from '../../shared/contract/explanation.ts';
import type { LogEntry } from '../../shared/contract/site-requests.ts';
import type { StartId } from '../../shared/model/ids.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Instant } from '../../shared/model/time.ts';
import type { PacketLink } from '../core/packets/packet-link.ts';
import type { Endpoints } from '../core/queue/endpoints.ts';
import type { Housekeeping } from '../core/queue/housekeeping.ts';
import type { QueueStore } from '../core/queue/queue-store.ts';
import type { ViewerReads } from '../core/queue/viewer-reads.ts';
import type { Alerting } from './alerting.ts';
import type { BodyStore } from '../core/runtime/body-store.ts';
import type { Runtime } from '../core/runtime/runtime.ts';

/** What a running site is made of. */
export interface SiteParts {
  readonly settings: Settings;
  /** What the site itself has to say while these settings run. */
  readonly notices: readonly Explanation[];
  readonly links: readonly PacketLink[];
  readonly store: QueueStore;
  /** Where viewers read: beside the agent's own thread. */
  readonly reads: ViewerReads;
  readonly endpoints: Endpoints;
  readonly bodies: BodyStore;
  readonly housekeeping: Housekeeping;
  readonly alerting: Alerting;
  readonly runtime: Runtime;
  readonly startId: StartId;
  readonly version: string;
  readonly startedAt: Instant;
  readonly logTail: (query: {
    lines: number;
    level: LogEntry['level'];
    text?: string | undefined;
  }) => Promise<readonly LogEntry[]>;
}
