import { readFileSync } from 'node:fs';

/** How often it looks, in milliseconds. */
const LOOK_MS = 1_000;

/**
 * Calls back when the program that ran this script is gone. npm starts scripts through a shell, and neither the shell nor this
 * process hears of it when npm is killed: both only get another parent.
 */
export function whenOrphaned(call: () => void): () => void {
  const before = lineage();
  const look = setInterval(() => {
    if (lineage() === before) return;
    clearInterval(look);
    call();
  }, LOOK_MS);
  look.unref();
  return () => clearInterval(look);
}

/** Parent and, where the system tells, its parent. */
function lineage(): string {
  const { ppid } = process;
  try {
    // The name in brackets may hold anything; what follows the last one is state and parent.
    const [, parent] = readFileSync(`/proc/${ppid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    return `${ppid} ${parent ?? ''}`;
  } catch {
    return String(ppid);
  }
}
