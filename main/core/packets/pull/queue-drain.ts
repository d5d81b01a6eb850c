import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { Bell } from '../../runtime/bell.ts';
import type { ListedEntry, PacketListing, PacketQueue } from '../packet-cloud.ts';
import { endsCycle, type Drained, type DrainParts } from './drain-parts.ts';
import { fetchPacket, isHeld, keepPacket, type Delivery } from './take-packet.ts';

/** Lists in a row that bring nothing new before a cycle ends: a queue that hides what it listed may answer short or empty. */
const QUIET_LISTS = 2;
/** Lists under way at the same time, of a queue that hides what it listed, while no rate is set or asked for. */
const LISTS_AT_ONCE = 3;
/** A bound on one cycle: 100,000 packets. More are taken by the next one. */
const MOST_LISTS = 10_000;
/** A waiter is woken by what it waits for; this only bounds what a lost wake-up would cost. */
const LOOK_MS = 30_000;

/**
 * Takes one queue of the cloud until its lists bring nothing new. Bodies are fetched a few at a time; what is here is applied
 * and reported meanwhile.
 *
 *   list ──▶ waiting ──▶ under way (bounded) ──▶ stored ──▶ applied ──▶ reported
 *     ▲                                                                    │
 *     └── a queue that shows the same entries until they are reported ─────┘
 *
 * A queue that hides what it listed is asked for more as soon as a lane is free.
 */
export class QueueDrain {
  readonly #with: DrainParts;
  readonly #queue: PacketQueue;
  readonly #bell: Bell;
  readonly #waiting: Delivery[] = [];
  /** Listed in this cycle and not reported, by packet id: what a list that hides nothing shows again. */
  readonly #handles = new Map<string, string>();
  /** The last one of each packet id, and of each user: packets of one user are stored in the order they were listed. */
  readonly #taking = new Map<string, Promise<void>>();
  readonly #turns = new Map<string, Promise<void>>();
  readonly #missed = new Set<string>();
  /** Packet ids listed in this cycle. */
  readonly #seen = new Set<string>();
  /** Since everything listed was last taken: whether a list had something that no earlier one of the cycle had, and what was stored. */
  #brought = false;
  #stored = false;
  /** What no call here expects: thrown once nothing is under way. */
  #thrown: { readonly error: unknown } | undefined;
  #underWay = 0;
  #quiet = 0;
  /** Whether the last list was. */
  #full = false;
  #failure: SyncFailure | undefined;
  /** Whether lists hide what was listed before; undefined until seen. */
  #hides: boolean | undefined;
  #applying: Promise<void> | undefined;
  #reporting: Promise<void> | undefined;
  #appliedAtReport: number;

  constructor(given: DrainParts, queue: PacketQueue) {
    this.#with = given;
    this.#queue = queue;
    this.#bell = new Bell(given.parts.runtime);
    this.#appliedAtReport = given.lane.totals.applied;
  }

  /** Listed and not looked at yet: some of them may be known already. */
  get ahead(): number {
    return this.#waiting.length;
  }

  async run(): Promise<Drained> {
    const { lane, progress, signal } = this.#with;
    for (let lists = 0; lists < MOST_LISTS && !this.#over(); lists += 1) {
      progress?.name('pull');
      if ((await this.#list()) === undefined) break;
      await this.#listAhead();
      await this.#taken();
      const makesRoom = this.#makesRoom();
      if (this.#brought && !this.#stored) this.#quiet += 1;
      [this.#brought, this.#stored] = [false, false];
      if (makesRoom && (await this.#report()) > 0) {
        this.#handles.clear();
        continue;
      }
      await this.#settle();
      progress?.name('apply');
      lane.wake();
      await lane.drain(signal);
      progress?.name('pull');
      await this.#report();
      this.#handles.clear();
      if (this.#quiet >= QUIET_LISTS && !(await this.#moreBehind())) break;
    }
    await this.#settle();
    await lane.drain(signal);
    const drained = this.#quiet >= QUIET_LISTS && this.#missed.size === 0;
    return { failure: this.#failure, drained };
  }

  #over(): boolean {
    if (this.#thrown !== undefined) return true;
    return this.#with.signal.aborted || (this.#failure !== undefined && endsCycle(this.#failure));
  }

  /** Nothing newer is shown before this list is reported: where being durable is enough for that, it is applied meanwhile. */
  #makesRoom(): boolean {
    const { acknowledge } = this.#with.parts.policy.report;
    return acknowledge === 'after-store' && this.#hides === false && this.#full && this.#stored;
  }

  /** While what was listed is under way. A full list says that more may wait; whether lists hide it is seen at the first one. */
  async #listAhead(): Promise<void> {
    if (this.#hides === undefined && !this.#full) return;
    const asked = new Set<Promise<void>>();
    const lists = { ended: false };
    const ask = (): void => {
      const one = this.#list()
        .then((entries) => {
          lists.ended ||= entries === undefined || this.#hides !== true;
        })
        .catch((error: unknown) => this.#note(error))
        .finally(() => {
          asked.delete(one);
          this.#bell.ring();
        });
      asked.add(one);
    };
    /** After a list that brought nothing, something of what is under way ends before the next is asked for. */
    let restedAt = 0;
    while (!lists.ended && !this.#over() && this.#underWay + asked.size > 0 && this.#quiet < QUIET_LISTS) {
      restedAt = Math.min(restedAt, this.#quiet);
      if (restedAt === this.#quiet && this.#wantsMore(asked.size)) ask();
      else {
        if (asked.size === 0) restedAt = this.#quiet;
        await this.#bell.wait(LOOK_MS, this.#with.signal);
      }
    }
    await Promise.all(asked);
  }

  /** Whether another list is asked for, with so many under way. */
  #wantsMore(asked: number): boolean {
    const { parts, patience } = this.#with;
    const { parallelDownloads, callsPerMinute } = parts.policy;
    if (this.#hides === false || this.#underWay === 0) return false;
    if (asked === 0) return this.#waiting.length < parallelDownloads;
    const alone = this.#hides !== true || callsPerMinute !== undefined || patience.isSlowed;
    const expected = this.#waiting.length + asked * parts.cloud.capabilities.listSize;
    return (
      !alone && this.#quiet === 0 && asked < LISTS_AT_ONCE && expected < LISTS_AT_ONCE * parallelDownloads
    );
  }

  /** One list; its entries wait for a lane. Undefined when it failed. */
  async #list(): Promise<readonly ListedEntry[] | undefined> {
    const { patience, counts, list } = this.#with;
    const listing = await patience.list(() => list(this.#queue, (one) => this.#isShownAgain(one)));
    if (!listing.ok) {
      this.#failure = listing.failure;
      return undefined;
    }
    const { entries } = listing.value;
    this.#full = entries.length >= this.#with.parts.cloud.capabilities.listSize;
    counts.lists += 1;
    counts.listed += entries.length;
    if (this.#isShownAgain(listing.value)) {
      this.#hides = false;
      return entries;
    }
    if (this.#handles.size > 0 && entries.length > 0) this.#hides = true;
    const brings = entries.some(({ id }) => !this.#seen.has(id));
    this.#brought ||= brings;
    this.#quiet = brings ? 0 : this.#quiet + 1;
    for (const entry of entries) this.#seen.add(entry.id);
    for (const entry of entries) this.#handles.set(entry.id, entry.receiptHandle);
    const held = isHeld(this.#with.parts, listing.value);
    this.#waiting.push(...entries.map((entry) => ({ queue: this.#queue, entry, held })));
    this.#start();
    return entries;
  }

  #isShownAgain({ entries }: PacketListing): boolean {
    return entries.some(({ id, receiptHandle }) => this.#handles.get(id) === receiptHandle);
  }

  #start(): void {
    const { parallelDownloads } = this.#with.parts.policy;
    while (this.#underWay < parallelDownloads && !this.#over()) {
      const delivery = this.#waiting.shift();
      if (delivery === undefined) return;
      const { entry } = delivery;
      this.#underWay += 1;
      const turn = this.#turns.get(entry.user) ?? Promise.resolve();
      // The same packet twice: the second finds what became of the first.
      const before = this.#taking.get(entry.id) ?? Promise.resolve();
      const taken = before
        .then(() => this.#take(delivery, turn))
        .catch((error: unknown) => this.#note(error))
        .finally(() => {
          if (this.#taking.get(entry.id) === taken) this.#taking.delete(entry.id);
          if (this.#turns.get(entry.user) === taken) this.#turns.delete(entry.user);
          this.#underWay -= 1;
          this.#start();
          this.#bell.ring();
        });
      this.#taking.set(entry.id, taken);
      this.#turns.set(entry.user, taken);
    }
    if (this.#over()) this.#waiting.length = 0;
  }

  async #take(delivery: Delivery, turn: Promise<void>): Promise<void> {
    const { parts, patience, counts, signal } = this.#with;
    const { entry } = delivery;
    const fetched = await patience.with(() => fetchPacket(parts, delivery, signal));
    await turn;
    const taken = fetched.ok ? keepPacket(parts, delivery, fetched.value) : fetched;
    if (!taken.ok) {
      if (this.#failure === undefined || !endsCycle(this.#failure)) this.#failure = taken.failure;
      // It waits for us: a snapshot made now would not know of it. One that cannot be had at all holds up nobody.
      if (taken.failure.kind === 'unreachable') this.#missed.add(entry.id);
      counts.broken += 1;
      return;
    }
    this.#missed.delete(entry.id);
    counts[taken.value] += 1;
    parts.changed();
    if (taken.value !== 'stored') return;
    this.#stored = true;
    this.#quiet = 0;
    this.#apply();
  }

  /** What is stored is applied while others are fetched. */
  #apply(): void {
    const { lane, parts, signal } = this.#with;
    lane.wake();
    this.#applying ??= lane
      .drain(signal)
      .catch((error: unknown) => this.#note(error))
      .finally(() => {
        this.#applying = undefined;
      });
    // So that a queue that hides what it listed hears of it before it shows it again.
    if (lane.totals.applied - this.#appliedAtReport >= parts.cloud.capabilities.listSize)
      this.#reporting ??= this.#report()
        .then(() => undefined)
        .catch((error: unknown) => this.#note(error))
        .finally(() => {
          this.#reporting = undefined;
        });
  }

  async #report(): Promise<number> {
    const { reporter, counts, lane, signal } = this.#with;
    this.#appliedAtReport = lane.totals.applied;
    const reported = await reporter.reportDue(signal);
    counts.reported += reported;
    return reported;
  }

  #note(error: unknown): void {
    this.#thrown ??= { error };
  }

  /** Until everything listed was taken, or cannot be. */
  async #taken(): Promise<void> {
    while (this.#underWay > 0) await Promise.all(this.#taking.values());
  }

  /** The same, and what is applied and reported meanwhile. Throws what was thrown. */
  async #settle(): Promise<void> {
    await this.#taken();
    await this.#applying;
    await this.#reporting;
    if (this.#thrown !== undefined) throw this.#thrown.error;
  }

  /** A full list of known packets may hide new ones behind it: goes on once these could be reported. */
  async #moreBehind(): Promise<boolean> {
    const { parts, reporter, counts, signal } = this.#with;
    if (!this.#full || this.#over()) return false;
    const wait = reporter.nextLookMs();
    if (wait <= 0 || wait > parts.policy.report.ackWithinMs) return false;
    await parts.runtime.sleep(wait, signal);
    const reported = await reporter.reportDue(signal);
    counts.reported += reported;
    if (reported > 0) this.#quiet = 0;
    return reported > 0;
  }
}
