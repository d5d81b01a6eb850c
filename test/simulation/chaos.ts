import type { SqlStrike, SqlWeather } from './sim-sql-server.ts';
import type { HttpWeather } from './sim-http.ts';

/** Everything that can go wrong, by name; the run counts how often each struck. */
export const FAULT_KINDS = [
  'agent-killed',
  'commit-answer-lost',
  'request-lost',
  'commit-lands-late',
  'deadlock-victim',
  'erp-away',
  'network-away',
  'cloud-error',
  'cloud-cut',
  'cloud-half-body',
  'cloud-lost-answer',
  'cloud-html',
  'cloud-throttles',
  'queue-shuffled',
  'clock-jump',
  'disk-full',
  'disk-forgets',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface Chaos {
  on: boolean;
  readonly sql: SqlWeather;
  readonly http: HttpWeather;
  readonly struck: ReadonlyMap<FaultKind, number>;
  note(kind: FaultKind): void;
}

/** Longest time the ERP or the network is away, in milliseconds. */
const AWAY_MS = 60_000;

/** Draws every fault from one random stream, so that a seed fixes all of them. */
export function createChaos(
  random: () => number,
  clock: { readonly now: () => number; readonly sleep: (ms: number) => Promise<void> },
): Chaos {
  const struck = new Map<FaultKind, number>();
  const note = (kind: FaultKind): void => {
    struck.set(kind, (struck.get(kind) ?? 0) + 1);
  };
  const travel = (): Promise<void> => clock.sleep(1 + Math.floor(random() * 40));
  const outage = (kind: FaultKind, share: number): (() => boolean) => {
    let until = 0;
    return () => {
      if (!chaos.on) return false;
      if (until <= clock.now() && random() < share) until = clock.now() + random() * AWAY_MS;
      if (until <= clock.now()) return false;
      note(kind);
      return true;
    };
  };
  const erpAway = outage('erp-away', 0.02);
  const networkAway = outage('network-away', 0.005);

  const sqlStrike = (text: string): SqlStrike => {
    if (!chaos.on) return 'none';
    const draw = random();
    const hit = (kind: FaultKind, strike: SqlStrike): SqlStrike => {
      note(kind);
      return strike;
    };
    if (draw < 0.015) return hit('request-lost', 'cut-before');
    if (!/\bCOMMIT\b/i.test(text)) return 'none';
    if (draw < 0.1) return hit('commit-answer-lost', 'cut-after');
    if (draw < 0.18) return hit('commit-lands-late', 'late');
    if (draw < 0.23) return hit('deadlock-victim', 'deadlock');
    return 'none';
  };

  const chaos: Chaos = {
    on: false,
    struck,
    note,
    sql: { travel, atConnect: () => (erpAway() ? 'down' : 'up'), atRequest: sqlStrike },
    http: { travel, atRequest: () => (networkAway() ? 'not-sent' : 'none') },
  };
  return chaos;
}
