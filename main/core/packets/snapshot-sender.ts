import type { SyncFailure } from '../../../shared/model/failure.ts';
import { fail, type Result } from '../../../shared/model/result.ts';
import type { ItemId } from '../../../shared/model/ids.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { decide } from '../queue/decide.ts';
import type { Item } from '../queue/item.ts';
import { durably, durablySync } from '../runtime/runtime.ts';
import type { LinkParts } from './link-parts.ts';
import type { UploadTicket } from './packet-cloud.ts';

/** Links live 15 minutes from receipt; three are left for the transfer to begin and for a slow clock. */
const TICKET_MS = 12 * 60_000;
/** A link refused although it is young: asked anew at most this often. */
const FRESH_TICKETS = 2;
/** Attempts at one upload in a row before the item waits for its next turn. */
const UPLOAD_TRIES = 3;

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
  /** Items whose outcome could not be written down. */
  readonly #orphans = new Set<ItemId>();

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** What this sender has done since it was made: for run counts. */
  get totals(): { readonly accepted: number; readonly void: number; readonly failed: number } {
    return { accepted: this.#accepted, void: this.#void, failed: this.#failures };
  }

  /** Sends what is due. Calls at the same time share one run, so the bound on uploads holds. */
  async sendDue(signal: AbortSignal): Promise<Sent> {
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
    const { store, link, runtime, log } = this.#parts;
    const meta = store.snapshotMeta(item.id);
    if (meta === undefined || store.inboundMark(link, meta.user) > meta.inboundMark) {
      // His phone sent something after the ERP was read: this snapshot does not know it and must not replace it.
      durablySync(runtime, 'push.settle', () =>
        store.discardSnapshot(item.id, 'newer packets of the user', runtime.wall()),
      );
      this.#void += 1;
      return;
    }
    const outcome = await this.#upload(item, signal);
    if (outcome.ok) {
      durablySync(runtime, 'push.settle', () =>
        store.settleSnapshot(item.id, { syncLogId: outcome.value.syncLogId }, runtime.wall()),
      );
      this.#parts.endpoints.succeeded(this.#parts.cloudEndpoint);
      this.#accepted += 1;
      log.info('snapshot accepted', { item: item.id, syncLogId: outcome.value.syncLogId });
      return;
    }
    this.#failures += 1;
    if (outcome.failure.kind !== 'cancelled') sent.failure = outcome.failure;
    this.#failed(item, outcome.failure);
  }

  /** Asks for a link and uploads; a fresh link where one was refused, the same one where a transfer broke. */
  async #upload(item: Item, signal: AbortSignal): Promise<Result<UploadTicket>> {
    const { cloud, bodies, runtime } = this.#parts;
    let ticket: UploadTicket | undefined;
    let fresh = 0;
    let last: SyncFailure = { kind: 'cancelled' };
    for (let tries = 0; tries < UPLOAD_TRIES && !signal.aborted; tries += 1) {
      if (ticket === undefined || runtime.monotonic() - ticket.receivedAt > TICKET_MS) {
        const asked = await cloud.requestUpload(
          { user: item.user, packetUniqueId: item.externalId, size: item.body.size },
          signal,
        );
        if (!asked.ok) return asked;
        ticket = asked.value;
      }
      const used: UploadTicket = ticket;
      const body = { size: item.body.size, open: () => bodies.open(item.body) };
      const put = await durably(runtime, 'push.upload', () => cloud.upload(used, body, signal));
      if (put.ok) return { ok: true, value: used };
      last = put.failure;
      if (last.kind === 'rejected' && last.code === 'link-expired') {
        ticket = undefined;
        fresh += 1;
        if (fresh > FRESH_TICKETS) return fail(last);
      } else if (last.kind !== 'unknown-outcome' && last.kind !== 'unreachable') return fail(last);
    }
    return fail(last);
  }

  #failed(item: Item, failure: SyncFailure): void {
    const { store, runtime, endpoints, cloudEndpoint, log } = this.#parts;
    const now = runtime.wall();
    const failures =
      failure.kind === 'rejected' || failure.kind === 'cancelled'
        ? item.attempts
        : endpoints.failed(cloudEndpoint, failure);
    const decision = decide(failure, { failures, attempts: item.attempts, jitter: runtime.random() }, now);
    log.warn('snapshot not accepted', { item: item.id, failure: failure.kind, decision: decision.kind });
    const record = (event: Parameters<typeof store.record>[1]): void => {
      durablySync(runtime, 'push.settle', () => store.record(item.id, event, now));
    };
    if (decision.kind === 'park') return record({ kind: 'park', reason: { kind: 'failure', failure } });
    const afterMs = 'afterMs' in decision ? decision.afterMs : 0;
    if (decision.kind !== 'retry' && decision.kind !== 'probe' && decision.kind !== 'stop')
      endpoints.rest(cloudEndpoint, afterMs, failure.kind === 'throttled' ? 'theirs' : 'ours');
    return record(
      failure.kind === 'unknown-outcome'
        ? { kind: 'unknown', dueAt: now + afterMs, failure }
        : { kind: 'retry', dueAt: now + afterMs, failure },
    );
  }
}
