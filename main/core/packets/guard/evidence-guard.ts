import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { dateTimeText, localTimeAt, type Instant } from '../../../../shared/model/time.ts';
import type {
  Evidence,
  NotedEvidence,
  ReportedSeries,
  SeenSeries,
  UnreadPacket,
} from '../../queue/evidence-store.ts';
import type { Item } from '../../queue/item.ts';
import type { Pause } from '../../queue/queue-store.ts';
import { durablySync } from '../../runtime/runtime.ts';
import { foreignPacket } from '../apply/apply-decisions.ts';
import { collectPacket } from '../codec/collect-packet.ts';
import { APPLY_LIMITS } from '../codec/packet.ts';
import type { LinkParts } from '../link-parts.ts';
import { decide, isUser, type Suspicion } from './decide.ts';
import { withNumber, withReport, withSaid, without } from './note.ts';
import { numbersOf, shownNumber, type GivenNumber, type GivenReport } from './numbers.ts';

/** A `rejected` failure with this code: somebody else takes packets from the area, or gives phones their data. */
export const ANOTHER_CLIENT = 'another-client';

/** Packets looked through in one go. */
const BATCH = 200;
/** Numbers the ERP is asked for at one look; what is beyond counts as missing. */
const MOST_ASKED = 100;
/** Cases named to people, the rest is counted. */
const MOST_NAMED = 5;

type Looked = Item & { readonly numbers: readonly GivenNumber[]; readonly reports: readonly GivenReport[] };

/**
 * Looks for what another client on the same area leaves behind, and stops the link then. All it knows is in the store. It
 * counts time only between two looks at a cloud that was seen drained: neither a clock that was set nor a rest makes a packet
 * that is still on its way look stolen.
 */
export class EvidenceGuard {
  readonly #parts: LinkParts;
  /** When the last look was, by the clock nobody can set; undefined: time does not count until the next one. */
  #lookedAt: number | undefined;

  constructor(parts: LinkParts) {
    this.#parts = parts;
  }

  /** The cloud was not seen drained, or not looked at: what is missing may still be there. */
  rest(): void {
    this.#lookedAt = undefined;
  }

  /** After everything that waited was pulled. What it finds is returned, and the link is paused. */
  async look(signal: AbortSignal): Promise<SyncFailure | undefined> {
    const { store, link, runtime, policy, log } = this.#parts;
    if (policy.guard === undefined) return undefined;
    const mono = runtime.monotonic();
    const clock = store.evidence(link).clock + Math.max(0, Math.round(mono - (this.#lookedAt ?? mono)));
    this.#lookedAt = mono;
    await this.#noteNew(clock, signal);
    const found = signal.aborted ? [] : await this.#decide(clock, signal);
    if (found.length === 0) return undefined;
    const failure = this.#failureOf(found);
    store.setPause({ link, by: 'program', since: runtime.wall(), reason: ANOTHER_CLIENT, failure });
    log.warn('another client is at work', { cases: found.length });
    return failure;
  }

  /** A person resumes the link: what it was paused for is known, and not told again. Idempotent. */
  accept(pause: Pause | undefined): void {
    this.rest();
    const { store, link, policy } = this.#parts;
    if (pause?.failure?.kind !== 'rejected' || pause.failure.code !== ANOTHER_CLIENT) return;
    if (policy.guard === undefined) return;
    const evidence = store.evidence(link);
    const found = decide(evidence, evidence.clock, policy.guard, this.#givenBack);
    const series = found.flatMap((one) =>
      one.kind === 'missing'
        ? {
            ...one.series,
            gaps: one.ranges.reduce((gaps, { low, high }) => without(gaps, low, high), one.series.gaps),
          }
        : [],
    );
    const reports = found.flatMap((one): ReportedSeries[] => {
      if (one.kind !== 'went-back' || one.report.back === undefined) return [];
      const { back, ...report } = one.report;
      return [{ ...report, highest: back.current }];
    });
    this.#write({ clock: evidence.clock, series, reports, unread: [], read: [] });
  }

  /** Looks through what came since the last look, whether it was applied, parked or waits. */
  async #noteNew(clock: number, signal: AbortSignal): Promise<void> {
    const { store, link } = this.#parts;
    for (;;) {
      const items = store.notLookedThrough(link, BATCH);
      const looked: Looked[] = [];
      const unread = items.length < BATCH ? [...this.#announced(clock)] : [];
      for (const item of items) {
        const given = await this.#read(item, signal);
        if (signal.aborted) return;
        if (given === undefined) unread.push({ user: item.user, packetId: item.externalId, seen: clock });
        else looked.push({ ...item, ...given });
      }
      this.#write({
        clock,
        upTo: items.at(-1)?.id,
        ...this.#changed(looked, clock),
        unread,
        read: looked.map(({ externalId }) => externalId),
      });
      if (items.length < BATCH) return;
    }
  }

  #changed(looked: readonly Looked[], clock: number): Pick<NotedEvidence, 'series' | 'reports'> {
    const { store, link, runtime, policy } = this.#parts;
    const now = { clock, wall: runtime.wall(), detourMs: policy.guard?.gapMs ?? 0 };
    const known = store.evidence(link);
    const series = new Map(known.series.map((one) => [seriesKey(one), one]));
    const reports = new Map(known.reports.map((one) => [reportKey(one), one]));
    const changed = new Set<string>();
    const reported = new Set<string>();
    // In the order in which they were given: what came together has no gaps that it fills itself.
    const numbers = looked
      .flatMap(({ user, numbers: given }) => given.map((one) => ({ ...one, user })))
      .toSorted((a, b) => a.number - b.number);
    for (const one of numbers) {
      const key = seriesKey(one);
      series.set(key, withNumber(series.get(key), one, now));
      changed.add(key);
    }
    for (const { user, reports: given } of looked)
      for (const one of given) {
        const key = reportKey({ ...one, user });
        reports.set(key, withSaid(reports.get(key), one, user, now));
        reported.add(key);
        const of = seriesOf([...series.values()], user, one);
        if (of === undefined) continue;
        series.set(seriesKey(of), withReport(of, one.current, now));
        changed.add(seriesKey(of));
      }
    return {
      series: [...series].flatMap(([key, one]) => (changed.has(key) ? one : [])),
      reports: [...reports].flatMap(([key, one]) => (reported.has(key) ? one : [])),
    };
  }

  /** Listed and not here: they may hold any number. */
  #announced(clock: number): readonly UnreadPacket[] {
    const { store, link } = this.#parts;
    return store
      .openListings(link)
      .filter(({ queue }) => queue === 'packet')
      .flatMap(({ entries }) =>
        entries.flatMap(({ entry, items }) =>
          items.length === 0 ? { user: entry.user, packetId: entry.id, seen: clock } : [],
        ),
      );
  }

  async #read(item: Item, signal: AbortSignal): Promise<ReturnType<typeof numbersOf> | undefined> {
    const { bodies, runtime, mapping, companies } = this.#parts;
    const packet = await collectPacket(bodies.open(item.body), {
      runtime,
      signal,
      limits: APPLY_LIMITS,
      size: item.body.size,
    }).catch(
      // A body that is lost or damaged throws while it is read.
      () => undefined,
    );
    if (packet === undefined || !packet.ok) return undefined;
    if (foreignPacket(item, packet.value.user, companies) !== undefined) return undefined;
    return numbersOf(packet.value, mapping);
  }

  async #decide(clock: number, signal: AbortSignal): Promise<readonly Suspicion[]> {
    const { store, link, policy } = this.#parts;
    if (policy.guard === undefined) return [];
    const found = decide(store.evidence(link), clock, policy.guard, this.#givenBack);
    if (found.every(({ kind }) => kind !== 'missing')) return found;
    // A store that was restored does not know what it took, nor what another agent of this site took: the ledger does.
    const known = await this.#inTheLedger(found, signal);
    if (known === undefined) return [];
    this.#write({ clock, series: known, reports: [], unread: [], read: [] });
    return decide(store.evidence(link), clock, policy.guard, this.#givenBack);
  }

  /** The series without the numbers that the ERP has after all; undefined when it does not answer. */
  async #inTheLedger(
    found: readonly Suspicion[],
    signal: AbortSignal,
  ): Promise<readonly SeenSeries[] | undefined> {
    const { erp, source } = this.#parts;
    let asked = 0;
    const changed: SeenSeries[] = [];
    for (const one of found) {
      if (one.kind !== 'missing') continue;
      let { series } = one;
      for (const { low, high } of one.ranges)
        for (let number = low; number <= high && asked < MOST_ASKED; number += 1, asked += 1) {
          const there = await erp.writer.documentKnown(
            source,
            series.document,
            shownNumber(series, number),
            signal,
          );
          if (!there.ok) return undefined;
          if (there.value) series = { ...series, gaps: without(series.gaps, number, number) };
        }
      if (series !== one.series) changed.push(series);
    }
    return changed;
  }

  /** Our own snapshots told the user's device since then how far its series are. */
  readonly #givenBack = (user: string, since: Instant): boolean => {
    const { store, link, mapping } = this.#parts;
    const gives = mapping.push.entities.some(
      ({ from }) => 'select' in from && LEDGER_SERIES.test(from.select),
    );
    const accepted = store.lastAccepted(link, user);
    return gives && accepted !== undefined && accepted.acceptedAt >= since;
  };

  #failureOf(found: readonly Suspicion[]): SyncFailure {
    const { zones } = this.#parts;
    const users = [
      ...new Set(found.map((one) => (one.kind === 'missing' ? one.series.user : one.report.user))),
    ];
    const since = Math.min(...found.map((one) => (one.kind === 'missing' ? one.since : one.report.at)));
    const cases = found.slice(0, MOST_NAMED).map(inWords);
    const more = found.length - cases.length;
    return {
      kind: 'rejected',
      code: ANOTHER_CLIENT,
      where: users.join(', '),
      field: dateTimeText(localTimeAt(since, zones.erp)).slice(0, 16).replace('T', ' '),
      message: more > 0 ? `${cases.join('; ')}; ${more} more` : cases.join('; '),
    };
  }

  #write(noted: NotedEvidence): void {
    const { store, link, runtime } = this.#parts;
    durablySync(runtime, 'guard.note', () => store.noteEvidence(link, noted));
  }
}

/** A SELECT of the mapping that reads how far devices have used their series. */
const LEDGER_SERIES = /\.\s*\[?series\b/i;

const seriesKey = (one: Pick<SeenSeries, 'user' | 'entity' | 'kind' | 'prefix'>): string =>
  JSON.stringify([one.user.toLowerCase(), one.entity, one.kind, one.prefix]);
const reportKey = (one: Pick<ReportedSeries, 'user' | 'entity' | 'kind'>): string =>
  JSON.stringify([one.user.toLowerCase(), one.entity, one.kind]);

/** The series a report is about: the one whose numbers came last, where its prefix was changed. */
function seriesOf(
  known: Evidence['series'],
  user: string,
  { entity, kind }: GivenReport,
): SeenSeries | undefined {
  const ofTable = known.filter((one) => isUser(one.user, user) && one.entity === entity);
  const ofKind = ofTable.filter((one) => one.kind === kind);
  const [newest] = ofKind.toSorted((a, b) => b.topAt - a.topAt || b.top - a.top);
  return newest;
}

function inWords(one: Suspicion): string {
  if (one.kind === 'went-back') {
    const { entity, kind, highest, back, user } = one.report;
    return `${user}: ${[entity, kind].filter(Boolean).join('/')} went back from ${highest} to ${back?.current ?? 0}`;
  }
  const { series, ranges } = one;
  const texts = ranges
    .slice(0, MOST_NAMED)
    .map(({ low, high }) =>
      low === high ? shownNumber(series, low) : `${shownNumber(series, low)} to ${shownNumber(series, high)}`,
    );
  const more = ranges.length - texts.length;
  return `${series.user}: ${series.document} ${texts.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
