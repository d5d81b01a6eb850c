import type { LinkId, Sha256, SourceId, StartId } from '../../../shared/model/ids.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import type { Zones } from '../mapping/convert.ts';
import type { Endpoints } from '../queue/endpoints.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import type { BodyStore } from '../runtime/body-store.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { UsedModel } from './push/app-model/app-model.ts';
import type { ErpUser, PacketErp } from './erp.ts';
import type { ListedEntry, PacketCloud } from './packet-cloud.ts';
import type { PushRules } from './push/push-plan.ts';
import type { GuardPolicy } from './guard/decide.ts';
import type { ReportPolicy } from './report/reporting.ts';

/** Everything the flows of one packet link work with. Built in `compose.ts`. */
export interface LinkParts {
  readonly link: LinkId;
  readonly source: SourceId;
  readonly startId: StartId;
  readonly mapping: Mapping;
  readonly mappingHash: Sha256;
  /** Packets that break it are not sent; absent: nobody knows the app. */
  readonly appModel?: UsedModel | undefined;
  readonly companies: readonly string[];
  readonly zones: Zones;
  readonly erpEndpoint: `erp:${string}`;
  readonly cloudEndpoint: `cloud:${string}`;
  readonly policy: LinkPolicy;
  readonly cloud: PacketCloud;
  readonly erp: PacketErp;
  readonly store: QueueStore;
  readonly bodies: BodyStore;
  readonly endpoints: Endpoints;
  readonly runtime: Runtime;
  readonly hash: (text: string) => Sha256;
  readonly composePart: (format: 'xml' | 'json', entries: readonly ListedEntry[]) => string;
  readonly log: EngineLog;
  /** Something that viewers show is not as it was. */
  readonly changed: () => void;
}

export interface LinkPolicy {
  readonly report: ReportPolicy;
  /** Calls of the cloud in a minute, where its limit is known; absent: only what it says itself is kept. */
  readonly callsPerMinute?: number | undefined;
  /** How long the cloud keeps packets that nobody reports done; undefined: nothing is said of it. */
  readonly retentionMs?: number | undefined;
  /** Looks for what another client on the same area leaves behind; absent: nobody looks. */
  readonly guard?: GuardPolicy | undefined;
  /** A new link stores what it pulls and applies nothing until a person has looked at it. */
  readonly firstLook?: boolean | undefined;
  readonly orderWindowMs: number;
  readonly resendAfterMs: number;
  readonly maxHoldMs: number;
  readonly parallelUploads: number;
  /** Bodies of the cloud fetched at the same time. */
  readonly parallelDownloads: number;
  readonly maxPacketBytes: number;
  /** Bytes that segments may take on disk; absent: four gibibytes. */
  readonly segmentCapBytes?: number | undefined;
  readonly usersQuery: string;
  /** Instead of the query. */
  readonly usersList?: readonly ErpUser[] | undefined;
  /** Absent: everybody, at any time. */
  readonly push?: PushRules | undefined;
  /** What else than the bytes decides whether a snapshot must go out again: mapping, area, address, ERP. */
  readonly modelHash: string;
}

/** What the engine tells the log: an event's name and its facts, never payloads or secrets. */
export interface EngineLog {
  info(event: string, facts: Readonly<Record<string, string | number | boolean>>): void;
  warn(event: string, facts: Readonly<Record<string, string | number | boolean>>): void;
}
