import type { StoredBody } from './bodies.ts';
import { enqueue, putInQueue } from './delivery.ts';
import type { Delivery } from './delivery.ts';
import type { Fault } from './fault-script.ts';
import type { Processor } from './processing.ts';
import { dropExpired } from './pull.ts';
import { makeArea } from './state.ts';
import type {
  Area,
  CallRecord,
  DevicePacket,
  QueueItem,
  QueueKind,
  Snapshot,
  Statistics,
  SyncLogEntry,
  World,
} from './state.ts';
import { applySwitches } from './switches.ts';
import type { Switches, SwitchesPatch } from './switches.ts';

export interface AreaOptions {
  code: string;
  keys: readonly string[];
  users: readonly string[];
  /** Application the area runs; default `SLA`, whose snapshots need certain tables. */
  application?: string | undefined;
}

export type DeliveryContent = { xml: string } | { bytes: Uint8Array };

export interface SnapshotView {
  syncLogId: string;
  packetUniqueId: string;
  acceptedAt: number;
  bytes: number;
  sha256: string;
  tables: Snapshot['tables'];
  /** The packet as uploaded, streamed; good until a newer one is both accepted and synchronized. */
  read: () => AsyncIterable<Uint8Array>;
}

export interface QueueState {
  /** Never listed so far. */
  waiting: string[];
  /** Listed, not reported done. */
  delivered: string[];
  /** In the order of leaving; an id delivered again can stand there twice. */
  done: string[];
  /** Fell out unread when the retention time was over. */
  vanished: string[];
}

/** The hands behind the scenes: what people do in the portal, phones on the road, and accidents in the cloud. */
export interface Control {
  /** All or nothing; throws on a switch or value that does not exist. */
  setSwitches(patch: SwitchesPatch): Switches;
  addArea(options: AreaOptions): void;
  /** Adds a user or enables or disables a known one. */
  addUser(options: { area: string; user: string; enabled?: boolean | undefined }): void;
  /** Replaces all keys of an area. */
  setKeys(options: { area: string; keys: readonly string[] }): void;
  /** Returns the id of the packet. */
  deliver(delivery: Delivery & DeliveryContent): string;
  /** Like `deliver`, for contents too large to hold. */
  deliverStream(delivery: Delivery, content: AsyncIterable<Uint8Array>): Promise<string>;
  /** Queues a known packet once more under its id, with other bytes if given. */
  redeliver(options: { area: string; id: string; xml?: string | undefined }): void;
  /** Brings the waiting items into another order; `reverse` is for the worst one. */
  shuffle(options: { area: string; reverse?: boolean | undefined }): void;
  /** Replaces the body of a packet, whatever the bytes are. */
  postRaw(options: { area: string; id: string } & DeliveryContent): void;
  /** Makes a body unobtainable: no link for it, or a link that leads nowhere (default). */
  vanishBody(options: { area: string; id: string; at?: 'link' | 'download' | undefined }): void;
  queueState(options: { area: string; packetType?: QueueKind | undefined }): QueueState;
  /** Ids of the packets that another client took, see the switch `secondClient`. */
  takenByOthers(options: { area: string }): string[];
  /** Pushes of the area in the order of their links, with outcome and reason. */
  syncLog(options: { area: string }): SyncLogEntry[];
  notifications(options: { area: string }): Area['notifications'];
  /** Newest accepted snapshot of a user. */
  deviceSnapshot(options: { area: string; user: string }): SnapshotView | undefined;
  /** The user synchronizes: his device now holds the newest accepted snapshot. */
  synchronize(options: { area: string; user: string }): SnapshotView | undefined;
  /** What the device holds since its last synchronization. */
  device(options: { area: string; user: string }): SnapshotView | undefined;
  faults(script: readonly Fault[]): void;
  clearFaults(): void;
  /** Processes uploads now, also while `processing` is on hold. */
  process(): Promise<void>;
  /** Resolves when every upload so far was processed (with `processing` on hold: when none is under way). */
  settled(): Promise<void>;
  /** Moves the cloud's clock forward. */
  advance(ms: number): void;
  statistics(): Statistics;
  log(): readonly CallRecord[];
}

export function createControlSurface(
  world: World,
  processor: Processor,
  advance: (ms: number) => void,
): Control {
  const areaOf = (code: string): Area => {
    const area = world.areas.get(code);
    if (area === undefined) throw new Error(`there is no area ${code}`);
    return area;
  };
  const packetOf = (options: { area: string; id: string }): DevicePacket => {
    const packet = areaOf(options.area).packets.get(options.id);
    if (packet === undefined) throw new Error(`there is no packet ${options.id} in ${options.area}`);
    return packet;
  };
  const userOf = (options: { area: string; user: string }) => {
    const user = areaOf(options.area).users.get(options.user);
    if (user === undefined) throw new Error(`there is no user ${options.user} in ${options.area}`);
    return user;
  };
  const store = (content: DeliveryContent): StoredBody =>
    world.bodies.put('xml' in content ? new TextEncoder().encode(content.xml) : content.bytes);
  const replaceBody = (packet: DevicePacket, body: StoredBody): void => {
    packet.body.dispose();
    packet.body = body;
  };

  return {
    setSwitches(patch) {
      applySwitches(world.switches, patch);
      return { ...world.switches };
    },
    addArea(options) {
      if (world.areas.has(options.code)) throw new Error(`the area ${options.code} exists already`);
      const area = makeArea(options.code, options.application ?? 'SLA');
      for (const key of options.keys) area.keys.add(key);
      for (const name of options.users) area.users.set(name, { name, enabled: true });
      world.areas.set(area.code, area);
    },
    addUser({ area, user, enabled = true }) {
      const { users } = areaOf(area);
      const known = users.get(user);
      if (known === undefined) users.set(user, { name: user, enabled });
      else known.enabled = enabled;
    },
    setKeys({ area, keys }) {
      areaOf(area).keys = new Set(keys);
    },
    deliver(delivery) {
      return enqueue(world, areaOf(delivery.area), delivery, store(delivery));
    },
    async deliverStream(delivery, content) {
      const area = areaOf(delivery.area);
      return enqueue(world, area, delivery, await world.bodies.receive(content, Number.MAX_SAFE_INTEGER));
    },
    redeliver(options) {
      const packet = packetOf(options);
      if (options.xml !== undefined) replaceBody(packet, store({ xml: options.xml }));
      putInQueue(world, areaOf(options.area), packet);
    },
    shuffle({ area, reverse = false }) {
      const { queues } = areaOf(area);
      for (const kind of ['packet', 'file'] as const) {
        const queue = queues[kind];
        if (reverse) queue.reverse();
        else shuffleInPlace(queue, world.random);
      }
    },
    postRaw(options) {
      replaceBody(packetOf(options), store(options));
    },
    vanishBody(options) {
      packetOf(options).gone = options.at ?? 'download';
    },
    queueState({ area: code, packetType = 'packet' }) {
      const area = areaOf(code);
      dropExpired(world, area);
      const ofKind = (id: string): boolean => area.packets.get(id)?.kind === packetType;
      const queue = area.queues[packetType];
      return {
        waiting: queue.filter((item) => item.deliveries === 0).map((item) => item.packet.id),
        delivered: queue.filter((item) => item.deliveries > 0).map((item) => item.packet.id),
        done: area.done.filter(ofKind),
        vanished: area.vanished.filter(ofKind),
      };
    },
    takenByOthers: ({ area }) => [...areaOf(area).taken],
    syncLog({ area }) {
      return areaOf(area).syncLog.map((entry) => ({ ...entry, warnings: [...entry.warnings] }));
    },
    notifications({ area }) {
      return areaOf(area).notifications.map((notification) => ({ ...notification }));
    },
    deviceSnapshot(options) {
      return viewOf(userOf(options).accepted);
    },
    synchronize(options) {
      const user = userOf(options);
      if (user.onDevice !== user.accepted) {
        user.onDevice?.body.dispose();
        user.onDevice = user.accepted;
      }
      return viewOf(user.onDevice);
    },
    device(options) {
      return viewOf(userOf(options).onDevice);
    },
    faults(script) {
      world.faults.push(...script.map((fault) => ({ ...fault })));
    },
    clearFaults() {
      world.faults.length = 0;
    },
    process: () => processor.process(),
    settled: () => processor.settled(),
    advance,
    statistics() {
      return {
        ...world.statistics,
        calls: { ...world.statistics.calls },
        maxBytesInMemory: world.bodies.memory.max,
      };
    },
    log: () => world.log,
  };
}

function viewOf(snapshot: Snapshot | undefined): SnapshotView | undefined {
  if (snapshot === undefined) return undefined;
  const { body, ...facts } = snapshot;
  return { ...facts, bytes: body.bytes, sha256: body.sha256, read: () => body.read() };
}

function shuffleInPlace(items: QueueItem[], random: () => number): void {
  for (let i = items.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    const [a, b] = [items[i] as QueueItem, items[j] as QueueItem];
    items[i] = b;
    items[j] = a;
  }
}
