import { readFileSync, writeFileSync } from 'node:fs';

const MB = 1_000_000;

/** Megabytes of a line of `/proc/self/status`; undefined where there is no such file. */
function statusMb(name: 'VmHWM' | 'VmRSS'): number | undefined {
  try {
    const found = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
    return found === null ? undefined : (Number(found[1]) * 1024) / MB;
  } catch {
    return undefined;
  }
}

/** Makes the system forget this process's highest resident memory so far. */
function resetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

export interface AddedMemory {
  readonly added: number;
  readonly before: number;
  readonly peak: number;
  readonly peakBySystem: boolean;
}

const SAMPLE_MS = 5;

/** Resident memory at its peak during the work minus that just before, in MB; the system's own peak where it tells one. */
export async function addedMemory(work: () => Promise<void>): Promise<AddedMemory> {
  const before = process.memoryUsage.rss() / MB;
  const reset = resetPeak();
  let sampled = before;
  const timer = setInterval(() => {
    sampled = Math.max(sampled, process.memoryUsage.rss() / MB);
  }, SAMPLE_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const known = reset ? statusMb('VmHWM') : undefined;
  const peak = Math.max(sampled, known ?? 0);
  return { added: peak - before, before, peak, peakBySystem: known !== undefined };
}
