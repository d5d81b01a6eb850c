import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, type Result } from '../../../../shared/model/result.ts';
import type { ItemId } from '../../../../shared/model/ids.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import { backoffMs, decide } from '../../queue/decide.ts';
import type { Item, PushHold } from '../../queue/item.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import type { LinkParts } from '../link-parts.ts';
import type { UploadTicket } from '../packet-cloud.ts';
import { sameName, uploadHold } from './push-plan.ts';

/** Links live 15 minutes from receipt; three are left for the transfer to begin and for a slow clock. */
const TICKET_MS = 12 * 60_000;
/** A link refused although it is young: asked anew at most this often. */
const FRESH_LINKS = 2;
/** Attempts at one upload in a row before the item waits for its next turn. */
const UPLOAD_TRIES = 3;
/** Nobody knows what became of it: looked at again after a second, and less and less often while the storage fails. */
const IN_DOUBT = { firstMs: 1_000, mostMs: 60_000 } as const;
/** A hold without a known end is looked at this often: each look is written down. */
const HOLD_LOOK_MS = 15 * 60_000;
/** The protocol's "100Mb" read as bits: what is above may be refused, and nobody would be told. */
export const LARGE_BYTES = 12_500_000;

export interface Sent {
  failure: SyncFailure | undefined;
}

/**
 * Uploads built snapshots, several users at once, one at a time for each. The attempt is committed before the first byte
 * leaves: a start after a crash finds it in doubt and sends the same packet id again, which replaces what arrived.
 */
export class SnapshotSender {
  readonly #parts: LinkParts;
  #running: Promise<Sent> | undefined;
  #accepted = 0;
  #void = 0;
  #failures = 0;
  #large = 0;
  /** Whose pushes a person asked for that go on; undefined: everybody's. */
  readonly #hands: (string | undefined)[] = [];
  /** Links of uploads in doubt: while one is young, the next attempt goes to the same place. */
  readonly #tickets = new Map<ItemId, UploadTicket>();
  /** Items whose outcome could not be written down. */
  readonly #orphans = new Set<ItemId>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** What this sender has done since it was made: for run counts. */
  get totals(): {
    readonly accepted: number;
    readonly void: number;
    readonly failed: number;
    readonly large: number;
  } {
    return { accepted: this.#accepted, void: this.#void, failed: this.#failures, large: this.#large };
  }

  /**
   * Sends what is due and may go out now; by hand, also what waits for its time, of this user where one is named. Calls at the same time share one run, so the
   * bound on uploads holds.
   */
  async sendDue(signal: AbortSignal, byHand = false, only?: string): Promise<Sent> {
    if (!byHand) return this.#share(signal);
    this.#hands.push(only);
    try {
      this.#release();
      return await this.#share(signal);
    } finally {
      this.#hands.splice(this.#hands.indexOf(only), 1);
    }
  }

  /** A person does not want to wait for the end of quiet hours. */
  #release(): void {
    const { store, link, runtime, endpoints } = this.#parts;
    try {
      for (const item of store.unsentSnapshots(link))
        if (
          (item.state === 'waiting' || item.state === 'unknown') &&
          item.dueAt > runtime.wall() &&
          this.#hold(item) === undefined
        )
          durablySync(runtime, 'push.settle', () => store.retry(item.id, runtime.wall()));
    } catch (error) {
      endpoints.diskFailed(storeFailure(error));
    }
  }

  #forgetOldTickets(): void {
    const now = this.#parts.runtime.monotonic();
    for (const [id, { receivedAt }] of this.#tickets)
      if (now - receivedAt > TICKET_MS) this.#tickets.delete(id);
  }

  async #share(signal: AbortSignal): Promise<Sent> {
    this.#forgetOldTickets();
    if (this.#running !== undefined) await this.#running;
    this.#running ??= this.#sendAll(signal).finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #sendAll(signal: AbortSignal): Promise<Sent> {
    const sent: Sent = { failure: undefined };
    const lanes = Array.from({ length: this.#parts.policy.parallelUploads }, () => this.#lane(sent, signal));
    await Promise.all(lanes);
    return sent;
  }

  async #lane(sent: Sent, signal: AbortSignal): Promise<void> {
    const { store, link, startId, runtime, endpoints, cloudEndpoint } = this.#parts;
    let held: ItemId | undefined;
    try {
      while (
        !signal.aborted &&
        endpoints.restMs(cloudEndpoint) === 0 &&
        endpoints.restMs('site:disk') === 0
      ) {
        this.#adopt();
        const item = durablySync(runtime, 'push.begin-upload', () =>
          store.claim(link, 'out', startId, runtime.wall()),
        );
        if (item === undefined) return;
        held = item.id;
        await this.#send(item, sent, signal);
        held = undefined;
        this.#parts.changed();
      }
    } catch (error) {
      const failure = storeFailure(error);
      endpoints.diskFailed(failure);
      sent.failure = failure;
      if (held !== undefined) this.#orphans.add(held);
    }
  }

  /** In doubt: sent again under the same packet id. */
  #adopt(): void {
    const { store, runtime } = this.#parts;
    for (const id of this.#orphans) {
      const now = runtime.wall();
      const failure: SyncFailure = { kind: 'disk', cause: 'the outcome could not be written down' };
      if (store.get(id)?.state === 'working') store.record(id, { kind: 'unknown', dueAt: now, failure }, now);
      this.#orphans.delete(id);
    }
  }

  async #send(item: Item, sent: Sent, signal: AbortSignal): Promise<void> {
    const { store, runtime, log } = this.#parts;
    if (this.#isVoid(item)) return this.#discard(item);
    const hold = this.#hold(item);
    if (hold !== undefined) return this.#holdBack(item, hold);
    const { end: outcome, inDoubt } = await this.#upload(item, signal);
    if (outcome === 'void') return this.#discard(item);
    if (outcome.ok) {
      this.#tickets.delete(item.id);
      durablySync(runtime, 'push.settle', () =>
        store.settleSnapshot(item.id, { syncLogId: outcome.value.syncLogId }, runtime.wall()),
      );
      this.#parts.endpoints.succeeded(this.#parts.cloudEndpoint);
      this.#accepted += 1;
      log.info('snapshot accepted', { item: item.id, syncLogId: outcome.value.syncLogId });
      if (item.body.size <= LARGE_BYTES) return;
      this.#large += 1;
      log.warn('the snapshot is large: the app may refuse it', { item: item.id, bytes: item.body.size });
      return;
    }
    this.#failures += 1;
    if (outcome.failure.kind !== 'cancelled') sent.failure = outcome.failure;
    this.#failed(item, outcome.failure, inDoubt);
  }

  /** His phone sent something after the ERP was read: this snapshot does not know it and must not replace it. */
  #isVoid(item: Item): boolean {
    const { store, link } = this.#parts;
    const meta = store.snapshotMeta(item.id);
    return meta === undefined || store.inboundMark(link, meta.user) > meta.inboundMark;
  }

  #discard(item: Item): void {
    const { store, runtime } = this.#parts;
    durablySync(runtime, 'push.settle', () =>
      store.discardSnapshot(item.id, 'newer packets of the user', runtime.wall()),
    );
    this.#void += 1;
    this.#tickets.delete(item.id);
  }

  #hold({ user }: Item): PushHold | undefined {
    const { store, link, runtime, policy } = this.#parts;
    return uploadHold(policy.push, {
      user,
      lastAcceptedAt: store.lastAccepted(link, user)?.acceptedAt,
      now: runtime.wall(),
      byHand: this.#hands.some((name) => name === undefined || sameName(name, user)),
    });
  }

  /** What may have arrived stays in doubt, whatever it waits for. */
  #holdBack(item: Item, hold: PushHold): void {
    const { store, runtime, cloudEndpoint } = this.#parts;
    const now = runtime.wall();
    const dueAt = hold.until ?? now + HOLD_LOOK_MS;
    const failure: SyncFailure = { kind: 'unknown-outcome', endpoint: cloudEndpoint, operation: 'upload' };
    durablySync(runtime, 'push.settle', () =>
      store.record(
        item.id,
        store.mayHaveHappened(item.id)
          ? { kind: 'unknown', dueAt, failure }
          : { kind: 'wait', dueAt, reason: { kind: 'push-held', ...hold } },
        now,
      ),
    );
  }

  /** Asks for a link and uploads; a fresh link where one was refused, the same one where a transfer broke. */
  async #upload(item: Item, signal: AbortSignal): Promise<Uploaded> {
    const { cloud, bodies, runtime } = this.#parts;
    let ticket = this.#tickets.get(item.id);
    let fresh = 0;
    let inDoubt = false;
    let last: SyncFailure = { kind: 'cancelled' };
    for (let tries = 1; tries <= UPLOAD_TRIES && !signal.aborted; tries += 1) {
      if (ticket === undefined || runtime.monotonic() - ticket.receivedAt > TICKET_MS) {
        const asked = await cloud.requestUpload(
          { user: item.user, packetUniqueId: item.externalId, size: item.body.size },
          signal,
        );
        if (!asked.ok) return { end: asked, inDoubt };
        ticket = asked.value;
        this.#tickets.set(item.id, ticket);
      }
      // Another lane may have listed a packet of the user meanwhile.
      if (this.#isVoid(item)) return { end: 'void', inDoubt };
      const used: UploadTicket = ticket;
      const body = { size: item.body.size, open: () => bodies.open(item.body) };
      const put = await durably(runtime, 'push.upload', () => cloud.upload(used, body, signal));
      if (put.ok) return { end: { ok: true, value: used }, inDoubt: false };
      last = put.failure;
      if (last.kind === 'rejected' && last.code === 'link-expired') {
        ticket = undefined;
        this.#tickets.delete(item.id);
        fresh += 1;
        if (fresh > FRESH_LINKS) break;
      } else if (last.kind === 'unknown-outcome' || last.kind === 'unreachable') {
        inDoubt ||= last.kind === 'unknown-outcome';
        if (tries < UPLOAD_TRIES) await runtime.sleep(backoffMs(tries, { ...IN_DOUBT, jitter: 0 }), signal);
      } else break;
    }
    return { end: fail(last), inDoubt };
  }

  #failed(item: Item, failure: SyncFailure, inDoubt: boolean): void {
    const { store, runtime, endpoints, cloudEndpoint, log } = this.#parts;
    const now = runtime.wall();
    const failures =
      failure.kind === 'rejected' || failure.kind === 'cancelled'
        ? item.attempts
        : endpoints.failed(cloudEndpoint, failure);
    const jitter = runtime.random();
    const decision = decide(failure, { failures, attempts: item.attempts, jitter }, now);
    log.warn('snapshot not accepted', { item: item.id, failure: failure.kind, decision: decision.kind });
    const record = (event: Parameters<typeof store.record>[1]): void => {
      durablySync(runtime, 'push.settle', () => store.record(item.id, event, now));
    };
    if (decision.kind === 'park') {
      this.#tickets.delete(item.id);
      return record({ kind: 'park', reason: { kind: 'failure', failure } });
    }
    const decidedMs = 'afterMs' in decision ? decision.afterMs : 0;
    const afterMs =
      decision.kind === 'probe'
        ? Math.max(decidedMs, backoffMs(failures, { ...IN_DOUBT, jitter }))
        : decidedMs;
    if (decision.kind !== 'retry' && decision.kind !== 'probe' && decision.kind !== 'stop')
      endpoints.rest(cloudEndpoint, afterMs, failure.kind === 'throttled' ? 'theirs' : 'ours');
    // What may have arrived stays in doubt, whatever came after it.
    const kind = inDoubt || failure.kind === 'unknown-outcome' ? 'unknown' : 'retry';
    return record({ kind, dueAt: now + afterMs, failure });
  }
}

interface Uploaded {
  /** `void`: it must not be sent any more. */
  readonly end: Result<UploadTicket> | 'void';
  /** Bytes of an attempt left, and nobody knows whether they were taken. */
  readonly inDoubt: boolean;
}
