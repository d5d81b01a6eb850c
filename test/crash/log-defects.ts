import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Bugs the agent met and wrote down, over all its lives: a retry hides them from everybody else. */
export function logDefects(logs: string): readonly string[] {
  if (!existsSync(logs)) return [];
  return readdirSync(logs)
    .flatMap((name) => readFileSync(join(logs, name), 'utf8').split('\n'))
    .filter(isDefect);
}

function isDefect(line: string): boolean {
  if (line === '') return false;
  try {
    const { level, message, fields } = JSON.parse(line) as {
      level?: string;
      message?: string;
      fields?: { failure?: string };
    };
    return level === 'error' || message === 'defect' || fields?.failure === 'defect';
  } catch {
    // The kill tore the line.
    return false;
  }
}
