import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SiteHandle } from '../../main/cli/program.ts';
import { startSite } from '../../main/compose.ts';
import { startChild, type Child } from '../../main/sandbox/program/child.ts';
import { SAMPLE, siteSettings } from '../../main/sandbox/sample-erp/site-settings.ts';
import type { RunView } from '../../shared/contract/status.ts';
import { LARGE_FIELDS } from './large-rows.ts';

const MAPPING = new URL('../../main/sandbox/sample-erp/field-sales.json', import.meta.url);
const CLOUD = new URL('../../main/sandbox/clouds/dynamics-mobile/main.ts', import.meta.url);
const ERP = new URL('./processes/large-erp.ts', import.meta.url);
const KEY = 'bench-key';
const USER = 'bench.user';
/** The simulated cloud holds snapshots of this application to nothing but the form of a packet. */
const APPLICATION = 'BENCH';
const MODEL = 'bench.json';

export interface LargeWorld {
  readonly dataDir: string;
  readonly user: string;
  readonly control: string;
  readonly erpPort: number;
  readonly env: NodeJS.ProcessEnv;
  end(): Promise<void>;
}

/** A data folder, a cloud and an ERP whose one pushed table has so many rows; both in processes of their own. */
export async function largeWorld(rows: number): Promise<LargeWorld> {
  const erp: Child<{ port: number }> = await startChild(ERP, { rows });
  const cloud: Child<{ url: string; control: string }> = await startChild(CLOUD, {
    areas: [{ code: SAMPLE.appArea, keys: [KEY], users: [USER], application: APPLICATION }],
    switches: { queue: 'sticky', rate: 0 },
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  mkdirSync(join(dataDir, 'mappings'));
  const mapping = JSON.parse(readFileSync(MAPPING, 'utf8')) as { push: { entities: object[] } };
  mapping.push.entities = [
    {
      entity: 'LargeTable',
      from: { table: { schema: 'dbo', name: 'LargeTable' } },
      fields: Object.fromEntries(
        LARGE_FIELDS.map((field) => [
          field,
          {
            column: field,
            type: field === 'UnitPrice' || field === 'Inventory' ? 'decimal(19,4)' : 'text(100)',
          },
        ]),
      ),
      orderBy: ['No'],
    },
  ];
  writeFileSync(join(dataDir, 'mappings', SAMPLE.mapping), JSON.stringify(mapping));
  // An app that takes anything: the rules of the sample's app are about its own tables.
  mkdirSync(join(dataDir, 'models'));
  writeFileSync(
    join(dataDir, 'models', MODEL),
    JSON.stringify({ modelVersion: 1, app: APPLICATION, tables: {} }),
  );
  writeFileSync(
    join(dataDir, 'site.json'),
    JSON.stringify(onlyWhenAsked(siteSettings({ erpPort: erp.said.port, cloudUrl: cloud.said.url }))),
  );
  return {
    dataDir,
    user: USER,
    control: cloud.said.control,
    erpPort: erp.said.port,
    env: {
      [`ERP_FERRY_SECRET_ERP_${SAMPLE.erpId.toUpperCase()}_PASSWORD`]: SAMPLE.password,
      [`ERP_FERRY_SECRET_LINK_${SAMPLE.linkId.toUpperCase().replaceAll('-', '_')}_APIKEY`]: KEY,
    },
    end: async () => {
      await Promise.all([erp.end(), cloud.end()]);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** Half a day away from now, whenever that is: nothing runs that was not asked for. */
function onlyWhenAsked(settings: object): object {
  const at = new Intl.DateTimeFormat('en-GB', {
    timeZone: SAMPLE.timeZone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(Date.now() + 12 * 3_600_000);
  const { links } = settings as { links: { push: object; pull: object }[] };
  for (const { push, pull } of links) {
    Object.assign(push, {
      every: { at: [at] },
      model: MODEL,
      users: { query: `SELECT N'${USER}' AS UserName` },
    });
    Object.assign(pull, { every: { at: [at] }, orderWindow: '1s' });
  }
  return settings;
}

export interface RunningSite {
  readonly handle: SiteHandle;
  /** A flow from its beginning to its end. */
  run(flow: 'pull' | 'push'): Promise<RunView>;
  /** Until the check holds, looked at with every event of the site. */
  until(check: () => Promise<boolean>): Promise<void>;
  stop(): Promise<void>;
}

export async function runningSite(dataDir: string, env: NodeJS.ProcessEnv): Promise<RunningSite> {
  const handle = await startSite({ dataDir, env, mode: 'run' });
  let changed = Promise.withResolvers<void>();
  handle.events.subscribe(() => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  });
  const until = async (check: () => Promise<boolean>): Promise<void> => {
    for (;;) {
      const next = changed.promise;
      if (await check()) return;
      await next;
    }
  };
  return {
    handle,
    until,
    run: async (flow) => {
      const asked = await handle.handlers.sync({ flow });
      const id = asked.ok ? asked.value.flows[0]?.run : undefined;
      let ended: RunView | undefined;
      await until(async () => {
        const reply = await handle.handlers.runsList({ limit: 20 });
        ended = reply.ok
          ? reply.value.runs.find((run) => run.id === id && run.endedAt !== undefined)
          : undefined;
        return ended !== undefined;
      });
      if (ended === undefined) throw new Error('the run did not end');
      return ended;
    },
    stop: () => handle.stop(new AbortController().signal),
  };
}
