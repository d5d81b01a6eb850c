import {
  DEAF_MS,
  HEALTH_MS,
  HUNG_MS,
  QUIT_MS,
  SILENT_MS,
  restMs,
  type Decision,
  type KeeperAction,
  type KeeperEvent,
  type KeeperState,
  type Phase,
  type Reason,
} from './keeper-state.ts';

/** Another agent owns the site, as the command line says it. */
const OWNED = 4;

/** Between two looks at the pipe while an agent starts: its start takes about two seconds. */
const LOOK_MS = 250;
/** Another one has the folder and will open its pipe soon: it is looked for more often. */
const MOST_REST_MS: { readonly [K in Reason['kind']]?: number } = { owned: 10_000 };

/**
 * What the desktop program does about the agent, as a pure function.
 *
 *            connected                     quiet for long, or the pipe ends
 *   seeking ───────────▶ live ──────────────────────────────▶ seeking
 *      │ nobody there, no process of ours      ▲
 *      ▼                                       │ connected
 *   starting ──────────────────────────────────┘
 *      │ the process ended: rest (1 s, 2 s … 60 s), then seek again
 *      ▼
 *   resting ──▶ seeking                    quit: any ──▶ quitting ──▶ gone
 *
 * Times are milliseconds of one clock that never goes back. Two programs may decide to start an agent at the same instant:
 * the data folder's lock lets one of them live, the other ends with code 4 and its viewer finds the first on the pipe.
 */
export function decide(before: KeeperState, event: KeeperEvent, now: number): Decision {
  const actions: KeeperAction[] = [];
  const after = next(before, event, now, (action) => actions.push(action));
  if (after.told.state !== before.told.state || !sameReason(after.told.reason, before.told.reason))
    actions.push({ kind: 'tell', told: after.told });
  return { state: after, actions };
}

type Act = (action: KeeperAction) => void;

function next(s: KeeperState, event: KeeperEvent, now: number, act: Act): KeeperState {
  if (s.phase.at === 'gone') return s;
  if (s.phase.at === 'quitting') return quitting(s, s.phase, event, now, act);
  switch (event.kind) {
    case 'begin':
      return seek(s, now, act);
    case 'connected':
      return {
        ...s,
        phase: { at: 'live' },
        connecting: false,
        connected: true,
        toOwn: s.own && event.own,
        liveAt: now,
        // Not `live` yet: nothing was heard.
        heardAt: now,
      };
    case 'not-connected':
      return notConnected({ ...s, connecting: false }, event.why, now, act);
    case 'heard':
      if (!s.connected) return s;
      return {
        ...s,
        heardAt: now,
        failures: now - s.liveAt >= HEALTH_MS ? 0 : s.failures,
        told: { state: 'live' },
      };
    case 'disconnected':
      return lost({ ...s, connected: false }, now, act);
    case 'ended':
      return ended({ ...s, own: false }, event.code, now, act);
    case 'resumed':
      return resumed(s, now);
    case 'quit':
      return quit(s, now, act);
    case 'tick':
      return tick(s, now, act);
    default:
      return event satisfies never;
  }
}

function seek(s: KeeperState, now: number, act: Act): KeeperState {
  if (!s.connecting) act({ kind: 'connect' });
  return { ...s, phase: { at: s.own ? 'starting' : 'seeking', next: now }, connecting: true };
}

function notConnected(
  s: KeeperState,
  why: Extract<KeeperEvent, { kind: 'not-connected' }>['why'],
  now: number,
  act: Act,
): KeeperState {
  if (s.phase.at === 'resting') return s;
  // Our process is there and does not listen yet, or is on its way out.
  if (s.own) return { ...s, phase: { at: 'starting', next: now + LOOK_MS } };
  if (why === 'no-agent') {
    act({ kind: 'start' });
    return {
      ...s,
      own: true,
      startedAt: now,
      phase: { at: 'starting', next: now + LOOK_MS },
      told: { state: 'starting', reason: s.told.reason },
    };
  }
  // Somebody is there whom we cannot talk to: a second agent would not get the folder.
  return rest(s, { kind: why }, now);
}

const rest = (s: KeeperState, reason: Reason, now: number): KeeperState => {
  const failures = s.failures + 1;
  return {
    ...s,
    failures,
    phase: { at: 'resting', until: now + Math.min(restMs(failures), MOST_REST_MS[reason.kind] ?? Infinity) },
    told: { state: 'lost', reason },
  };
};

function lost(s: KeeperState, now: number, act: Act): KeeperState {
  if (s.phase.at !== 'live') return s;
  return seek({ ...s, told: { state: 'lost' } }, now, act);
}

function ended(s: KeeperState, code: number, now: number, act: Act): KeeperState {
  // Ours came second; the one we talk to is the one that owns the site.
  if (s.connected && !s.toOwn) return s;
  const well = s.connected && now - s.liveAt >= HEALTH_MS;
  if (s.connected) act({ kind: 'disconnect' });
  const reason: Reason = code === OWNED ? { kind: 'owned' } : { kind: 'ended', code };
  return rest({ ...s, connected: false, failures: well ? 0 : s.failures }, reason, now);
}

/** Whatever was known is from before the sleep. */
const resumed = (s: KeeperState, now: number): KeeperState => ({
  ...s,
  heardAt: now,
  liveAt: s.connected ? now : s.liveAt,
  phase:
    s.phase.at === 'resting' || s.phase.at === 'seeking' || s.phase.at === 'starting'
      ? dueNow(s.phase, now)
      : s.phase,
  told: s.told.state === 'live' ? { state: 'lost', reason: { kind: 'resumed' } } : s.told,
});

const dueNow = (phase: Phase, now: number): Phase =>
  phase.at === 'resting'
    ? { at: 'resting', until: now }
    : phase.at === 'seeking' || phase.at === 'starting'
      ? { ...phase, next: now }
      : phase;

function tick(s: KeeperState, now: number, act: Act): KeeperState {
  const hung = s.own && now - Math.max(s.startedAt, s.heardAt) >= HUNG_MS;
  if (hung) {
    act({ kind: 'kill' });
    // It is seen to end; until then it is not ended twice.
    return { ...s, startedAt: now };
  }
  switch (s.phase.at) {
    case 'seeking':
    case 'starting':
      return s.connecting || now < s.phase.next ? s : seek(s, now, act);
    case 'resting':
      return now < s.phase.until ? s : seek(s, now, act);
    case 'live': {
      if (now - s.heardAt >= DEAF_MS) {
        act({ kind: 'disconnect' });
        return seek(
          { ...s, connected: false, told: { state: 'lost', reason: { kind: 'silent' } } },
          now,
          act,
        );
      }
      return now - s.heardAt >= SILENT_MS && s.told.state === 'live'
        ? { ...s, told: { state: 'lost', reason: { kind: 'silent' } } }
        : s;
    }
    default:
      return s;
  }
}

function quit(s: KeeperState, now: number, act: Act): KeeperState {
  if (!s.own) {
    if (s.connected) act({ kind: 'disconnect' });
    act({ kind: 'leave' });
    return { ...s, connected: false, phase: { at: 'gone' } };
  }
  // Nobody of ours to ask: what has not opened its pipe has nothing to end in order.
  act({ kind: s.connected && s.toOwn ? 'ask-to-end' : 'kill' });
  if (s.connected && !s.toOwn) act({ kind: 'disconnect' });
  return {
    ...s,
    connected: s.connected && s.toOwn,
    phase: { at: 'quitting', deadline: now + QUIT_MS },
  };
}

function quitting(
  s: KeeperState,
  phase: Extract<Phase, { at: 'quitting' }>,
  event: KeeperEvent,
  now: number,
  act: Act,
): KeeperState {
  switch (event.kind) {
    case 'ended':
      act({ kind: 'leave' });
      return { ...s, own: false, connected: false, phase: { at: 'gone' } };
    case 'connected':
      act({ kind: 'disconnect' });
      return { ...s, connecting: false };
    case 'not-connected':
      return { ...s, connecting: false };
    case 'disconnected':
      return { ...s, connected: false };
    case 'tick':
      if (now < phase.deadline) return s;
      // The system takes the process's handle back with this program, so nobody waits for its end.
      act({ kind: 'kill' });
      act({ kind: 'leave' });
      return { ...s, phase: { at: 'gone' } };
    default:
      return s;
  }
}

const sameReason = (a: Reason | undefined, b: Reason | undefined): boolean =>
  JSON.stringify(a) === JSON.stringify(b);
