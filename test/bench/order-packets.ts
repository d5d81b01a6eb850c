import { createHash } from 'node:crypto';
import { renderDevicePacket } from '../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';
import { judgeConnection } from '../../main/sandbox/program/judge-connection.ts';

/** What orders are made of: things the ERP knows. */
export interface Goods {
  readonly users: readonly string[];
  readonly customer: string;
  readonly items: readonly string[];
}

export interface OrderPacket {
  readonly id: string;
  readonly user: string;
  readonly number: string;
  readonly xml: string;
}

/** The same for the same text, so that two worlds can be given the same packets. */
const idOf = (text: string): string => {
  const hex = createHash('sha256').update(text).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
};

export async function goodsOf(erpPort: number, users: readonly string[]): Promise<Goods> {
  const erp = await judgeConnection(erpPort);
  const column = async (query: string): Promise<string[]> =>
    (await erp.query(query)).map((row) => String(Object.values(row)[0]));
  const [customer = ''] = await column('SELECT MIN(CustomerNo) AS no FROM dbo.Customers');
  const items = await column("SELECT TOP 2 ItemNo FROM dbo.Items WHERE ItemNo LIKE N'I0%' ORDER BY ItemNo");
  await erp.close();
  return { users, customer, items };
}

/** One order of two lines; `visit`: the one it was taken at. */
export function orderPacket(goods: Goods, number: string, index: number, visit?: string): OrderPacket {
  const user = goods.users[index % goods.users.length] ?? '';
  const xml = renderDevicePacket({
    user,
    tables: [
      {
        name: 'SalesHeader',
        rows: [
          {
            status: 'insert',
            fields: [
              ['DMS_ROWID', idOf(`${number} header`)],
              ['no', number],
              ['documentType', '0'],
              ['dateCreated', '2026-03-16T08:30:00.000Z'],
              ['customerNo', goods.customer],
              ['amount', '20.20'],
              ['vatAmount', '4.04'],
              ['totalAmount', '24.24'],
              ...(visit === undefined ? [] : [['visitNo', visit] as [string, string]]),
            ],
          },
        ],
      },
      {
        name: 'SalesLine',
        rows: goods.items.map((item, line) => ({
          status: 'insert',
          fields: [
            ['DMS_ROWID', idOf(`${number} ${line}`)],
            ['documentNo', number],
            ['lineNo', String((line + 1) * 10_000)],
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
  return { id: idOf(`${number} packet`), user, number, xml };
}

/** Throws unless the ERP has each of these orders once, with its lines. */
export async function expectOrders(
  erpPort: number,
  prefix: string,
  wanted: number,
  linesEach: number,
): Promise<void> {
  const erp = await judgeConnection(erpPort);
  const [count] = await erp.query(
    `SELECT COUNT(*) AS n, COUNT(DISTINCT MobileNo) AS d, SUM(LineCount) AS l FROM dbo.SalesOrders WHERE MobileNo LIKE N'${prefix}%'`,
  );
  await erp.close();
  if (count?.['n'] !== wanted || count['d'] !== wanted || count['l'] !== wanted * linesEach)
    throw new Error(`the ERP has ${JSON.stringify(count)} instead of ${wanted} orders`);
}
