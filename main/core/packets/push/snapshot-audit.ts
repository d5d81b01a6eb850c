import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import { dayAt } from '../../schedule/calendar.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { writeTable } from '../codec/write-packet.ts';
import type { ErpUser } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import { APP_MODEL } from './app-model/check-packet.ts';
import { entityTable, renderSnapshot } from './render-snapshot.ts';
import { sameBytes } from './same-bytes.ts';
import { partsOf, type PacketList } from './segments/packet-list.ts';
import type { SegmentAsk } from './segments/segment-asks.ts';
import type { SnapshotCollect, SnapshotToAudit } from './snapshot-collect.ts';

/** Users of a day; all of them when they are fewer. */
const USERS_A_DAY = 20;
/** In the site's zone: what is owed for a day begins then, when few people work. */
const NIGHT_HOUR = 2;
const HOUR_MS = 3_600_000;
/** Who waits for his packet waits no longer than this for the packets of others to be compared; the rest is for the next push. */
const MOST_MS = 5 * 60_000;
/** How often one is compared whose tables are changed meanwhile. */
const ROUNDS = 3;
/** A packet is not what one rendering of the same moment is; and still not after all was read anew. */
type AuditCode = 'audit' | 'audit-again';

export interface AuditEnd {
  /** Users whose packets were compared. */
  readonly audited: number;
  /** Everything was read anew, and the packets are as they should be. */
  readonly mended: SyncFailure | undefined;
  /** They are not: nothing may be built. */
  readonly failure: SyncFailure | undefined;
}

type Known = Pick<
  LinkParts,
  'store' | 'link' | 'runtime' | 'policy' | 'zones' | 'bodies' | 'log' | 'mapping' | 'source' | 'appModel'
>;

interface Difference {
  readonly user: ErpUser;
  /** None where the packets differ and no table of them does. */
  readonly wrong: readonly SegmentAsk[];
}

/**
 * Once a day, at the first scheduled push after the night hour, packets of some users are rendered by themselves and compared with
 * what segments give at the same moment. What was kept counts no more where they differ. Before the first packet of a cycle.
 */
export async function auditSegments(
  parts: Known,
  collect: SnapshotCollect,
  users: readonly ErpUser[],
  signal: AbortSignal,
): Promise<AuditEnd> {
  const { store, link, runtime, policy, zones, log } = parts;
  const day = dayAt(runtime.wall() - NIGHT_HOUR * HOUR_MS, policy.push?.zone ?? zones.erp);
  const owed = owedOn(day, store.segmentAudit(link));
  const none: AuditEnd = { audited: 0, mended: undefined, failure: undefined };
  if (owed === undefined) {
    // Nothing is kept yet that could be wrong.
    store.noteSegmentAudit(link, { day, owed: 0 });
    return none;
  }
  const wanted = Math.min(owed, users.length);
  if (wanted === 0) return none;
  const found = await compareSome(
    parts,
    collect,
    { users: shuffled(users, () => runtime.random()), wanted },
    signal,
  );
  const [first] = found.different;
  if (first !== undefined) {
    const failure = failureOf(first, 'audit');
    log.warn('packets are not what the ERP says: everything is read anew', {
      users: found.different.length,
      where: failure.where ?? '',
    });
    distrust(parts, collect);
    const again = await compareSome(
      parts,
      collect,
      { users: found.different.map(({ user }) => user), wanted: found.different.length },
      signal,
    );
    const [still] = again.different;
    if (still !== undefined) {
      // What is owed stays owed, and what was read just now counts no more than what was kept.
      distrust(parts, collect);
      return { audited: found.audited, mended: undefined, failure: failureOf(still, 'audit-again') };
    }
    note(parts.store, link, day, wanted - found.audited);
    return { audited: found.audited, mended: failure, failure: undefined };
  }
  note(parts.store, link, day, wanted - found.audited);
  log.info('segments audited', { users: found.audited, owed: wanted - found.audited });
  return { ...none, audited: found.audited };
}

/** What is not sent yet may be as wrong; who is held gets another one later. */
function distrust({ store, link, runtime }: Known, collect: SnapshotCollect): void {
  collect.distrust();
  for (const { id, state } of store.unsentSnapshots(link))
    if (state !== 'working') store.discardSnapshot(id, 'its segments were found to be wrong', runtime.wall());
}

const note = (store: Known['store'], link: LinkId, day: number, owed: number): void => {
  store.noteSegmentAudit(link, { day, owed });
};

function owedOn(day: number, last: { readonly day: number; readonly owed: number } | undefined) {
  if (last === undefined) return undefined;
  return last.day === day ? last.owed : USERS_A_DAY;
}

async function compareSome(
  parts: Known,
  collect: SnapshotCollect,
  { users, wanted }: { readonly users: readonly ErpUser[]; readonly wanted: number },
  signal: AbortSignal,
): Promise<{ readonly audited: number; readonly different: readonly Difference[] }> {
  const { runtime } = parts;
  const until = runtime.monotonic() + MOST_MS;
  const different: Difference[] = [];
  let audited = 0;
  // Where tables never stand still, nothing can be said of anybody.
  for (const user of users.slice(0, wanted * 2)) {
    if (audited === wanted || signal.aborted || runtime.monotonic() > until) break;
    const compared = await compareOne(parts, collect, user, signal);
    if (compared === undefined) continue;
    audited += 1;
    if (compared !== 'equal') different.push(compared);
  }
  return { audited, different };
}

/** Undefined where nothing can be said. */
async function compareOne(
  parts: Known,
  collect: SnapshotCollect,
  user: ErpUser,
  signal: AbortSignal,
): Promise<Difference | 'equal' | undefined> {
  try {
    for (let round = 0; round < ROUNDS && !signal.aborted; round += 1) {
      const matter = await collect.toAudit(user, signal);
      if (!matter.ok || matter.value === undefined) return undefined;
      const compared = await compareRendered(parts, matter.value, user, signal);
      if (await matter.value.still(signal)) return compared;
    }
    return undefined;
  } catch (error) {
    // A packet that cannot be, or an ERP that does not answer: who builds it finds the same.
    if (error instanceof BodyStreamError) return undefined;
    throw error;
  }
}

async function compareRendered(
  parts: Known,
  { view, list, entities }: SnapshotToAudit,
  user: ErpUser,
  signal: AbortSignal,
): Promise<Difference | 'equal'> {
  const whole = await isSame(
    () => renderSnapshot(parts, view, user, new Map(), signal),
    bytesOf(parts, list),
  );
  if (whole) return 'equal';
  const wrong: SegmentAsk[] = [];
  let passing = false;
  for (const { ask, body, passing: passes } of entities) {
    const alone = () => writeTable(entityTable(parts, ask.entity, view.read(ask.request, signal), new Map()));
    const same = await isSame(alone, body.size === 0 ? nothing() : parts.bodies.open(body));
    if (!same && !passes) wrong.push(ask);
    passing ||= passes;
  }
  return wrong.length === 0 && passing ? 'equal' : { user, wrong };
}

/** Rows that the app or the mapping refuses were none of the packet's. */
async function isSame(
  render: () => AsyncIterable<Uint8Array>,
  bytes: AsyncIterable<Uint8Array>,
): Promise<boolean> {
  try {
    return await sameBytes(render(), bytes);
  } catch (error) {
    if (error instanceof BodyStreamError && isOfRows(error.failure)) return false;
    throw error;
  }
}

const isOfRows = (failure: SyncFailure): boolean =>
  failure.kind === 'rejected' && (failure.code === 'snapshot' || failure.code === APP_MODEL);

async function* bytesOf({ bodies }: Known, list: PacketList): AsyncIterable<Uint8Array> {
  const encoder = new TextEncoder();
  for (const part of partsOf(list.text) ?? [])
    if ('text' in part) yield encoder.encode(part.text);
    else yield* bodies.open(part.segment);
}

async function* nothing(): AsyncIterable<Uint8Array> {
  // A table without rows is no part of a packet.
}

function failureOf(
  { user, wrong }: Difference,
  code: AuditCode,
): SyncFailure & { readonly kind: 'rejected' } {
  const tables = [...new Set(wrong.map(({ entity }) => entity.entity))];
  return {
    kind: 'rejected',
    code,
    where: tables.join(', '),
    message: user.name,
  };
}

function shuffled<T>(given: readonly T[], random: () => number): readonly T[] {
  return given
    .map((one) => ({ one, at: random() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ one }) => one);
}
