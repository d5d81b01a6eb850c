import { describe, expect, it } from 'vitest';
import { LastingEvents } from '../../../main/agent/settings/lasting-events.ts';
import {
  SiteHost,
  type HostOptions,
  type Life,
  type LifeEnd,
  type LifeHandlers,
} from '../../../main/agent/settings/site-host.ts';
import { answer } from '../../../shared/contract/reply.ts';
import type { SiteEvent } from '../../../shared/contract/status.ts';
import { SiteDouble } from '../console/site-double.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';

/** Lives that write down what happens to them. `wrong` does not start. */
class Lives {
  readonly story: string[] = [];
  readonly doubles: SiteDouble[] = [];
  /** Ends of work that a test holds back. */
  hold: Promise<void> | undefined;
  #open = 0;

  build = async (name: string): Promise<Life> => {
    if (name === 'wrong') throw new Error('it does not start');
    this.#open += 1;
    if (this.#open > 1) this.story.push('TWO LIVES AT ONCE');
    this.story.push(`build ${name}`);
    const double = new SiteDouble();
    this.doubles.push(double);
    let stopped: () => void = () => undefined;
    const stop = new Promise<void>((resolve) => (stopped = resolve));
    return {
      events: double.events,
      handlers: double.handlers({
        resume: async () => answer({ resumed: [name] }),
        pause: async () => {
          await this.hold;
          if (this.#open === 0) throw new Error('the store is closed');
          return answer({ paused: [name] });
        },
      }) as LifeHandlers,
      work: async (): Promise<LifeEnd> => {
        await stop;
        this.story.push(`ended ${name}`);
        return { exitCode: 0, report: {} };
      },
      stop: () => stopped(),
      end: async () => {
        this.#open -= 1;
        this.story.push(`closed ${name}`);
      },
      secretChanged: async () => undefined,
    };
  };
}

async function started(lives: Lives, more: Partial<HostOptions<string>> = {}) {
  const runtime = createTestRuntime({ seed: 1 });
  const said: string[] = [];
  const say = (event: string): void => void said.push(event);
  const host = await SiteHost.start<string>(
    {
      runtime,
      build: lives.build,
      explain: (error) => [{ file: 'site.json', path: '', reason: (error as Error).message }],
      log: { info: say, warn: say, error: say },
      onLife: (name) => lives.story.push(`runs ${name}`),
      ...more,
    },
    'first',
  );
  return { host, runtime, said, end: host.run() };
}

describe('taking over', () => {
  it('ends the old life whole before the new one is built', async () => {
    const lives = new Lives();
    const { host, end } = await started(lives);
    expect(await host.takeOver('second', () => lives.story.push('undo'))).toEqual({ kind: 'taken-over' });
    expect(await host.handlers().resume({})).toEqual(answer({ resumed: ['second'] }));
    host.stop();
    expect(await end).toEqual({ exitCode: 0, report: {} });
    expect(lives.story).toEqual([
      'build first',
      'runs first',
      'ended first',
      'closed first',
      'build second',
      'runs second',
      'ended second',
      'closed second',
    ]);
  });

  it('puts the old settings back before they run again when the new ones do not start', async () => {
    const lives = new Lives();
    const { host, said } = await started(lives);
    const taken = await host.takeOver('wrong', () => lives.story.push('undo'));
    expect(taken).toEqual({
      kind: 'failed',
      problems: [{ file: 'site.json', path: '', reason: 'it does not start' }],
    });
    expect(lives.story.slice(-4)).toEqual(['closed first', 'undo', 'build first', 'runs first']);
    expect(host.site).toBe('first');
    expect(said).toEqual(['new settings do not start']);
    host.stop();
  });

  it('goes on with the old settings even when their file cannot be put back, and says so', async () => {
    const lives = new Lives();
    const { host, said } = await started(lives);
    const taken = await host.takeOver('wrong', () => {
      throw new Error('disk full');
    });
    expect(taken.kind).toBe('failed');
    expect(said).toContain('the old settings could not be put back');
    expect(await host.handlers().resume({})).toEqual(answer({ resumed: ['first'] }));
    host.stop();
  });

  it('fails the site when neither the new nor the old settings start, and says that it ends', async () => {
    const lives = new Lives();
    let builds = 0;
    const { host, end } = await started(lives, {
      build: (name) => {
        builds += 1;
        return builds === 1 ? lives.build(name) : Promise.reject(new Error('disk gone'));
      },
    });
    const taken = host.takeOver('second', () => undefined);
    await expect(end).rejects.toThrow('disk gone');
    expect(await taken).toEqual({ kind: 'ending' });
    expect(await host.takeOver('third', () => undefined)).toEqual({ kind: 'ending' });
  });

  it('refuses calls in words meanwhile, and waits for those under way before the store closes', async () => {
    const lives = new Lives();
    let release: () => void = () => undefined;
    lives.hold = new Promise<void>((resolve) => (release = resolve));
    const { host } = await started(lives);
    const handlers = host.handlers();
    const slow = handlers.pause({ reason: '' });
    const taking = host.takeOver('second', () => undefined);
    expect(await handlers.resume({})).toMatchObject({
      ok: false,
      error: { code: 'unavailable', message: 'The site takes over new settings.' },
    });
    expect(lives.story).not.toContain('closed first');
    release();
    expect(await slow).toEqual(answer({ paused: ['first'] }));
    await taking;
    expect(lives.story.indexOf('closed first')).toBeGreaterThan(lives.story.indexOf('ended first'));
    host.stop();
  });

  it('does not wait for ever for a call: it is refused, not failed, when its store is gone', async () => {
    const lives = new Lives();
    let release: () => void = () => undefined;
    lives.hold = new Promise<void>((resolve) => (release = resolve));
    const { host, runtime } = await started(lives);
    const slow = host.handlers().pause({ reason: '' });
    host.stop();
    while (!lives.story.includes('closed first')) await runtime.advance(1_000);
    release();
    expect(await slow).toMatchObject({
      ok: false,
      error: { code: 'unavailable', message: 'The program ends.' },
    });
  });

  it('ends without a new life when it was stopped meanwhile', async () => {
    const lives = new Lives();
    const { host, end } = await started(lives);
    const taking = host.takeOver('second', () => lives.story.push('undo'));
    host.stop();
    expect(await taking).toEqual({ kind: 'ending' });
    await end;
    expect(lives.story).not.toContain('build second');
    // The file is written: it counts from the next start.
    expect(lives.story).not.toContain('undo');
  });
});

describe('events', () => {
  it('stay with their listeners over lives, and sequence rises', () => {
    const [one, two] = [new SiteDouble(), new SiteDouble()];
    const events = new LastingEvents();
    const heard: SiteEvent[] = [];
    events.attach(one.events);
    const end = events.subscribe((event) => heard.push(event));
    one.emit();
    one.emit();
    events.detach();
    one.emit();
    const early: SiteEvent[] = [];
    events.subscribe((event) => early.push(event));
    events.attach(two.events);
    two.emit();
    expect(heard.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(early.map(({ sequence }) => sequence)).toEqual([3]);
    expect([one.listening, two.listening]).toEqual([0, 2]);
    end();
    two.emit();
    expect(heard).toHaveLength(3);
    expect(two.listening).toBe(1);
  });
});
