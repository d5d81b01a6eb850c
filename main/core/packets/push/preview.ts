import { explainReason, failureView } from '../../../../shared/contract/explain-reason.ts';
import type { Explanation, Text } from '../../../../shared/contract/explanation.ts';
import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import { activePause } from '../../queue/active-pause.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { SnapshotMeta } from '../../queue/queue-store.ts';
import { StoreError } from '../../queue/store-error.ts';
import { ReadBasis } from '../../reading/read-basis.ts';
import type { BodyStore, StoredBody } from '../../runtime/body-store.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { DiskError } from '../../runtime/disk.ts';
import type { ErpUser } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { unknownTables } from './app-model/check-packet.ts';
import { ownPackets, pauseReason } from './hold-words.ts';
import { comparePackets, type Comparison, type PacketTable } from './preview-compare.ts';
import { holdFor, uploadHold } from './push-plan.ts';
import { namedUser } from './push-users.ts';
import { partsOf, type PacketPart } from './segments/packet-list.ts';
import { SnapshotCollect, type CollectedSnapshot } from './snapshot-collect.ts';
import { LARGE_BYTES } from './snapshot-sender.ts';

/** What one user's phone would get now. Its bytes are durable, or with it, and named by nothing else. */
export interface Preview extends Comparison {
  readonly user: string;
  readonly at: Instant;
  readonly tookMs: number;
  readonly body: StoredBody;
  readonly consistency: SnapshotMeta['consistency'];
  readonly comparedWith: Instant | undefined;
  readonly same: boolean;
  readonly hold: Explanation | undefined;
  readonly cautions: readonly Text[];
}

/** `unnamed`: neither the ERP nor the list names him. `refused`: his packet cannot be. `failed`: nobody can have one now. */
export type PreviewFailure =
  | { readonly kind: 'unnamed' }
  | { readonly kind: 'refused'; readonly failure: SyncFailure & { readonly kind: 'rejected' } }
  | { readonly kind: 'failed'; readonly failure: SyncFailure };

/** A cycle may have replaced, and removed, what was put together meanwhile. */
const TRIES = 3;

/**
 * Puts the packet together that a push would send to one user now, as a push does, and compares it with the one accepted last.
 * Reads the ERP in a view of its own; stores no packet, and removes nothing that a cycle under way may count on: what was read
 * is kept like anything that was read. `stops`: what keeps all pushes from being built.
 */
export async function previewOf(
  parts: LinkParts,
  name: string,
  how: { readonly stops: SyncFailure | undefined; readonly listed: number },
  signal: AbortSignal,
): Promise<Result<Preview, PreviewFailure>> {
  const { runtime, store, link } = parts;
  const began = runtime.monotonic();
  const at = runtime.wall();
  const ready = await parts.erp.ready(signal);
  if (!ready.ok) return fail({ kind: 'failed', failure: ready.failure });
  const found = await namedUser(parts, name, signal);
  if (!found.ok) return failed(found.failure);
  const user = found.value;
  if (user === undefined) return fail({ kind: 'unnamed' });
  for (let tries = 1; ; tries += 1) {
    try {
      const collected = await collect(parts, user, signal);
      if (!collected.ok) return failed(collected.failure);
      const { list, tables, consistency } = collected.value;
      const accepted = store.acceptedPacket(link, user.name);
      const same = accepted?.contentHash === parts.hash(list.text);
      const body = await parts.bodies.receive(
        bytesOf(parts.bodies, partsOf(list.text) ?? []),
        list.size,
        signal,
        'again',
      );
      if (!body.ok) return failed(body.failure);
      const compared = await comparePackets(parts, tables, accepted, how.listed);
      return ok({
        ...compared,
        user: user.name,
        at,
        tookMs: Math.round(runtime.monotonic() - began),
        body: body.value,
        consistency,
        comparedWith: accepted?.acceptedAt,
        same,
        hold: holdOf(parts, user.name, how.stops),
        cautions: cautionsOf(parts, list.size),
      });
    } catch (error) {
      if (error instanceof BodyStreamError) return failed(error.failure);
      if (error instanceof StoreError) return failed(storeFailure(error));
      if (!(error instanceof DiskError)) throw error;
      if (tries >= TRIES) return failed({ kind: 'disk', cause: `${error.code}: ${error.message}` });
    }
  }
}

const failed = (failure: SyncFailure): Result<never, PreviewFailure> =>
  fail(failure.kind === 'rejected' ? { kind: 'refused', failure } : { kind: 'failed', failure });

interface Collected {
  readonly list: NonNullable<Extract<CollectedSnapshot['body'], { ok: true }>['value']>;
  readonly tables: readonly PacketTable[];
  readonly consistency: SnapshotMeta['consistency'];
}

async function collect(parts: LinkParts, user: ErpUser, signal: AbortSignal): Promise<Result<Collected>> {
  const { store } = parts;
  // What a cycle under way has put into packets it has not stored yet is named by nothing: only cycles may tidy.
  const apart: LinkParts = {
    ...parts,
    store: { ...store, tidySegments: () => [], useSegments: () => undefined },
  };
  const basis = await ReadBasis.look(apart, signal);
  const collecting = new SnapshotCollect(apart, basis, { users: [user], anew: false });
  let found: Result<CollectedSnapshot>;
  try {
    found = await collecting.packet(user, () => false, signal);
  } finally {
    await collecting.close();
  }
  if (!found.ok) return found;
  const { body, rows, consistency } = found.value;
  if (!body.ok) return body;
  const segments = (partsOf(body.value.text) ?? []).flatMap((part) =>
    'segment' in part ? part.segment : [],
  );
  const filled = [...rows].filter(([, count]) => count > 0);
  if (filled.length !== segments.length) throw new Error('a packet has other tables than were read');
  const tables = filled.flatMap(([table, count], index) => {
    const segment = segments[index];
    return segment === undefined ? [] : { table, rows: count, body: segment };
  });
  return ok({ list: body.value, tables, consistency });
}

const encoder = new TextEncoder();

async function* bytesOf(
  bodies: Pick<BodyStore, 'open'>,
  parts: readonly PacketPart[],
): AsyncIterable<Uint8Array> {
  for (const part of parts)
    if ('text' in part) yield encoder.encode(part.text);
    else yield* bodies.open(part.segment);
}

/** What comes first is said first: it holds whatever comes after it. */
function holdOf(parts: LinkParts, user: string, stops: SyncFailure | undefined): Explanation | undefined {
  const { store, link, runtime, policy } = parts;
  const now = runtime.wall();
  const pause = activePause(store, link, now);
  if (pause !== undefined) return pauseReason(pause);
  if (stops !== undefined) return failureView(stops);
  const held = uploadHold(policy.push, {
    user,
    lastAcceptedAt: store.lastAccepted(link, user)?.acceptedAt,
    now,
    byHand: false,
  });
  const open = store.openPacketsOf(link, user);
  if (held?.why === 'pilot' || held?.why === 'paused') return explainReason({ kind: 'push-held', ...held });
  if (holdFor(open, policy.maxHoldMs, now) !== undefined)
    return ownPackets({ pending: open.pending, parked: 0 });
  return held === undefined ? undefined : explainReason({ kind: 'push-held', ...held });
}

function cautionsOf({ appModel, mapping }: LinkParts, size: number): readonly Text[] {
  const unknown =
    appModel === undefined
      ? []
      : unknownTables(
          appModel,
          mapping.push.entities.map(({ entity }) => entity),
        );
  return [
    ...(unknown.length === 0
      ? []
      : [{ key: 'preview.unknownTables', params: { count: unknown.length, tables: unknown.join(', ') } }]),
    ...(size > LARGE_BYTES ? [{ key: 'preview.large', params: { size } }] : []),
  ];
}
