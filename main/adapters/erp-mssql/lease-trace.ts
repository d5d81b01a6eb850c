import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { uptime } from 'node:os';
import { join } from 'node:path';

/** What the lease row says while nobody but its writer has touched it since: the three never come back together. */
export interface LeaseMark {
  readonly startId: string;
  readonly fence: number;
  readonly beat: number;
}

/** Where a start leaves what lets the next one in the same folder show that it followed. */
export interface LeaseTrace {
  /** What the start before left for this source; undefined where it cannot be believed. */
  last(source: string): LeaseMark | undefined;
  /** Never throws: without it the next start waits like any other. */
  leave(source: string, mark: LeaseMark): void;
}

/** Wall clock minus uptime moves with the clock's corrections; a restart of the system takes longer than this. */
const SAME_RUN_MS = 5_000;

interface SystemRun {
  /** Linux names each run of the system. */
  readonly name: string | undefined;
  readonly since: number;
}

/** Tells this run of the operating system from the one before it, and from the one a copy of its disk was started in. */
export function systemRun(): SystemRun {
  const since = Math.round(Date.now() - uptime() * 1_000);
  try {
    return { name: readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), since };
  } catch {
    return { name: undefined, since };
  }
}

const sameRun = (one: SystemRun, other: SystemRun): boolean =>
  one.name === undefined && other.name === undefined
    ? Math.abs(one.since - other.since) <= SAME_RUN_MS
    : one.name === other.name;

/**
 * Marks in the data folder, bound to this very folder and this run of the system. Whoever reads one holds the site lock
 * of the same folder on the system where the mark was written, so its writer is dead. A copied folder is another
 * folder; a started copy of the computer is another run; a copy resumed with its memory has an older mark as soon as
 * either of the two has renewed. No `fsync`: what outlives the system's end is not believed anyway.
 */
export function leaseTraceIn(dataDir: string, run: SystemRun = systemRun()): LeaseTrace {
  const folder = join(dataDir, 'leases');
  const fileOf = (source: string): string =>
    join(folder, `${createHash('sha256').update(source).digest('hex').slice(0, 32)}.json`);
  const place = (): string => {
    const { dev, ino } = statSync(dataDir, { bigint: true });
    return `${dev}:${ino}`;
  };
  return {
    last(source) {
      try {
        const left = JSON.parse(readFileSync(fileOf(source), 'utf8')) as Partial<
          LeaseMark & { readonly place: string; readonly run: SystemRun }
        >;
        const { startId, fence, beat } = left;
        if (left.place !== place() || left.run === undefined || !sameRun(left.run, run)) return undefined;
        if (typeof startId !== 'string' || !Number.isSafeInteger(fence) || !Number.isSafeInteger(beat))
          return undefined;
        return { startId, fence: Number(fence), beat: Number(beat) };
      } catch {
        return undefined;
      }
    },
    leave(source, mark) {
      const file = fileOf(source);
      try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(`${file}.new`, JSON.stringify({ ...mark, place: place(), run }));
        renameSync(`${file}.new`, file);
      } catch {
        // The mark before stays: it does not match the row any more, so it proves nothing wrong.
      }
    },
  };
}
