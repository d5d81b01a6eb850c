import { readFileSync } from 'node:fs';

/**
 * Seconds of processor time the work took, all threads of this process together: what a comparison of two programs that
 * only compute is about, whatever else the machine does meanwhile.
 */
export async function processorSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}

/** Seconds of processor time another process has used so far; undefined where the system does not tell. */
export function processorSecondsOf(pid: number | undefined): number | undefined {
  try {
    if (pid === undefined) return undefined;
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // User and system time in hundredths of a second.
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return undefined;
  }
}

export interface Timed {
  /** Wall time. */
  readonly seconds: number;
  /** Processor time here. */
  readonly ours: number;
  /** Processor time of the other process; not a number where the system does not tell. */
  readonly theirs: number;
}

/** One work of this process that another one serves. */
export async function timedWith(pid: number | undefined, work: () => Promise<void>): Promise<Timed> {
  const before = processorSecondsOf(pid);
  const from = performance.now();
  const ours = await processorSeconds(work);
  const seconds = (performance.now() - from) / 1000;
  const after = processorSecondsOf(pid);
  return { seconds, ours, theirs: (after ?? Number.NaN) - (before ?? Number.NaN) };
}

/** Part of one processor, for a detail of a figure. */
export const share = (part: number): string =>
  Number.isFinite(part) ? `${Math.round(part * 100)} %` : 'unknown';
