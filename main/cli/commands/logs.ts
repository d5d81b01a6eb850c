import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LogEntry } from '../../../shared/contract/site-requests.ts';
import type { LogLevel } from '../../adapters/log/create-log.ts';
import { followLog, tailLog } from '../../adapters/log/read-log.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

export interface LogArgs {
  readonly follow: boolean;
  readonly lines: number;
  readonly level: LogLevel;
  readonly text?: string | undefined;
}

/** The newest entries; with `follow` each later one as it comes, as JSON lines when asked for JSON. */
export async function showLogs({ world, out, dataDir }: Context, args: LogArgs): Promise<number> {
  const folder = join(dataDir, 'logs');
  const filter = { level: args.level, text: args.text };
  const show = (entry: LogEntry): void => out.line(entryLine(entry));
  if (!args.follow) {
    const entries = tailLog(folder, args.lines, filter);
    out.document({ entries });
    entries.forEach(show);
    return EXIT.fine;
  }
  mkdirSync(folder, { recursive: true });
  const each = (entry: LogEntry): void => {
    out.document(entry);
    show(entry);
  };
  const following = followLog(folder, filter, each, world.ending);
  tailLog(folder, args.lines, filter).forEach(each);
  await following;
  return EXIT.fine;
}

function entryLine({ at, level, message, fields }: LogEntry): string {
  const rest = Object.entries(fields).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return [new Date(at).toISOString(), level.toUpperCase().padEnd(5), message, ...rest].join(' ');
}
