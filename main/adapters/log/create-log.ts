import { renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import electronLog from 'electron-log/node.js';
import type { Redactor } from './redactor.ts';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes never fail towards the caller: a full disk must not stop an order. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** The same log with fields that every line carries. */
  child(fields: LogFields): Log;
}

export interface LogOptions {
  /** Files are `ferry.log` (newest), `ferry.1.log` … `ferry.9.log`. */
  readonly folder: string;
  readonly redact: Redactor;
  readonly now: () => number;
  /** This and worse are written. */
  readonly level?: LogLevel | undefined;
  readonly maxBytes?: number | undefined;
  readonly files?: number | undefined;
}

/** 10 MB opens in any editor; ten of them are weeks of ordinary work. */
const MAX_BYTES = 10 * 1024 * 1024;
const FILES = 10;

export const LOG_FILE = 'ferry.log';
export const olderLogFile = (age: number): string => `ferry.${age}.log`;

/** Opens the log of a site. One process writes it: the one that owns the site. */
export function createLog(options: LogOptions): Log {
  const path = join(options.folder, LOG_FILE);
  const files = options.files ?? FILES;
  const logger = electronLog.create({ logId: path });
  logger.transports.console.level = false;
  const file = logger.transports.file;
  file.level = 'silly';
  file.maxSize = options.maxBytes ?? MAX_BYTES;
  file.resolvePathFn = () => path;
  file.writeOptions = { flag: 'a', mode: 0o600, encoding: 'utf8' };
  // The line arrives finished; the library's own formatting would interpret `%` in it.
  file.transforms = [({ data }) => [String(data[0])] as never, ({ data }) => String(data[0]) as never];
  file.archiveLogFn = () => rotate(options.folder, files);

  const lowest = LOG_LEVELS.indexOf(options.level ?? 'debug');
  const make = (carried: LogFields): Log => {
    const write = (level: LogLevel, message: string, fields: LogFields = {}): void => {
      if (LOG_LEVELS.indexOf(level) < lowest) return;
      try {
        const shown = options.redact.value({ ...carried, ...fields });
        const line = {
          at: new Date(options.now()).toISOString(),
          level,
          message: options.redact.text(message),
          ...fieldsOf(shown),
        };
        logger[level](JSON.stringify(line));
      } catch {
        // Nothing that is logged may stop what logs it.
      }
    };
    return {
      debug: (message, fields) => write('debug', message, fields),
      info: (message, fields) => write('info', message, fields),
      warn: (message, fields) => write('warn', message, fields),
      error: (message, fields) => write('error', message, fields),
      child: (fields) => make({ ...carried, ...fields }),
    };
  };
  return make({});
}

/** Fields stand in an object of their own, so that none of them can pose as time, level or message. */
function fieldsOf(shown: unknown): { fields?: unknown } {
  return typeof shown === 'object' && shown !== null && Object.keys(shown).length > 0
    ? { fields: shown }
    : {};
}

function rotate(folder: string, files: number): void {
  const move = (from: string, to: string): void => {
    try {
      renameSync(join(folder, from), join(folder, to));
    } catch {
      // Absent, or held open by an editor: the next rotation tries again.
    }
  };
  rmSync(join(folder, olderLogFile(files - 1)), { force: true });
  for (let age = files - 2; age >= 1; age -= 1) move(olderLogFile(age), olderLogFile(age + 1));
  if (files > 1) move(LOG_FILE, olderLogFile(1));
  else rmSync(join(folder, LOG_FILE), { force: true });
}
