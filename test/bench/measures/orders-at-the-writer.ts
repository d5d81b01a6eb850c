import { createHash, randomUUID } from 'node:crypto';
import sql from 'mssql';
import type { WriteCall, WriteUnit } from '../../../main/core/packets/erp.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import { benchErp, driverSettings, SOURCE, type BenchErp } from '../bench-erp.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { share, timedWith, type Timed } from '../processor-time.ts';

const ORDERS = 400;
const LINES = 5;
const REPEATS = 5;
/** Rounds that warm both processes and are not counted. */
const WARM = 3;

const type = (text: string): FieldType => {
  const parsed = parseFieldType(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};
const TYPES = {
  no: type('text(30)'),
  guid: type('guid'),
  day: type('date'),
  moment: type('datetime'),
  money: type('decimal(19,4)'),
  quantity: type('decimal(18,3)'),
  int: type('int'),
};
const hashOf = (text: string): ReturnType<typeof sha256> =>
  sha256(createHash('sha256').update(text).digest('hex'));
const MAPPING_HASH = hashOf('mapping');
const signal = new AbortController().signal;

interface Goods {
  readonly customer: string;
  readonly items: readonly string[];
}

/** Numbers that tell every order and line from every other. */
const lineAmount = (order: number, line: number): string => `${order + 1}.${line}001`;

function unitOf({ customer, items }: Goods, order: number): WriteUnit {
  const number = `W-${order}`;
  const header: WriteCall = {
    kind: 'insert',
    target: { schema: 'dbo', name: 'SalesOrders' },
    values: [
      { name: 'DmsRowId', type: TYPES.guid, value: randomUUID() },
      { name: 'MobileNo', type: TYPES.no, value: number },
      { name: 'MobileUser', type: TYPES.no, value: 'bench.user' },
      { name: 'Origin', type: TYPES.no, value: 'mobile' },
      { name: 'DocumentType', type: TYPES.no, value: 'Order' },
      { name: 'CustomerNo', type: TYPES.no, value: customer },
      { name: 'OrderDate', type: TYPES.day, value: '2026-03-16' },
      { name: 'EnteredAt', type: TYPES.moment, value: '2026-03-16T08:30:00.000' },
      { name: 'Amount', type: TYPES.money, value: `${order}.25` },
      { name: 'VatAmount', type: TYPES.money, value: `${order}.05` },
      { name: 'TotalAmount', type: TYPES.money, value: `${order}.3` },
    ],
    returnsKey: { name: 'OrderId', type: TYPES.int },
    returnsNumber: { name: 'OrderNo', type: TYPES.no },
  };
  const lines = Array.from({ length: LINES }, (_, line): WriteCall => ({
    kind: 'insert',
    target: { schema: 'dbo', name: 'Sales Order Line' },
    values: [
      { name: 'OrderId', type: TYPES.int, value: { headerKey: true } },
      { name: 'Line No', type: TYPES.int, value: String((line + 1) * 10_000) },
      { name: 'DmsRowId', type: TYPES.guid, value: randomUUID() },
      { name: 'Item No', type: TYPES.no, value: items[line % items.length] ?? '' },
      { name: 'Quantity', type: TYPES.quantity, value: '2.5' },
      { name: 'Unit Code', type: TYPES.no, value: 'PCS' },
      { name: 'Unit Price', type: TYPES.money, value: '4.04' },
      { name: 'Amount', type: TYPES.money, value: lineAmount(order, line) },
    ],
  }));
  return {
    source: SOURCE,
    packetId: `packet-${order}`,
    revision: 0,
    payloadHash: hashOf(number),
    mappingHash: MAPPING_HASH,
    user: 'bench.user',
    company: 'BENCH',
    documents: [
      {
        document: 'order',
        entity: 'SalesHeader',
        rowId: randomUUID(),
        number,
        contentHash: hashOf(`${number} content`),
        header,
        lines,
      },
    ],
    series: [{ user: 'bench.user', series: 'ORDER', current: String(order) }],
  };
}

async function write(erp: BenchErp, units: readonly WriteUnit[], lanes: number): Promise<void> {
  const waiting = units.values();
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      for (const unit of waiting) {
        const done = await erp.access.writer.apply(unit, signal);
        if (!done.ok || done.value.kind !== 'applied')
          throw new Error(`an order was not applied: ${JSON.stringify(done)}`);
      }
    }),
  );
}

/** Each order once, with its own five lines, its ledger row finished and its document known by its key. */
async function check(pool: sql.ConnectionPool, orders: number): Promise<void> {
  const { recordset } = await pool.request().query<{ no: string; total: string; lines: number }>(
    `SELECT o.MobileNo AS no, CONVERT(nvarchar(60), o.LinesTotal) AS total, o.LineCount AS lines
     FROM dbo.SalesOrders o
     JOIN ferry.ledger_document d ON d.number = o.MobileNo AND d.erp_key = CONVERT(nvarchar(20), o.OrderId)
     JOIN ferry.ledger l ON l.source = d.source AND l.packet_id = d.packet_id
     WHERE l.state = N'applied' AND l.finished_at IS NOT NULL AND o.MobileNo LIKE N'W-%'`,
  );
  const found = new Map(recordset.map((row) => [row.no, row]));
  if (recordset.length !== orders || found.size !== orders)
    throw new Error(`the ERP has ${recordset.length} orders, ${found.size} of them once`);
  for (let order = 0; order < orders; order += 1) {
    const row = found.get(`W-${order}`);
    // Five times the whole part; fractions of .0001 each, and .0 to .4.
    const total = `${5 * (order + 1) + 1}.0005`;
    if (row?.lines !== LINES || row.total !== total)
      throw new Error(`order ${order} reads ${JSON.stringify(row)}, not ${total}`);
  }
}

/** One lane is the figure of this module; `lanes` is given by the modules of the others. */
export async function measureLanes(lanes: number): Promise<Measured> {
  const erp = await benchErp(0);
  const pool = new sql.ConnectionPool(driverSettings(erp.port));
  try {
    await pool.connect();
    const column = async (text: string): Promise<string[]> =>
      (await pool.request().query<{ v: string }>(text)).recordset.map(({ v }) => v);
    const [customer = ''] = await column('SELECT MIN(CustomerNo) AS v FROM dbo.Customers');
    const items = await column(
      "SELECT TOP 5 ItemNo AS v FROM dbo.Items WHERE ItemNo LIKE N'I0%' ORDER BY ItemNo",
    );
    const runs: Timed[] = [];
    for (let repeat = 0; repeat < WARM + REPEATS; repeat += 1) {
      const units = Array.from({ length: ORDERS }, (_, index) =>
        unitOf({ customer, items }, repeat * ORDERS + index),
      );
      const timed = await timedWith(erp.pid, () => write(erp, units, lanes));
      if (repeat >= WARM) runs.push(timed);
    }
    await check(pool, ORDERS * (WARM + REPEATS));
    const serverCpu = median(runs.map(({ seconds, theirs }) => theirs / seconds));
    const agentCpu = median(runs.map(({ seconds, ours }) => ours / seconds));
    const each = (seconds: (run: Timed) => number): number =>
      rounded((1000 * median(runs.map(seconds))) / ORDERS);
    return {
      values: runs.map(({ seconds }) => ORDERS / seconds),
      details: {
        lanes,
        lines: LINES,
        checked: ORDERS * (WARM + REPEATS),
        serverCpu: share(serverCpu),
        agentCpu: share(agentCpu),
        serverMsPerOrder: each(({ theirs }) => theirs),
        agentMsPerOrder: each(({ ours }) => ours),
        limit:
          serverCpu > 0.85
            ? 'the sandbox server: its process is busy all the time'
            : serverCpu > agentCpu
              ? 'the sandbox server and the way to it'
              : 'the agent and the way to the server',
      },
    };
  } finally {
    await pool.close();
    await erp.end();
  }
}

export const measure = (): Promise<Measured> => measureLanes(1);
