import { randomUUID } from 'node:crypto';
import { knownFiles } from '../../../main/adapters/erp-mssql/feeds/known-files.ts';
import { SqlFeed } from '../../../main/adapters/erp-mssql/feeds/sql-feed.ts';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import { SqlSessions } from '../../../main/adapters/erp-mssql/sql-sessions.ts';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { processorSeconds } from '../processor-time.ts';
import { addedMemory, type AddedMemory } from '../resident-memory.ts';

export interface CompareWork {
  readonly port: number;
  /** Where what is known of the table stands. */
  readonly known: string;
  readonly table: string;
  /** Compared first, so that the program's code is loaded when memory is looked at: a small one. */
  readonly warm: { readonly table: string; readonly known: string };
  /** Of the compare before; without one the table is compared with nothing. */
  readonly cursor?: string | undefined;
}

export interface Compared {
  readonly cursor: string;
  readonly count: number;
  /** The first ten, and the last. */
  readonly named: readonly string[];
  readonly memory: AddedMemory;
  readonly seconds: number;
  readonly processorSeconds: number;
}

/** One full compare in a process of its own. One argument, JSON: `CompareWork`. Prints `Compared` and ends with its input. */
const work = JSON.parse(process.argv[2] ?? '{}') as CompareWork;
const signal = new AbortController().signal;
const server = new MssqlServer(
  {
    server: '127.0.0.1',
    port: work.port,
    database: SAMPLE.database,
    auth: 'sql',
    user: SAMPLE.login,
    encrypt: false,
    trustServerCertificate: false,
  },
  () => Promise.resolve(SAMPLE.password),
);
const sessions = new SqlSessions(server, 2);

const feedOf = (name: string, known: string): SqlFeed =>
  new SqlFeed({
    server,
    sessions,
    endpoint: `erp:${SAMPLE.erpId}`,
    table: { table: { schema: 'dbo', name } },
    wall: () => Date.now(),
    newId: randomUUID,
    known: knownFiles(nodeDisk, known),
  });

async function start(feed: SqlFeed): Promise<string> {
  const started = await feed.start('full-compare', signal);
  if (!started.ok) throw new Error(`no feed: ${JSON.stringify(started.failure)}`);
  return started.value;
}

async function compare(feed: SqlFeed, from: string): Promise<Pick<Compared, 'cursor' | 'count' | 'named'>> {
  let count = 0;
  let last = '';
  let cursor: string | undefined;
  const named: string[] = [];
  for await (const part of feed.since(from, signal)) {
    if (part.kind === 'reset') throw new Error(`reset: ${part.words}`);
    if (part.kind === 'end') cursor = part.cursor;
    else
      for (const { key, deleted } of part.keys) {
        count += 1;
        last = `${key.join()}${deleted ? ' deleted' : ''}`;
        if (named.length < 10) named.push(last);
      }
  }
  if (cursor === undefined) throw new Error('the compare did not end');
  return { cursor, count, named: [...named, last] };
}

const warm = feedOf(work.warm.table, work.warm.known);
await compare(warm, await start(warm));
const feed = feedOf(work.table, work.known);
const from = work.cursor ?? (await start(feed));
let found: Awaited<ReturnType<typeof compare>> | undefined;
let used = Number.NaN;
const began = performance.now();
const memory = await addedMemory(async () => {
  used = await processorSeconds(async () => {
    found = await compare(feed, from);
  });
});
const seconds = (performance.now() - began) / 1000;
await sessions.close();
if (found === undefined) throw new Error('nothing was compared');
const said: Compared = { ...found, memory, seconds, processorSeconds: used };
process.stdout.write(`${JSON.stringify(said)}\n`);
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
