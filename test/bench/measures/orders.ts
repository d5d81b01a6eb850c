import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderDevicePacket } from '../../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';
import { judgeConnection } from '../../../main/sandbox/program/judge-connection.ts';
import { startWorld, type World } from '../../../main/sandbox/program/world.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { runningSite, type RunningSite } from '../bench-site.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { processorSecondsOf, share } from '../processor-time.ts';

const ORDERS = 300;
const REPEATS = 3;

interface Goods {
  readonly user: string;
  readonly customer: string;
  readonly items: readonly string[];
}

function orderXml({ user, customer, items }: Goods, no: string): string {
  const at = '2026-03-16T08:30:00.000Z';
  return renderDevicePacket({
    user,
    tables: [
      {
        name: 'SalesHeader',
        rows: [
          {
            status: 'insert',
            fields: [
              ['DMS_ROWID', randomUUID()],
              ['no', no],
              ['documentType', '0'],
              ['dateCreated', at],
              ['customerNo', customer],
              ['amount', '20.20'],
              ['vatAmount', '4.04'],
              ['totalAmount', '24.24'],
            ],
          },
        ],
      },
      {
        name: 'SalesLine',
        rows: items.map((item, index) => ({
          status: 'insert',
          fields: [
            ['DMS_ROWID', randomUUID()],
            ['documentNo', no],
            ['lineNo', String((index + 1) * 10_000)],
            ['no', item],
            ['quantity', '2.5'],
            ['unitOfMeasure', 'PCS'],
            ['unitPrice', '4.04'],
            ['amount', '10.10'],
          ],
        })),
      },
    ],
  });
}

/** The child of this process that runs the sample ERP; undefined where the system has no `/proc`. */
function erpProcess(): number | undefined {
  try {
    return readdirSync('/proc')
      .map(Number)
      .find((pid) => {
        if (!Number.isInteger(pid)) return false;
        try {
          const status = readFileSync(`/proc/${pid}/status`, 'utf8');
          const ours = status.includes(`PPid:\t${process.pid}\n`);
          return ours && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('erp-main.ts');
        } catch {
          return false;
        }
      });
  } catch {
    return undefined;
  }
}

function pullOnly(dataDir: string): void {
  const file = join(dataDir, 'site.json');
  const settings = JSON.parse(readFileSync(file, 'utf8')) as { links: { push: object }[] };
  for (const { push } of settings.links) Object.assign(push, { enabled: false });
  writeFileSync(file, JSON.stringify(settings));
}

const ask = async (world: World, what: string): Promise<void> => {
  const answer = await fetch(`${world.erpControl}/${what}`, { method: 'POST' });
  if (!answer.ok) throw new Error(`the ERP did not ${what}`);
};

interface Applied {
  readonly ordersPerSecond: number;
  readonly erpCpu: number | undefined;
  readonly agentCpu: number;
}

/** Stores the packets while the ERP is away, lets it come back and times the writing alone. */
async function batch(world: World, site: RunningSite, goods: Goods, done: number): Promise<Applied> {
  const { handlers } = site.handle;
  const pending = async (): Promise<number> => {
    const status = await handlers.status({});
    return status.ok ? (status.value.links[0]?.pendingIn.count ?? 0) : 0;
  };
  await ask(world, 'stop');
  for (let index = 0; index < ORDERS; index += 1)
    await world.cloud.deliver({
      user: goods.user,
      company: SAMPLE.company,
      appCode: 'SLA',
      operation: 'Sales Order',
      xml: orderXml(goods, `B-${done + index}`),
    });
  while ((await pending()) < ORDERS) await site.run('pull');
  await ask(world, 'start');
  const erpPid = erpProcess();
  const agentBefore = process.cpuUsage();
  const erpBefore = processorSecondsOf(erpPid);
  const from = performance.now();
  await handlers.sync({ flow: 'pull' });
  await site.until(async () => (await pending()) === 0);
  const erpAfter = processorSecondsOf(erpPid);
  const elapsed = (performance.now() - from) / 1000;
  const agent = process.cpuUsage(agentBefore);
  const listed = await handlers.queueList({ direction: 'in', limit: 500, offset: 0 });
  const fresh = listed.ok
    ? listed.value.items.toSorted((one, other) => other.id - one.id).slice(0, ORDERS)
    : [];
  const ends = fresh.map(({ settledAt }) => settledAt ?? Number.NaN);
  // The first one's own time is not counted: its beginning is the ERP's return.
  const seconds = (Math.max(...ends) - Math.min(...ends)) / 1000;
  return {
    ordersPerSecond: (ORDERS - 1) / seconds,
    erpCpu: erpBefore === undefined || erpAfter === undefined ? undefined : (erpAfter - erpBefore) / elapsed,
    agentCpu: (agent.user + agent.system) / 1_000_000 / elapsed,
  };
}

export async function measure(): Promise<Measured> {
  const world = await startWorld({
    seed: 1,
    mode: 'sticky',
    scale: 'tiny',
    settings: { acknowledge: 'after-store', pullEvery: '24h' },
    now: () => Date.now(),
  });
  try {
    pullOnly(world.dataDir);
    const erp = await judgeConnection(world.erpPort);
    const column = async (query: string): Promise<string[]> =>
      (await erp.query(query)).map((row) => String(Object.values(row)[0]));
    const [customer = ''] = await column('SELECT MIN(CustomerNo) AS no FROM dbo.Customers');
    const items = await column("SELECT TOP 2 ItemNo FROM dbo.Items WHERE ItemNo LIKE N'I0%' ORDER BY ItemNo");
    await erp.close();
    const goods = { user: world.phones[0]?.user ?? '', customer, items };
    const site = await runningSite(world.dataDir, world.env);
    const applied: Applied[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1)
      applied.push(await batch(world, site, goods, repeat * ORDERS));
    await site.stop();
    const judge = await judgeConnection(world.erpPort);
    const [count] = await judge.query(
      'SELECT COUNT(*) AS n, COUNT(DISTINCT MobileNo) AS d FROM dbo.SalesOrders',
    );
    await judge.close();
    if (count?.['n'] !== ORDERS * REPEATS || count['d'] !== ORDERS * REPEATS)
      throw new Error(`the ERP has ${JSON.stringify(count)} orders`);
    const erpCpu = median(applied.flatMap((one) => one.erpCpu ?? []));
    return {
      values: applied.map((one) => one.ordersPerSecond),
      details: {
        orders: ORDERS,
        once: true,
        erpProcessCpu: share(erpCpu),
        agentCpu: share(median(applied.map((one) => one.agentCpu))),
        limit:
          erpCpu > 0.9
            ? 'the sandbox server: its process is busy all the time'
            : 'not the sandbox server: the disk’s syncs and the way between the processes',
        millisecondsPerOrder: rounded(1000 / median(applied.map((one) => one.ordersPerSecond))),
      },
    };
  } finally {
    await world.end();
  }
}
