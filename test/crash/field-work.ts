import { createPhone, anyShape, type Phone } from '../../main/sandbox/phones/phone.ts';
import type { OutgoingPacket } from '../../main/sandbox/phones/cloud-control.ts';
import { synchronize } from '../../main/sandbox/day.ts';
import type { RemoteCloud } from '../../main/sandbox/program/remote-cloud.ts';
import {
  chance,
  pick,
  seededGuid,
  seededRandom,
  type Random,
} from '../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';

/** Midnight in Sofia. */
const MIDNIGHT = Date.parse('2026-03-15T22:00:00Z');
const TICK_MS = 61_000;
/** Well beyond the size from which a body is a file in the spool. */
const LARGE_BYTES = 300 * 1024;
const ROW_BYTES = 8 * 1024;

export type Work =
  /** Orders, visits, payments as they come. */
  | 'plain'
  /** An order that arrives before the visit it names. */
  | 'waiting'
  /** A packet that does not fit into a row of the local store. */
  | 'large'
  /** A packet nobody may write: it must end parked. */
  | 'refused';

/** Phones at work in the harness' own process, with journals of their own. */
export class FieldWork {
  readonly phones: readonly Phone[];
  /** Packets sent that must end parked. */
  refused = 0;
  readonly #cloud: RemoteCloud;
  readonly #random: Random;
  #now = MIDNIGHT;
  #padding = 0;

  constructor(options: { cloud: RemoteCloud; users: readonly string[]; seed: string }) {
    this.#cloud = options.cloud;
    this.#random = seededRandom(`${options.seed}/work`);
    this.phones = options.users.map((user) =>
      createPhone({
        user,
        company: SAMPLE.company,
        random: seededRandom(`${options.seed}/${user}`),
        now: () => (this.#now += TICK_MS),
        deliver: (packet) => options.cloud.deliver(this.#padded(packet)),
      }),
    );
  }

  /** Every phone takes the newest snapshot. Each must have one. */
  async synchronize(): Promise<void> {
    for (const phone of this.phones) await synchronize(this.#cloud, phone);
  }

  /** Something happens in the field and is sent. */
  async send(work: Work): Promise<void> {
    const phone = pick(this.#random, this.phones);
    switch (work) {
      case 'plain':
        await this.#plain(phone);
        break;
      case 'waiting': {
        const visit = phone.startVisit();
        phone.orders(
          [{ visitNo: visit.visitNo, customerNo: visit.customerNo, lines: 2 }],
          anyShape(this.#random),
        );
        await phone.send({ reverse: true });
        break;
      }
      case 'large':
        phone.orders([{ lines: 3 }], anyShape(this.#random));
        this.#padding = LARGE_BYTES;
        try {
          await phone.send();
        } finally {
          this.#padding = 0;
        }
        break;
      case 'refused':
        await this.#refused(phone.user);
        break;
    }
  }

  async #plain(phone: Phone): Promise<void> {
    const random = this.#random;
    const visit = chance(random, 0.4) ? phone.startVisit({ hostile: chance(random, 0.3) }) : undefined;
    phone.orders(
      [
        {
          lines: 1 + Math.floor(random() * 6),
          hostile: chance(random, 0.2),
          customerNo: visit?.customerNo,
          visitNo: visit?.visitNo,
        },
      ],
      anyShape(random),
    );
    if (chance(random, 0.3)) phone.pay({ shape: anyShape(random) });
    if (visit !== undefined) phone.endVisit(visit);
    await phone.send({ reverse: chance(random, 0.3) });
    const earlier = phone.sentPackets();
    if (earlier.length > 0 && chance(random, 0.15)) await this.#cloud.redeliver(pick(random, earlier));
    if (earlier.length > 0 && chance(random, 0.15))
      await phone.resend(pick(random, earlier), chance(random, 0.5) ? anyShape(random) : undefined);
  }

  /** Of a company the link does not list, or with an order the mapping cannot take: no journal knows these. */
  async #refused(user: string): Promise<void> {
    const foreign = chance(this.#random, 0.5);
    this.refused += 1;
    await this.#cloud.deliver({
      user,
      company: foreign ? 'SOMEBODY_ELSE' : SAMPLE.company,
      appCode: 'SLA',
      operation: 'Sales Order',
      xml:
        `<NavMobileSync salesmancode="${user}"><table tablename="SalesHeader" name="SalesHeader"><r status="insert">` +
        `<DMS_ROWID>${seededGuid(this.#random)}</DMS_ROWID><no>X${this.refused}</no><amount>many</amount><state>1</state>` +
        '</r></table></NavMobileSync>',
    });
  }

  #padded(packet: OutgoingPacket): OutgoingPacket {
    if (this.#padding === 0) return packet;
    const row = (): string =>
      `<r status="insert"><DMS_ROWID>${seededGuid(this.#random)}</DMS_ROWID>` +
      `<scan>${'A'.repeat(ROW_BYTES)}</scan><state>1</state></r>`;
    const rows = Array.from({ length: Math.ceil(this.#padding / ROW_BYTES) }, row).join('');
    const table = `<table tablename="XScans" name="XScans">${rows}</table>`;
    return { ...packet, xml: packet.xml.replace('</NavMobileSync>', `${table}</NavMobileSync>`) };
  }
}
