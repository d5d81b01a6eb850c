import { expect, test } from 'vitest';
import { EvidenceGuard } from '../../../main/core/packets/guard/evidence-guard.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { linkBench, COMPANY, packet, type LinkBench } from '../../support/link-bench.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { body, entry, listing } from '../sqlite/sample.ts';

const MINUTE = 60_000;
const CYCLE = 5 * MINUTE;
const GAP = 30 * MINUTE;
const never = new AbortController().signal;

interface Sent {
  readonly id: string;
  readonly user: string;
  readonly number: number;
  readonly xml: string;
  readonly arrives: number;
  readonly fate: 'stored' | 'parked' | 'twice' | 'unreadable' | 'body lost' | 'stolen';
}

/** An hour and a half of two phones: what they send, and when it can be pulled. Packets overtake one another by up to 29 minutes. */
function day(seed: number, theft: number): { readonly sent: readonly Sent[]; readonly random: () => number } {
  const random = seededRandom(seed);
  const thiefFrom = theft === 0 ? Infinity : 10 * MINUTE + Math.floor(random() * 30 * MINUTE);
  const sent: Sent[] = [];
  for (const user of ['anna', 'bob']) {
    let number = 1 + Math.floor(random() * 900);
    let prefix = 'SO-';
    for (let at = 0; at < 90 * MINUTE; at += Math.floor(random() * 12 * MINUTE)) {
      if (theft === 0 && random() < 0.03) {
        // The office gives the phone another series.
        if (random() < 0.5) number += 1_000;
        else {
          prefix = `S${at}-`;
          number = 1 + Math.floor(random() * number);
        }
      }
      const id = `${user}-${prefix}${number}`;
      const chance = random();
      const fate =
        at >= thiefFrom && random() < theft
          ? 'stolen'
          : chance < 0.7
            ? 'stored'
            : chance < 0.8
              ? 'parked'
              : chance < 0.9 || theft > 0
                ? 'twice'
                : chance < 0.95
                  ? 'unreadable'
                  : 'body lost';
      const late = random() < 0.4 ? Math.floor(random() * 29 * MINUTE) : 0;
      const no = `${prefix}${String(number).padStart(6, '0')}`;
      const xml = packet('SalesHeader', `row-${id}`, { no }, user);
      sent.push({ id, user, number, xml, arrives: at + late, fate });
      number += 1;
    }
  }
  return { sent, random };
}

/** Plays a history on a link of its own; when the alarm came, if it did, and by when it had to. */
async function play(
  b: LinkBench,
  seed: number,
  theft: number,
): Promise<{ readonly alarm: number | undefined; readonly due: number | undefined; readonly says: string }> {
  const { store, runtime, link: bench } = b;
  const { sent, random } = day(seed, theft);
  const link = linkId(`h${seed}-${theft > 0 ? 't' : 'q'}`);
  const parts = {
    ...bench.parts,
    link,
    policy: { ...bench.parts.policy, guard: { gapMs: GAP, tolerated: 0 } },
  };
  const here = new Map<string, Sent[]>();
  let guard = new EvidenceGuard(parts);
  let due: number | undefined;
  for (let now = CYCLE; now <= 150 * MINUTE; now += CYCLE) {
    await runtime.advance(CYCLE);
    if (theft === 0 && random() < 0.05) guard = new EvidenceGuard(parts);
    if (random() < 0.05) runtime.clock.jumpWall(Math.floor((random() - 0.7) * 3_600_000));
    const arrived = sent.filter((one) => one.arrives > now - CYCLE && one.arrives <= now);
    for (const one of arrived.toSorted(() => random() - 0.5)) {
      if (one.fate === 'stolen') continue;
      const listed = entry(one.id, `${one.id}-1`, one.user);
      if (one.fate === 'body lost') {
        store.rememberListing(link, listing(listed), runtime.wall());
        continue;
      }
      const bytes = body(one.fate === 'unreadable' ? '<NavMobileSync><table' : one.xml);
      const item = {
        link,
        direction: 'in' as const,
        externalId: one.id,
        user: one.user,
        company: COMPANY,
        label: '',
        body: bytes,
      };
      const at = { queue: 'packet' as const, entry: listed };
      const kept = store.storePacket(item, at, undefined, runtime.wall());
      if (one.fate === 'twice') store.storePacket(item, at, undefined, runtime.wall());
      if (one.fate === 'parked') store.park(kept.id, { kind: 'person', note: '' }, runtime.wall());
      const series = `${one.user} ${one.id.replace(/\d+$/, '')}`;
      here.set(series, [...(here.get(series) ?? []), one]);
    }
    await guard.look(never);
    due ??= sent.some((one) => {
      const others = here.get(`${one.user} ${one.id.replace(/\d+$/, '')}`) ?? [];
      const firstHere = others[0]?.number ?? Infinity;
      return (
        one.fate === 'stolen' && one.number > firstHere && others.some(({ number }) => number > one.number)
      );
    })
      ? now + GAP + CYCLE
      : undefined;
    const pause = store.pause(link);
    if (pause !== undefined) return { alarm: now, due, says: JSON.stringify(pause.failure) };
  }
  return { alarm: undefined, due, says: '' };
}

test('300 histories of one client raise no alarm: late, shuffled, doubled, parked, lost, restarted, clocks set', async () => {
  const b = linkBench(temporaryFolder());
  for (let seed = 1; seed <= 300; seed += 1) {
    const { alarm, says } = await play(b, seed, 0);
    expect([seed, alarm, says]).toEqual([seed, undefined, '']);
  }
  b.close();
}, 240_000);

test('with a thief the alarm comes within half an hour and a cycle of the number that shows it', async () => {
  const b = linkBench(temporaryFolder());
  let alarms = 0;
  for (let seed = 1; seed <= 100; seed += 1) {
    const { alarm, due } = await play(b, seed, 0.5);
    if (alarm === undefined) expect([seed, due === undefined || due > 150 * MINUTE]).toEqual([seed, true]);
    else {
      expect([seed, due === undefined || alarm <= due]).toEqual([seed, true]);
      alarms += 1;
    }
  }
  expect(alarms).toBeGreaterThan(80);
  b.close();
}, 240_000);
