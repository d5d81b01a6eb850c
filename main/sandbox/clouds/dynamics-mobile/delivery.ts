import type { StoredBody } from './bodies.ts';
import type { Area, DevicePacket, QueueKind, World } from './state.ts';

export interface Delivery {
  area: string;
  user: string;
  /** ERP company; may be empty. */
  company: string;
  /** Default `SLA`. */
  appCode?: string | undefined;
  operation?: string | undefined;
  /** Default `packet`; `file` is a photo, in a queue of its own. */
  packetType?: QueueKind | undefined;
  /** Default: a new one. */
  id?: string | undefined;
}

/** Puts what a phone sent into its queue. Throws when the id was used before: a resend has a new one. */
export function enqueue(world: World, area: Area, delivery: Delivery, body: StoredBody): string {
  const id = delivery.id ?? world.newId();
  if (area.packets.has(id)) throw new Error(`the packet ${id} exists already`);
  const now = world.now();
  const kind = delivery.packetType ?? 'packet';
  const packet: DevicePacket = {
    id,
    kind,
    user: delivery.user,
    companyId: delivery.company,
    appCode: delivery.appCode ?? 'SLA',
    operation: delivery.operation,
    receivedAt: now,
    body,
    paths: pathsOf(area.code, kind, delivery.user, id, now),
  };
  area.packets.set(id, packet);
  area.byPath.set(packet.paths.xml, { packet, format: 'xml' });
  if (kind === 'packet') area.byPath.set(packet.paths.json, { packet, format: 'json' });
  putInQueue(world, area, packet);
  return id;
}

export function putInQueue(world: World, area: Area, packet: DevicePacket): void {
  area.queues[packet.kind].push({
    packet,
    queuedAt: world.now(),
    deliveries: 0,
    hiddenUntil: 0,
    listedAs: [],
  });
}

function pathsOf(
  area: string,
  kind: QueueKind,
  user: string,
  id: string,
  now: number,
): DevicePacket['paths'] {
  const day = new Date(now).toISOString().slice(0, 10).replaceAll('-', '');
  const path = (format: string, ending: string): string =>
    `push-done/${format}/prod/${area}/${day}/${user}/${id}.${ending}`;
  if (kind === 'file') return { xml: path('image', 'jpg'), json: path('image', 'jpg') };
  return { xml: path('xml', 'xml'), json: path('json', 'json') };
}
