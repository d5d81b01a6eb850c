import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../../main/desktop/agent/decide.ts';
import {
  DEAF_MS,
  HEALTH_MS,
  HUNG_MS,
  QUIT_MS,
  REST_MS,
  SILENT_MS,
  initialState,
  restMs,
  wakeAt,
  type KeeperAction,
  type KeeperEvent,
  type KeeperState,
} from '../../../main/desktop/agent/keeper-state.ts';

/** Plays events at times and keeps what came of them. */
class Play {
  state: KeeperState = initialState;
  now = 1_000;
  readonly done: (readonly [number, KeeperAction['kind']])[] = [];

  step(event: KeeperEvent): readonly KeeperAction['kind'][] {
    const { state, actions } = decide(this.state, event, this.now);
    this.state = state;
    for (const action of actions) this.done.push([this.now, action.kind]);
    return actions.map((action) => action.kind);
  }

  /** Lets time pass to the next thing it waits for. */
  wake(): readonly KeeperAction['kind'][] {
    this.now = Math.max(this.now, wakeAt(this.state) ?? Infinity);
    return this.step({ kind: 'tick' });
  }

  live(): this {
    this.step({ kind: 'begin' });
    this.step({ kind: 'connected', own: false });
    this.step({ kind: 'heard' });
    return this;
  }

  liveOnOwn(): this {
    this.step({ kind: 'begin' });
    this.step({ kind: 'not-connected', why: 'no-agent' });
    this.wake();
    this.step({ kind: 'connected', own: true });
    this.step({ kind: 'heard' });
    return this;
  }
}

describe('the keeper of the agent', () => {
  it('joins an agent that runs, and starts none', () => {
    const play = new Play();
    expect(play.step({ kind: 'begin' })).toEqual(['connect']);
    expect(play.step({ kind: 'connected', own: false })).toEqual([]);
    expect(play.step({ kind: 'heard' })).toEqual(['tell']);
    expect(play.state).toMatchObject({ own: false, told: { state: 'live' } });
  });

  it('starts one where nobody is, and looks for it until it answers', () => {
    const play = new Play();
    play.step({ kind: 'begin' });
    expect(play.step({ kind: 'not-connected', why: 'no-agent' })).toEqual(['start']);
    expect(play.wake()).toEqual(['connect']);
    expect(play.step({ kind: 'not-connected', why: 'no-agent' })).toEqual([]);
    expect(play.wake()).toEqual(['connect']);
    play.step({ kind: 'connected', own: false });
    expect(play.step({ kind: 'heard' })).toEqual(['tell']);
    expect(play.state.own).toBe(true);
  });

  it('is not live before something was heard', () => {
    const play = new Play();
    play.step({ kind: 'begin' });
    play.step({ kind: 'connected', own: false });
    expect(play.state.told.state).not.toBe('live');
  });

  it('rests longer after each end, at most a minute, and forgets that after five good minutes', () => {
    expect([1, 2, 3, 6, 7, 50].map(restMs)).toEqual([1_000, 2_000, 4_000, 32_000, 60_000, 60_000]);
    const play = new Play().liveOnOwn();
    play.step({ kind: 'ended', code: 1 });
    expect(wakeAt(play.state)).toBe(play.now + 1_000);
    expect(play.wake()).toEqual(['connect']);
    expect(play.step({ kind: 'not-connected', why: 'no-agent' })).toContain('start');
    play.step({ kind: 'ended', code: 1 });
    expect(wakeAt(play.state)).toBe(play.now + 2_000);
    play.wake();
    play.step({ kind: 'not-connected', why: 'no-agent' });
    play.wake();
    play.step({ kind: 'connected', own: true });
    play.now += HEALTH_MS;
    play.step({ kind: 'heard' });
    play.step({ kind: 'ended', code: 1 });
    expect(wakeAt(play.state)).toBe(play.now + 1_000);
  });

  it('looks on the pipe when another agent has the folder', () => {
    const play = new Play();
    play.step({ kind: 'begin' });
    play.step({ kind: 'not-connected', why: 'no-agent' });
    play.step({ kind: 'ended', code: 4 });
    expect(play.state.told).toEqual({ state: 'lost', reason: { kind: 'owned' } });
    expect(play.wake()).toEqual(['connect']);
    play.step({ kind: 'connected', own: false });
    play.step({ kind: 'heard' });
    expect(play.state).toMatchObject({ own: false, told: { state: 'live' } });
  });

  it('stays with the agent that was first when its own comes second', () => {
    const play = new Play();
    play.step({ kind: 'begin' });
    play.step({ kind: 'not-connected', why: 'no-agent' });
    play.wake();
    play.step({ kind: 'connected', own: false });
    play.step({ kind: 'heard' });
    expect(play.step({ kind: 'ended', code: 4 })).toEqual([]);
    expect(play.state).toMatchObject({ own: false, connected: true, told: { state: 'live' } });
  });

  it('takes over when the session that had the agent ends', () => {
    const play = new Play().live();
    expect(play.step({ kind: 'disconnected' })).toEqual(['connect', 'tell']);
    expect(play.step({ kind: 'not-connected', why: 'no-agent' })).toEqual(['start', 'tell']);
  });

  it.each(['stranger', 'other-version', 'silent'] as const)('starts nothing beside a %s', (why) => {
    const play = new Play();
    play.step({ kind: 'begin' });
    for (let times = 0; times < 5; times += 1) {
      expect(play.step({ kind: 'not-connected', why })).not.toContain('start');
      expect(play.state.told).toEqual({ state: 'lost', reason: { kind: why } });
      play.wake();
    }
  });

  it('knows nothing after a sleep until something is heard', () => {
    const play = new Play().live();
    play.step({ kind: 'resumed' });
    expect(play.state.told).toEqual({ state: 'lost', reason: { kind: 'resumed' } });
    play.step({ kind: 'heard' });
    expect(play.state.told).toEqual({ state: 'live' });
  });

  it('says that it hears nothing, connects anew later, and ends its own when that does not help', () => {
    const play = new Play().liveOnOwn();
    const from = play.now;
    play.wake();
    expect([play.now - from, play.state.told.state]).toEqual([SILENT_MS, 'lost']);
    expect(play.wake()).toEqual(['disconnect', 'connect']);
    expect(play.now - from).toBe(DEAF_MS);
    while (!play.done.some(([, kind]) => kind === 'kill')) {
      if (play.state.connecting) play.step({ kind: 'not-connected', why: 'silent' });
      play.wake();
    }
    expect(play.now - from).toBeLessThanOrEqual(HUNG_MS + 1_000);
  });

  it('asks its own agent to end, waits ten seconds, then ends it by its handle', () => {
    const play = new Play().liveOnOwn();
    expect(play.step({ kind: 'quit' })).toEqual(['ask-to-end']);
    const asked = play.now;
    expect(play.wake()).toEqual(['kill', 'leave']);
    expect(play.now - asked).toBe(QUIT_MS);
    expect(play.step({ kind: 'quit' })).toEqual([]);
  });

  it('leaves when its agent has ended, and at once when the agent is not its own', () => {
    const own = new Play().liveOnOwn();
    own.step({ kind: 'quit' });
    expect(own.step({ kind: 'ended', code: 0 })).toEqual(['leave']);
    const other = new Play().live();
    expect(other.step({ kind: 'quit' })).toEqual(['disconnect', 'leave']);
  });

  it('never asks an agent to end that is not its own', () => {
    const play = new Play();
    play.step({ kind: 'begin' });
    play.step({ kind: 'not-connected', why: 'no-agent' });
    play.wake();
    play.step({ kind: 'connected', own: false });
    expect(play.step({ kind: 'quit' })).toEqual(['kill', 'disconnect']);
    expect(play.step({ kind: 'ended', code: 137 })).toEqual(['leave']);
  });

  it('never starts a second agent, is always back within its rest, and quits within the deadline', () => {
    const move = fc.oneof(
      { weight: 4, arbitrary: fc.record({ do: fc.constant('wake' as const) }) },
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('answer' as const),
          as: fc.constantFrom('connected', 'no-agent', 'stranger', 'other-version', 'silent'),
          own: fc.boolean(),
        }),
      },
      { weight: 3, arbitrary: fc.record({ do: fc.constant('hear' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('cut' as const) }) },
      {
        weight: 3,
        arbitrary: fc.record({ do: fc.constant('end' as const), code: fc.constantFrom(0, 1, 2, 4, 137) }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.nat(400_000) }) },
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 120 }), (moves) => {
        const play = new Play();
        // What is really there, as far as the keeper's own doing goes.
        let process = false;
        let connected = false;
        let asking = false;
        const take = (kinds: readonly KeeperAction['kind'][]): void => {
          for (const kind of kinds) {
            if (kind === 'start') {
              expect(process, 'a second agent').toBe(false);
              process = true;
            }
            if (kind === 'connect') {
              expect(asking, 'two attempts at once').toBe(false);
              asking = true;
            }
            if (kind === 'disconnect') connected = false;
          }
        };
        take(play.step({ kind: 'begin' }));
        for (const one of moves) {
          const due = wakeAt(play.state);
          // Something always comes: an answer that is awaited, or a time not further than it may be.
          const most = play.state.phase.at === 'resting' ? REST_MS.most : HUNG_MS;
          if (!asking) expect((due ?? Infinity) - play.now).toBeLessThanOrEqual(most);
          if (one.do === 'wake' && due !== undefined && due !== Infinity) take(play.wake());
          if (one.do === 'answer' && asking) {
            asking = false;
            if (one.as === 'connected') {
              connected = true;
              take(play.step({ kind: 'connected', own: process && one.own }));
            } else take(play.step({ kind: 'not-connected', why: one.as as 'no-agent' }));
          }
          if (one.do === 'hear' && connected) take(play.step({ kind: 'heard' }));
          if (one.do === 'cut' && connected) {
            connected = false;
            take(play.step({ kind: 'disconnected' }));
          }
          if (one.do === 'end' && process) {
            process = false;
            take(play.step({ kind: 'ended', code: one.code }));
          }
          if (one.do === 'sleep') take(play.step({ kind: 'resumed' }));
          // A timer fires when its time has come, so time cannot pass it by.
          if (one.do === 'pass') play.now = Math.min(play.now + one.ms, Math.max(play.now, due ?? Infinity));
          expect(play.state.own).toBe(process);
          if (play.state.told.state === 'live') expect(connected).toBe(true);
        }
        const asked = play.now;
        let left = play.step({ kind: 'quit' }).includes('leave');
        while (!left) left = play.wake().includes('leave');
        expect(play.now - asked).toBeLessThanOrEqual(QUIT_MS);
        expect(wakeAt(play.state)).toBeUndefined();
        // It ends what it started, and starts nothing any more.
        const afterwards = play.done.filter(([at]) => at >= asked).map(([, kind]) => kind);
        if (process) expect(afterwards.some((kind) => kind === 'kill' || kind === 'ask-to-end')).toBe(true);
        for (const event of [
          { kind: 'tick' },
          { kind: 'connected', own: true },
          { kind: 'resumed' },
        ] as const)
          expect(play.step(event)).not.toContain('start');
      }),
      { numRuns: 2_000 },
    );
  });
});
