import fc from 'fast-check';
import type { FeedKind, FeedPart } from '../../../main/core/feeds/feed.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { Backup } from '../../../main/sandbox/tsql/admin.ts';
import { drain, inChunks, openFeedWorld, signal, Writer, type FeedWorld } from './feed-world.ts';

/** What happens at the ERP, and when the feed looks. `who` is one of two people. */
export type Step =
  | { readonly do: 'begin' | 'commit' | 'rollback'; readonly who: number }
  | { readonly do: 'insert' | 'update' | 'delete'; readonly who: number; readonly key: number }
  | { readonly do: 'move'; readonly who: number; readonly key: number; readonly to: number }
  | { readonly do: 'truncate' | 'backup' | 'restore' | 'expire' | 'restart' }
  | { readonly do: 'tick'; readonly seconds: number }
  | { readonly do: 'set-back'; readonly seconds: number }
  /** `during`: steps at the ERP between the parts of what the feed tells. */
  | { readonly do: 'look'; readonly during: readonly Step[] };

const who = fc.integer({ min: 0, max: 1 });
const key = fc.integer({ min: 0, max: 9 });
const write = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('insert' as const), who, key }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('update' as const), who, key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), who, key }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('move' as const), who, key, to: key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('begin' as const, 'commit' as const, 'rollback' as const),
      who,
    }),
  },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 16, arbitrary: write },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('look' as const), during: fc.array(write, { maxLength: 3 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'truncate' as const,
        'backup' as const,
        'restore' as const,
        'expire' as const,
        'restart' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('tick' as const), seconds: fc.integer({ min: 0, max: 9 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('set-back' as const), seconds: fc.constantFrom(5, 200, 5_000) }),
  },
);
export const history = fc.record({
  snapshot: fc.boolean(),
  steps: fc.array(step, { minLength: 8, maxLength: 26 }),
});
export type History = { readonly snapshot: boolean; readonly steps: readonly Step[] };

export interface Tally {
  looks: number;
  nominated: number;
  repeats: number;
  resets: number;
  guards: number;
  refused: number;
}
export const tally = (): Tally => ({ looks: 0, nominated: 0, repeats: 0, resets: 0, guards: 0, refused: 0 });

export interface Variant {
  readonly kind: FeedKind;
  readonly without?: RegExp | undefined;
  readonly rewrite?: ((text: string) => string) | undefined;
}

const FEW = { keys: 100, percent: 60, few: 2 };
const EVERYTHING = { keys: 1_000, percent: 100, few: 1_000 };

/**
 * Plays a history with a reader who knows only what the feed nominates and reads those rows. Throws where, after a look that
 * nobody disturbed, what the reader has is not what the table holds.
 */
export async function play(variant: Variant, { snapshot, steps }: History, sums: Tally): Promise<void> {
  const { kind } = variant;
  const world = await openFeedWorld({ ...variant, snapshot, tracked: kind === 'change-tracking' });
  const stage = new Stage(world);
  for (let one = 0; one < 6; one += 1) await stage.play({ do: 'insert', who: 0, key: one });
  const reader = new Reader(world, kind, sums);
  await reader.begin();
  for (const one of steps) {
    if (one.do === 'look') await reader.look(stage, one.during);
    else if (one.do === 'restart') await reader.restart();
    else await stage.play(one);
  }
  await stage.play({ do: 'commit', who: 0 });
  await stage.play({ do: 'commit', who: 1 });
  await reader.look(stage, []);
  if (!reader.lastLookWasWhole) throw new Error('nobody stands in the way, and the feed does not answer');
}

class Stage {
  readonly #world: FeedWorld;
  readonly #writers: readonly [Writer, Writer];
  #value = 0;
  #backup: Backup;

  constructor(world: FeedWorld) {
    this.#world = world;
    this.#writers = [new Writer(world.engine), new Writer(world.engine)];
    this.#backup = world.engine.backup(SAMPLE.database);
  }

  async play(step: Step): Promise<void> {
    const { engine, clock } = this.#world;
    this.#value += 1;
    clock.server += 10;
    clock.ours += 10;
    switch (step.do) {
      case 'begin':
        return this.#run(step.who, 'IF @@TRANCOUNT = 0 BEGIN TRANSACTION');
      case 'commit':
        return this.#run(step.who, 'IF @@TRANCOUNT > 0 COMMIT');
      case 'rollback':
        return this.#run(step.who, 'IF @@TRANCOUNT > 0 ROLLBACK');
      case 'insert':
        return this.#run(
          step.who,
          `INSERT INTO dbo.Items (K, V, At) VALUES (N'k${step.key}', ${this.#value}, SYSDATETIME())`,
        );
      case 'update':
        return this.#run(
          step.who,
          `UPDATE dbo.Items SET V = ${this.#value}, At = SYSDATETIME() WHERE K = N'k${step.key}'`,
        );
      case 'move':
        return this.#run(
          step.who,
          `UPDATE dbo.Items SET K = N'k${step.to}', V = ${this.#value}, At = SYSDATETIME() WHERE K = N'k${step.key}'`,
        );
      case 'delete':
        return this.#run(step.who, `DELETE FROM dbo.Items WHERE K = N'k${step.key}'`);
      case 'truncate':
        return this.#run(0, 'TRUNCATE TABLE dbo.Items');
      case 'backup':
        this.#backup = engine.backup(SAMPLE.database);
        return;
      case 'restore':
        engine.restore(SAMPLE.database, this.#backup);
        for (const writer of this.#writers) writer.reopen();
        return this.#world.sessions.renew();
      case 'expire':
        engine.expireChanges(SAMPLE.database);
        return;
      case 'tick':
        clock.server += step.seconds * 1_000;
        clock.ours += step.seconds * 1_000;
        return;
      case 'set-back':
        clock.server -= step.seconds * 1_000;
        return;
      default:
        return;
    }
  }

  /** Refused where the other person holds the row: that is the ERP's affair. */
  async #run(who: number, text: string): Promise<void> {
    await this.#writers[who === 0 ? 0 : 1].run(text);
  }
}

class Reader {
  readonly #world: FeedWorld;
  readonly #kind: FeedKind;
  readonly #sums: Tally;
  #shadow = new Map<string, string>();
  #cursor = '';
  #first = true;
  lastLookWasWhole = false;

  constructor(world: FeedWorld, kind: FeedKind, sums: Tally) {
    this.#world = world;
    this.#kind = kind;
    this.#sums = sums;
  }

  async begin(): Promise<void> {
    const cursor = await this.#world.feed().start(this.#kind, signal);
    if (!cursor.ok) throw new Error(JSON.stringify(cursor.failure));
    this.#cursor = cursor.value;
    this.#first = true;
    // Everything is read after the start.
    this.#shadow = this.#world.rows();
  }

  /** The program ends and starts again: what it knows is the cursor and what is on the disk. */
  async restart(): Promise<void> {
    await this.#world.sessions.close();
    this.#world.disk.crash();
    this.#world.restarted();
  }

  async look(stage: Stage, during: readonly Step[]): Promise<void> {
    this.#sums.looks += 1;
    this.lastLookWasWhole = false;
    const left = [...during];
    const between = async (): Promise<void> => {
      const one = left.shift();
      if (one !== undefined) await stage.play(one);
    };
    try {
      const { nominated, last } = await drain(
        this.#world.feed({ guard: FEW }).since(this.#cursor, signal) as AsyncIterable<FeedPart>,
        between,
      );
      if (last?.kind === 'reset') {
        this.#sums.resets += 1;
        return await this.#anew();
      }
      if (last === undefined || !('cursor' in last)) throw new Error('the stream has no end');
      this.#read(nominated.map((one) => one.key[0] ?? ''));
      this.#cursor = last.cursor;
      if (last.guard !== undefined) await this.#confirmed();
      // A full compare knows nothing before the first look, the reader does.
      if (this.#kind !== 'change-tracking' && (this.#kind !== 'full-compare' || this.#first))
        await this.#sweep(between);
      this.#first = false;
    } catch (error) {
      // Somebody's open transaction is in the way of a reader without a snapshot.
      if (!(error instanceof BodyStreamError) || error.failure.kind !== 'unreachable') throw error;
      this.#sums.refused += 1;
      return;
    } finally {
      for (const one of left) await stage.play(one);
    }
    this.lastLookWasWhole = during.length === 0;
    if (this.lastLookWasWhole) this.#compare();
  }

  async #sweep(between: () => Promise<void>): Promise<void> {
    const known = [...this.#shadow.keys()].toSorted().map((one) => [one]);
    const swept = await drain(this.#world.feed({ guard: FEW }).sweep(inChunks(known), signal), between);
    const again =
      swept.last?.kind === 'end' && swept.last.guard !== undefined
        ? await drain(this.#world.feed({ guard: EVERYTHING }).sweep(inChunks(known), signal), between)
        : undefined;
    if (again !== undefined) this.#sums.guards += 1;
    this.#read([...swept.nominated, ...(again?.nominated ?? [])].map((one) => one.key[0] ?? ''));
  }

  /** A person has said that so many rows are gone. */
  async #confirmed(): Promise<void> {
    this.#sums.guards += 1;
    const { nominated, last } = await drain(
      this.#world.feed({ guard: EVERYTHING }).since(this.#cursor, signal),
    );
    this.#read(nominated.map((one) => one.key[0] ?? ''));
    if (last?.kind === 'end' && 'cursor' in last) this.#cursor = last.cursor;
  }

  async #anew(): Promise<void> {
    await this.begin();
    this.lastLookWasWhole = true;
  }

  #read(keys: readonly string[]): void {
    const rows = this.#world.rows();
    for (const one of keys) {
      this.#sums.nominated += 1;
      const value = rows.get(one);
      if (value === this.#shadow.get(one)) this.#sums.repeats += 1;
      if (value === undefined) this.#shadow.delete(one);
      else this.#shadow.set(one, value);
    }
  }

  #compare(): void {
    const text = (rows: ReadonlyMap<string, string>): string =>
      JSON.stringify([...rows].toSorted(([a], [b]) => (a < b ? -1 : 1)));
    const [has, is] = [text(this.#shadow), text(this.#world.rows())];
    if (has !== is) throw new Error(`a change was missed: the reader has ${has}, the table ${is}`);
  }
}
