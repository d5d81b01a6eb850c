import { closeSync, fstatSync, openSync, readSync, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogEntry } from '../../../shared/contract/site-requests.ts';
import { LOG_FILE, LOG_LEVELS, olderLogFile, type LogLevel } from './create-log.ts';
import { neutralise } from './redactor.ts';

export interface LogFilter {
  /** This level and worse. */
  readonly level: LogLevel;
  /** Part of message or fields, in any case. */
  readonly text?: string | undefined;
}

const lineSchema = z.object({
  at: z.iso.datetime(),
  level: z.enum(LOG_LEVELS),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()).optional(),
});

/** A line as an entry; one that is no log line (cut by a crash) is shown as a warning, never dropped silently. */
function parseLine(line: string): LogEntry {
  try {
    const parsed = lineSchema.safeParse(JSON.parse(line));
    if (parsed.success) {
      const { at, level, message, fields } = parsed.data;
      return { at: Date.parse(at), level, message: neutralise(message), fields: fields ?? {} };
    }
  } catch {
    // Shown below.
  }
  return { at: 0, level: 'warn', message: `unreadable line: ${neutralise(line.slice(0, 200))}`, fields: {} };
}

function passes(entry: LogEntry, filter: LogFilter): boolean {
  if (LOG_LEVELS.indexOf(entry.level) < LOG_LEVELS.indexOf(filter.level)) return false;
  if (filter.text === undefined || filter.text === '') return true;
  const wanted = filter.text.toLowerCase();
  return `${entry.message} ${JSON.stringify(entry.fields)}`.toLowerCase().includes(wanted);
}

/** The newest entries that pass, oldest first. Reads file by file from the newest, no further than needed. */
export function tailLog(folder: string, lines: number, filter: LogFilter): readonly LogEntry[] {
  const found: LogEntry[] = [];
  for (const file of filesNewestFirst(folder)) {
    const rows = readAll(join(folder, file))
      .split(/\r?\n/)
      .filter((row) => row !== '');
    for (let i = rows.length - 1; i >= 0 && found.length < lines; i -= 1) {
      const entry = parseLine(rows[i] ?? '');
      if (passes(entry, filter)) found.push(entry);
    }
    if (found.length >= lines) break;
  }
  return found.reverse();
}

function filesNewestFirst(folder: string): readonly string[] {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const ages = names
    .map((name) => /^ferry\.(\d+)\.log$/.exec(name)?.[1])
    .filter((age) => age !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
  return [...(names.includes(LOG_FILE) ? [LOG_FILE] : []), ...ages.map(olderLogFile)];
}

function readAll(path: string): string {
  return readFrom(path, 0)?.bytes.toString('utf8') ?? '';
}

function readFrom(path: string, offset: number): { bytes: Buffer; size: number; inode: number } | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size, ino } = fstatSync(file);
    const bytes = Buffer.alloc(Math.max(0, size - offset));
    let read = 0;
    while (read < bytes.length) {
      const got = readSync(file, bytes, read, bytes.length - read, offset + read);
      if (got === 0) break;
      read += got;
    }
    return { bytes: bytes.subarray(0, read), size, inode: ino };
  } finally {
    closeSync(file);
  }
}

/** Some network folders report no changes; then this is how late an entry can be. */
const LOOK_EVERY_MS = 1_000;

/** Calls `onEntry` for each entry written from now on, across rotations. Resolves when the signal aborts. */
export function followLog(
  folder: string,
  filter: LogFilter,
  onEntry: (entry: LogEntry) => void,
  signal: AbortSignal,
): Promise<void> {
  const path = join(folder, LOG_FILE);
  const start = readFrom(path, 0);
  let offset = start?.size ?? 0;
  let inode = start?.inode;
  // Bytes, not text: a look can end inside a character.
  let rest: Buffer = Buffer.alloc(0);

  const drain = (bytes: Buffer): void => {
    rest = Buffer.concat([rest, bytes]);
    let end = rest.indexOf(10);
    while (end >= 0) {
      const line = rest.subarray(0, end).toString('utf8').replace(/\r$/, '');
      rest = rest.subarray(end + 1);
      if (line !== '') {
        const entry = parseLine(line);
        if (passes(entry, filter)) onEntry(entry);
      }
      end = rest.indexOf(10);
    }
  };

  const look = (): void => {
    let seen = readFrom(path, offset);
    if (seen === undefined) return;
    if (inode !== undefined && (seen.inode !== inode || seen.size < offset)) {
      // Rotated: what was still unread stands in the file before.
      const older = readFrom(join(folder, olderLogFile(1)), offset);
      if (older?.inode === inode) drain(older.bytes);
      offset = 0;
      rest = Buffer.alloc(0);
      seen = readFrom(path, 0);
      if (seen === undefined) return;
    }
    inode = seen.inode;
    offset += seen.bytes.length;
    drain(seen.bytes);
  };

  return new Promise((resolve, reject) => {
    const guarded = (): void => {
      try {
        look();
      } catch (error) {
        stop();
        reject(error instanceof Error ? error : new Error(String(error)));
      }
    };
    const timer = setInterval(guarded, LOOK_EVERY_MS);
    let watcher: ReturnType<typeof watch> | undefined;
    try {
      watcher = watch(folder, guarded);
      watcher.on('error', () => watcher?.close());
    } catch {
      // The timer alone will do.
    }
    const stop = (): void => {
      clearInterval(timer);
      watcher?.close();
      signal.removeEventListener('abort', ended);
    };
    const ended = (): void => {
      stop();
      resolve();
    };
    if (signal.aborted) ended();
    else signal.addEventListener('abort', ended);
  });
}
