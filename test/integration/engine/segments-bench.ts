import type { ErpUser, ErpView } from '../../../main/core/packets/erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import { renderSnapshot } from '../../../main/core/packets/push/render-snapshot.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { AREA, MAPPING } from '../../support/link-bench.ts';
import { readingBench, type ReadingBench } from './reading-bench.ts';

const never = new AbortController().signal;

export interface SegmentsBench extends ReadingBench {
  /** Statements for rows, by the first table or view they name. */
  readonly asked: string[];
  /** What the log was told. */
  readonly said: { readonly event: string; readonly facts: Readonly<Record<string, unknown>> }[];
  readonly parts: { -readonly [Part in keyof LinkParts]: LinkParts[Part] };
  entities(entities: readonly object[]): void;
  /** The packet a user has or is to get. */
  newest(user: string): Item | undefined;
  bytes(item: Item): Promise<string>;
  /** Called with each view of a cycle and its users before it is closed. */
  beforeClose(look: (view: ErpView, users: readonly ErpUser[]) => Promise<void>): void;
  /** The packet as one rendering of one view. */
  naive(view: ErpView, user: ErpUser): Promise<string>;
  /** The same from a view of its own, for everybody. */
  naiveNow(): Promise<ReadonlyMap<string, string>>;
}

const text = { type: 'text(100)' };
export const PRICE = {
  entity: 'Price',
  from: { table: { name: 'Price' } },
  fields: { ItemNo: { column: 'c', ...text }, Amount: { column: 'n', ...text } },
  orderBy: ['c'],
};
export const STOP = {
  entity: 'Stop',
  from: { table: { name: 'Stop' } },
  fields: { No: { column: 'c', ...text }, Amount: { column: 'n', ...text } },
  filter: [{ column: 'route', equalsUser: 'Route' }],
  orderBy: ['c'],
};
export const REGION = {
  entity: 'RegionStop',
  from: { select: 'SELECT s.c, s.n FROM dbo.StopView AS s WHERE s.region = @user_Region' },
  fields: { No: { column: 'c', ...text }, Amount: { column: 'n', ...text } },
  orderBy: ['c'],
};

/** Prices for all, stops by route and by region, users with both. `n` of every price and stop is the same at any moment. */
export async function segmentsBench(options: {
  readonly snapshot: boolean;
  readonly users: readonly (readonly [name: string, route: string, region: string])[];
}): Promise<SegmentsBench> {
  const b = await readingBench();
  for (const [user] of options.users) b.cloud.control.addUser({ area: AREA, user });
  for (const statement of [
    ...(options.snapshot ? [`ALTER DATABASE [${SAMPLE.database}] SET ALLOW_SNAPSHOT_ISOLATION ON`] : []),
    'CREATE TABLE dbo.Price (c nvarchar(20) NOT NULL PRIMARY KEY, n nvarchar(100) NULL, v rowversion)',
    'CREATE TABLE dbo.Stop (c nvarchar(20) NOT NULL PRIMARY KEY, route nvarchar(20) NULL, area nvarchar(20) NULL, n nvarchar(100) NULL, v rowversion)',
    'CREATE TABLE dbo.Area (area nvarchar(20) NOT NULL PRIMARY KEY, region nvarchar(20) NULL, v rowversion)',
    'CREATE VIEW dbo.StopView AS SELECT s.c, s.n, a.region FROM dbo.Stop AS s INNER JOIN dbo.Area AS a ON a.area = s.area',
    'CREATE TABLE dbo.Rep (UserName nvarchar(20) NOT NULL PRIMARY KEY, Route nvarchar(20) NULL, Region nvarchar(20) NULL)',
    "INSERT INTO dbo.Price (c, n) VALUES (N'P-1', N'0'), (N'P-2', N'0'), (N'P-3', N'0')",
    "INSERT INTO dbo.Area (area, region) VALUES (N'A1', N'north'), (N'A2', N'south')",
    ...options.users.map(
      ([name, route, region]) =>
        `INSERT INTO dbo.Rep (UserName, Route, Region) VALUES (N'${name}', N'${route}', N'${region}')`,
    ),
    ...[...new Set(options.users.map(([, route]) => route))].flatMap((route, at) => [
      `INSERT INTO dbo.Stop (c, route, area, n) VALUES (N'S-${at}-1', N'${route}', N'A1', N'0')`,
      `INSERT INTO dbo.Stop (c, route, area, n) VALUES (N'S-${at}-2', N'${route}', N'A2', N'0')`,
    ]),
  ])
    await b.sql(statement);
  const parts = b.link.parts as SegmentsBench['parts'];
  const asked: string[] = [];
  const said: SegmentsBench['said'] = [];
  parts.log = {
    info: () => undefined,
    warn: (event, facts) => void said.push({ event, facts }),
  };
  parts.policy = { ...parts.policy, usersQuery: 'SELECT UserName, Route, Region FROM dbo.Rep' };
  const { reader } = parts.erp;
  let look: Parameters<SegmentsBench['beforeClose']>[0] = () => Promise.resolve();
  let users: readonly ErpUser[] = [];
  const usersOf = reader.users.bind(reader);
  reader.users = async (...given) => {
    const found = await usersOf(...given);
    if (found.ok) users = found.value;
    return found;
  };
  const openView = reader.openView.bind(reader);
  reader.openView = async (signal) => {
    const opened = await openView(signal);
    if (!opened.ok) return opened;
    const view = opened.value;
    return {
      ok: true,
      value: {
        consistency: view.consistency,
        read: (request, stop) => {
          asked.push('table' in request.from ? request.from.table.name : 'select');
          return view.read(request, stop);
        },
        close: async () => {
          await look(view, users);
          await view.close();
        },
      },
    };
  };
  const naive = async (view: ErpView, user: ErpUser): Promise<string> => {
    const chunks: Uint8Array[] = [];
    // oxlint-disable-next-line no-await-in-loop -- a stream
    for await (const chunk of renderSnapshot(parts, view, user, new Map(), never)) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  };
  const bench: SegmentsBench = Object.assign(b, {
    asked,
    said,
    parts,
    entities: (entities: readonly object[]) => {
      parts.mapping = mappingSchema.parse({ ...MAPPING, push: { entities } });
    },
    newest: (user: string) =>
      b.store
        .list({ direction: 'out', user, limit: 50, offset: 0 })
        .filter(({ state }) => state !== 'discarded')
        .sort((one, other) => other.id - one.id)[0],
    bytes: async (item: Item) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of parts.bodies.open(item.body)) chunks.push(Uint8Array.from(chunk));
      return Buffer.concat(chunks).toString('utf8');
    },
    beforeClose: (act: typeof look) => {
      look = act;
    },
    naive,
    naiveNow: async () => {
      const found = await usersOf(parts.policy.usersQuery, never);
      const opened = await openView(never);
      if (!found.ok || !opened.ok) throw new Error('no view');
      const all = new Map<string, string>();
      for (const user of found.value) all.set(user.name, await naive(opened.value, user));
      await opened.value.close();
      return all;
    },
  });
  bench.entities([PRICE, STOP, REGION]);
  return bench;
}
