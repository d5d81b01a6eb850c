/** What a phone, or the day's play, asks of a simulated cloud, wherever that runs. */
export interface CloudControl {
  /** Takes a packet from a phone; returns its id. */
  deliver(packet: OutgoingPacket): Promise<string>;
  /** Takes a photo, under the id the phone gave it. */
  deliverFile(file: OutgoingFile): Promise<string>;
  /** Queues a known packet once more under its own id. */
  redeliver(packetId: string): Promise<void>;
  /** The user synchronizes: the newest accepted snapshot, or undefined when there is none yet. */
  synchronize(user: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /** Throws on a switch or value that does not exist. */
  setSwitch(name: string, value: unknown): Promise<void>;
}

export interface OutgoingPacket {
  user: string;
  company: string;
  appCode: string;
  operation?: string | undefined;
  xml: string;
}

export interface OutgoingFile {
  user: string;
  company: string;
  id: string;
  bytes: Uint8Array;
}

/** The part of the simulator's control surface that is needed here. */
export interface InProcessControl {
  deliver(delivery: {
    area: string;
    user: string;
    company: string;
    appCode?: string | undefined;
    operation?: string | undefined;
    packetType?: 'packet' | 'file' | undefined;
    id?: string | undefined;
    xml?: string | undefined;
    bytes?: Uint8Array | undefined;
  }): string;
  redeliver(options: { area: string; id: string }): void;
  synchronize(options: { area: string; user: string }): { read(): AsyncIterable<Uint8Array> } | undefined;
  setSwitches(patch: Record<string, unknown>): unknown;
}

/** The control of a simulator in this process, for one application area. */
export function inProcessCloud(control: InProcessControl, area: string): CloudControl {
  return {
    deliver: (packet) => Promise.resolve(control.deliver({ area, ...packet })),
    deliverFile: (file) => Promise.resolve(control.deliver({ area, packetType: 'file', ...file })),
    redeliver: (id) => Promise.resolve(control.redeliver({ area, id })),
    synchronize: (user) => Promise.resolve(control.synchronize({ area, user })?.read()),
    setSwitch: (name, value) => Promise.resolve(void control.setSwitches({ [name]: value })),
  };
}
