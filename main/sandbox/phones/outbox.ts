import type { OutgoingFile, OutgoingPacket } from './cloud-control.ts';
import type { Journal, JournalEntry, PhotoMade } from './journal.ts';
import type { PacketShape } from './packets.ts';

export interface Outgoing {
  operation: string | undefined;
  rowIds: readonly string[];
  /** Of activities beside the documents, unless the shape leaves them out. */
  activityRowIds?: readonly string[] | undefined;
  shape: PacketShape;
  render: (shape: PacketShape) => string;
}

export interface OutboxOptions {
  user: string;
  company: string;
  /** Default `SLA`. */
  appCode?: string | undefined;
  /** Hands a packet to the cloud and gives the id it got there. A rejection leaves the packet in the outbox. */
  deliver: (packet: OutgoingPacket) => Promise<string>;
  /** The same for a photo. Absent: this phone has no camera. */
  deliverFile?: ((file: OutgoingFile) => Promise<string>) | undefined;
}

/** What waits on a phone to be sent, and what it may send once more. Packets and photos leave it apart. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #journal: Journal & { append(entry: JournalEntry): void };
  readonly #sent = new Map<string, Outgoing>();
  #packets: Outgoing[] = [];
  #photos: { readonly photo: PhotoMade; readonly picture: Uint8Array }[] = [];

  constructor(options: OutboxOptions, journal: Journal & { append(entry: JournalEntry): void }) {
    this.#options = options;
    this.#journal = journal;
  }

  /** Packets and photos that were not sent. */
  get waiting(): number {
    return this.#packets.length + this.#photos.length;
  }

  /** Whether a document's packet is still here, so that more can go into it. */
  holds(rowId: string): boolean {
    return this.#packets.some(({ rowIds }) => rowIds.includes(rowId));
  }

  put(outgoing: Outgoing): void {
    this.#packets.push(outgoing);
  }

  putPhoto(photo: PhotoMade, picture: Uint8Array): void {
    this.#photos.push({ photo, picture });
  }

  /** Sends all packets; gives their ids. */
  async send(reverse: boolean): Promise<string[]> {
    if (reverse) this.#packets = this.#packets.toReversed();
    const ids: string[] = [];
    for (let next = this.#packets[0]; next !== undefined; next = this.#packets[0]) {
      ids.push(await this.#deliver(next, false));
      this.#packets.shift();
    }
    return ids;
  }

  /** Sends all photos; gives how many. */
  async sendPhotos(): Promise<number> {
    const { user, company, deliverFile } = this.#options;
    let sent = 0;
    for (let next = this.#photos[0]; next !== undefined; next = this.#photos[0]) {
      if (deliverFile === undefined) throw new Error(`${user} cannot send photos`);
      const { photo, picture } = next;
      const packetId = await deliverFile({ user, company, id: photo.rowId, bytes: picture });
      this.#journal.append({ kind: 'sent', packetId, rowIds: [photo.rowId], again: false });
      this.#photos.shift();
      sent += 1;
    }
    return sent;
  }

  /** Sends the documents of a packet once more under a new packet id. */
  async resend(packetId: string, shape: PacketShape | undefined): Promise<string> {
    const before = this.#sent.get(packetId);
    if (before === undefined) throw new Error(`${this.#options.user} sent no documents in ${packetId}`);
    return this.#deliver(shape === undefined ? before : { ...before, shape }, true);
  }

  /** Packets sent that hold documents, oldest first. */
  sentPackets(): readonly string[] {
    return [...this.#sent.keys()];
  }

  async #deliver(outgoing: Outgoing, again: boolean): Promise<string> {
    const { user, company, appCode = 'SLA', deliver } = this.#options;
    const { operation, shape, rowIds, activityRowIds = [] } = outgoing;
    const xml = outgoing.render(shape);
    const packetId = await deliver({ user, company, appCode, operation, xml });
    const beside = shape.bare ? [] : activityRowIds;
    this.#journal.append({ kind: 'sent', packetId, rowIds: [...rowIds, ...beside], again });
    if (rowIds.length > 0) this.#sent.set(packetId, outgoing);
    return packetId;
  }
}
