import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Summary {
  readonly ok: boolean;
  readonly replayed: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly changed: number;
  readonly stuck: number;
  readonly lives: number;
  readonly bugs: readonly { readonly bug: string; readonly foundAt?: number }[];
}

const SIMULATE = fileURLToPath(new URL('./simulate.ts', import.meta.url));

// A process of its own: code of agents that died in the simulation leaves promises behind that nobody awaits.
test(
  'two seeds, one for each queue mode, and each planted bug by its own harm',
  { timeout: 240_000 },
  async () => {
    const { stdout } = await promisify(execFile)(
      process.execPath,
      [SIMULATE, '--seeds', '2', '--bugs', '--json'],
      { maxBuffer: 16 * 1024 * 1024 },
    );
    const summary = JSON.parse(stdout) as Summary;
    expect(summary).toMatchObject({ ok: true, replayed: 2, lost: 0, duplicated: 0, changed: 0, stuck: 0 });
    // The agent did die and come back, or the seeds prove little.
    expect(summary.lives).toBeGreaterThan(4);
    expect(summary.bugs.map(({ bug, foundAt }) => [bug, foundAt !== undefined])).toEqual([
      ['ack-before-durable', true],
      ['no-ledger-check', true],
      ['other-path-after-unknown', true],
    ]);
  },
);
