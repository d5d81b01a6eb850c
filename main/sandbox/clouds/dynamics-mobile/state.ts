import type { BodyStore, StoredBody } from './bodies.ts';
import type { CallKind, Fault } from './fault-script.ts';
import type { SnapshotTable } from './snapshot.ts';
import type { Switches } from './switches.ts';

export type QueueKind = 'packet' | 'file';

export interface Snapshot {
  syncLogId: string;
  packetUniqueId: string;
  acceptedAt: number;
  body: StoredBody;
  tables: SnapshotTable[];
}

export interface MobileUser {
  name: string;
  enabled: boolean;
  /** Newest accepted snapshot; what a synchronization would bring. */
  accepted?: Snapshot | undefined;
  /** What the device holds since its last synchronization. */
  onDevice?: Snapshot | undefined;
}

export interface SyncLogEntry {
  syncLogId: string;
  user: string;
  packetUniqueId: string;
  packetType: 'xml' | 'json';
  announcedSize: number;
  linkedAt: number;
  /** How many times something was uploaded; every upload is processed on its own. */
  uploads: number;
  status: 'link' | 'uploaded' | 'accepted' | 'rejected';
  reason?: string | undefined;
  warnings: string[];
  bytes?: number | undefined;
  sha256?: string | undefined;
  tables?: SnapshotTable[] | undefined;
}

/** What a phone sent, or a photo. Outlives its place in the queue. */
export interface DevicePacket {
  id: string;
  kind: QueueKind;
  user: string;
  companyId: string;
  appCode: string;
  operation?: string | undefined;
  receivedAt: number;
  body: StoredBody;
  /** Set to make the body unobtainable: `link` refuses the link, `download` gives one that leads nowhere. */
  gone?: 'link' | 'download' | undefined;
  /** Paths by content format; a photo has the same one for both. */
  paths: { xml: string; json: string };
}

/** One place in a queue. A packet that was delivered again has two. */
export interface QueueItem {
  packet: DevicePacket;
  queuedAt: number;
  deliveries: number;
  hiddenUntil: number;
  /** The handle that removes it now; older ones do nothing. */
  handle?: string | undefined;
  /** The entry in all the words it was listed in lately, to notice clients that send back something else. */
  listedAs: string[];
}

export interface Area {
  code: string;
  application: string;
  keys: Set<string>;
  users: Map<string, MobileUser>;
  queues: Record<QueueKind, QueueItem[]>;
  /** Ids in the order in which they left the queue. */
  done: string[];
  vanished: string[];
  /** Ids of what another client took away. */
  taken: string[];
  packets: Map<string, DevicePacket>;
  byPath: Map<string, { packet: DevicePacket; format: 'xml' | 'json' }>;
  syncLog: SyncLogEntry[];
  notifications: { user: string; syncLogId: string; at: number }[];
  /** Handles of each of the last lists, for a cloud that takes whole lists only. */
  lists: ReadonlySet<string>[];
  lastListAt: Map<QueueKind, number>;
}

export interface UploadLink {
  area: Area;
  user: string;
  entry: SyncLogEntry;
  issuedAt: number;
  /** PUTs under way on this link. */
  active: number;
}

export interface DownloadLink {
  area: Area;
  packet: DevicePacket;
  format: 'xml' | 'json';
  issuedAt: number;
}

export interface CallRecord {
  at: number;
  kind: CallKind | 'unknown';
  area?: string | undefined;
  user?: string | undefined;
  /** `cut`: no answer, or no whole one. */
  status: number | 'cut';
  /** What the caller was told to wait. */
  retryAfterSeconds?: number | undefined;
  fault?: string | undefined;
}

export interface Statistics {
  calls: Record<CallKind | 'unknown', number>;
  uploadsNow: number;
  /** Most uploads under way at one time, over all users and on one link. */
  uploadsAtOnce: number;
  uploadsAtOnceOnOneLink: number;
  maxBytesInMemory: number;
  /** Requests to signed links that carried a key or another authorization. */
  leakedKeys: number;
  /** Done entries whose handle was right but whose text differed from what was listed. */
  alteredEntries: number;
  /** Handles reported done that removed nothing. */
  ineffectiveDones: number;
}

export interface World {
  readonly switches: Switches;
  readonly now: () => number;
  readonly random: () => number;
  readonly newId: () => string;
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly bodies: BodyStore;
  readonly areas: Map<string, Area>;
  readonly uploadLinks: Map<string, UploadLink>;
  readonly downloadLinks: Map<string, DownloadLink>;
  readonly faults: Fault[];
  /** Whether a numbered rule is kept: false for the one rule that was broken on purpose, to see a test find it. */
  readonly holds: (rule: number) => boolean;
  readonly log: CallRecord[];
  readonly statistics: Statistics;
}

export function makeArea(code: string, application: string): Area {
  return {
    code,
    application,
    keys: new Set(),
    users: new Map(),
    queues: { packet: [], file: [] },
    done: [],
    vanished: [],
    taken: [],
    packets: new Map(),
    byPath: new Map(),
    syncLog: [],
    notifications: [],
    lists: [],
    lastListAt: new Map(),
  };
}

export function makeStatistics(): Statistics {
  return {
    calls: { list: 0, link: 0, download: 0, done: 0, pushLink: 0, upload: 0, unknown: 0 },
    uploadsNow: 0,
    uploadsAtOnce: 0,
    uploadsAtOnceOnOneLink: 0,
    maxBytesInMemory: 0,
    leakedKeys: 0,
    alteredEntries: 0,
    ineffectiveDones: 0,
  };
}
