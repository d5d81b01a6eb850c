import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { DRAWS, drawStrict, RUDE } from './strict.ts';

interface Summary {
  readonly ok: boolean;
  readonly drawn: Readonly<Record<string, number>>;
  readonly rude: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly bugs: readonly { readonly bug: string; readonly foundAt?: number }[];
}

const SIMULATE = fileURLToPath(new URL('./simulate.ts', import.meta.url));

// A process of its own: code of agents that died in the simulation leaves promises behind that nobody awaits.
test(
  'a cloud that insists on everything, one seed for each queue mode; and each rude client is taken amiss',
  { timeout: 300_000 },
  async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [SIMULATE, '--strict', '--seeds', '2', '--orders', '8', '--once', '--bugs', '--json'],
      { maxBuffer: 16 * 1024 * 1024 },
    );
    const summary = JSON.parse(stdout) as Summary;
    expect(summary).toMatchObject({ ok: true, lost: 0, duplicated: 0, changed: 0, stuck: 0, rude: 0 });
    expect(summary.drawn).toMatchObject({ 'queue=sqs': 1, 'queue=sticky': 1 });
    expect(summary.faults['cloud-throttles']).toBeGreaterThan(0);
    expect(summary.faults['queue-shuffled']).toBeGreaterThan(0);
    expect(summary.bugs.map(({ bug, foundAt }) => [bug, foundAt !== undefined])).toEqual(
      RUDE.map((rude) => [rude, true]),
    );
  },
);

test('thirty seeds draw everything there is to draw', () => {
  const drawn = new Map<string, number>();
  for (let seed = 1; seed <= 30; seed += 1)
    for (const one of drawStrict(seed, seededRandom(`${seed}/strict`)).drawn)
      drawn.set(one, (drawn.get(one) ?? 0) + 1);
  for (const one of DRAWS) expect(drawn.get(one) ?? 0, one).toBeGreaterThan(2);
});
