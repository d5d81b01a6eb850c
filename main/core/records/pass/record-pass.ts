import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import { SIDES } from '../record-store.ts';
import { carryOut } from './carry-out.ts';
import { decideEntity } from './decide-entity.ts';
import { firstReport } from './first-report.ts';
import { nominate } from './nominate.ts';
import {
  noCounts,
  type PassCounts,
  type PassEnd,
  type PassParts,
  type PassWish,
  type RunningEntity,
} from './pass-parts.ts';
import { runningEntities } from './running-entities.ts';
import { sweepAll } from './sweep.ts';

/**
 * One pass over all records of a link: what was open is finished, both sides name what changed, each record is decided by what
 * both hold now. Everything it knows is in the state, so it may be stopped or killed anywhere: the next one goes on.
 */
export async function recordPass(parts: PassParts, wish: PassWish, signal: AbortSignal): Promise<PassEnd> {
  const counts = noCounts();
  const known = await sameSides(parts, wish, signal);
  if (!known.ok) return { counts, failure: known.failure, stopped: [] };
  const described = await runningEntities(parts, signal);
  if (!described.ok) return { counts, failure: described.failure, stopped: [] };
  const { entities, stopped } = described.value;
  const confirmed = parts.state.firstConfirmed(parts.link) !== undefined;
  if (wish.dry === true || !confirmed) {
    const report = await firstReport(parts, entities, signal);
    if (!report.ok) return { counts, failure: report.failure, stopped };
    const failure = wish.dry === true ? undefined : NOT_CONFIRMED;
    return { counts, failure, stopped, report: report.value };
  }
  const before =
    (await finishOpen(parts, entities, counts, signal)) ?? (await nameAll(parts, entities, counts, signal));
  if (before !== undefined) return { counts, failure: before, stopped };
  const swept = wish.sweep === undefined ? undefined : await sweepAll(parts, entities, wish, counts, signal);
  // Too much missing stops deletions, and nothing else.
  if (swept !== undefined && swept.kind !== 'rejected') return { counts, failure: swept, stopped };
  const decided = await decideAll(parts, entities, wish, counts, signal);
  return { counts, failure: decided ?? swept, stopped };
}

const NOT_CONFIRMED: SyncFailure = {
  kind: 'rejected',
  code: 'first-sync-not-confirmed',
  message: 'nothing is written before a person has confirmed the report of the first synchronisation',
};

/** Cursors and pairs of another organisation or database would make one mass of the two. */
async function sameSides(
  { stores, state, link }: PassParts,
  { dry }: PassWish,
  signal: AbortSignal,
): Promise<Result<void>> {
  for (const side of SIDES) {
    const asked = await stores[side].identity(signal);
    if (!asked.ok) return asked;
    const facts = state.sideFacts(link, side);
    if (facts.identity === undefined) {
      if (dry !== true) state.keepSideFacts(link, side, { ...facts, identity: asked.value });
    } else if (facts.identity !== asked.value)
      return {
        ok: false,
        failure: {
          kind: 'rejected',
          code: 'other-side',
          where: side,
          message: `it is ${asked.value}, and records are paired with ${facts.identity}`,
        },
      };
  }
  return ok(undefined);
}

/** What was sent, or was about to be, when the last pass ended. */
async function finishOpen(
  parts: PassParts,
  entities: readonly RunningEntity[],
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const open = Map.groupBy(parts.state.openIntents(parts.link), ({ entity }) => entity);
  for (const entity of entities) {
    const intents = open.get(entity.plan.entity) ?? [];
    if (intents.length === 0) continue;
    const { failure } = await carryOut(parts, entity, intents, 'repeated', counts, signal);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function nameAll(
  parts: PassParts,
  entities: readonly RunningEntity[],
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const { stores, state, link } = parts;
  for (const side of SIDES) {
    const facts = state.sideFacts(link, side);
    const pulse = await stores[side].pulse(facts.pulse, signal);
    if (!pulse.ok) return pulse.failure;
    if (pulse.value.kind === 'behind')
      return {
        kind: 'rejected',
        code: 'side-set-back',
        where: side,
        message: `it is at ${pulse.value.value}, and was at ${facts.pulse ?? ''} before`,
      };
    if (pulse.value.kind === 'still') continue;
    for (const entity of entities) {
      const named = await nominate(parts, entity, side, counts, signal);
      if (!named.ok) return named.failure;
    }
    // Only when each entity came to its end, or the next pass would take the rest for unchanged.
    if (pulse.value.kind === 'moved') state.keepSideFacts(link, side, { ...facts, pulse: pulse.value.value });
  }
  return undefined;
}

async function decideAll(
  parts: PassParts,
  entities: readonly RunningEntity[],
  wish: PassWish,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  let failure: SyncFailure | undefined;
  for (const entity of entities) {
    const ended = await decideEntity(parts, entity, wish, counts, signal);
    // Too many of one entity is that entity's; a side that does not answer is everybody's.
    if (ended !== undefined && (ended.kind !== 'rejected' || ended.code === 'too-many-errors')) return ended;
    failure ??= ended;
  }
  return failure;
}
