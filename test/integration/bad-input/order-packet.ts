import { randomUUID } from 'node:crypto';
import { renderDevicePacket } from '../../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';
import type { BadInputWorld } from './bad-input-bench.ts';

export interface OrderText {
  readonly no: string;
  readonly xml: string;
}

let made = 0;

/** One order with one line, as a phone writes it. Each has a number of its own. */
export function orderPacket(
  world: Pick<BadInputWorld, 'users' | 'customer' | 'item'>,
  wishes: { user?: string; customer?: string; item?: string; documentType?: string } = {},
): OrderText {
  made += 1;
  const no = `BAD-${process.pid}-${made}`;
  const at = '2026-03-16T08:30:00.000Z';
  const xml = renderDevicePacket({
    user: wishes.user ?? world.users[0],
    tables: [
      {
        name: 'SalesHeader',
        rows: [
          {
            status: 'insert',
            fields: [
              ['DMS_ROWID', randomUUID()],
              ['no', no],
              ['documentType', wishes.documentType ?? '0'],
              ['dateCreated', at],
              ['customerNo', wishes.customer ?? world.customer],
              ['customerName', 'Ünïcode & Co'],
              ['amount', '10.10'],
              ['vatAmount', '2.02'],
              ['totalAmount', '12.12'],
            ],
          },
        ],
      },
      {
        name: 'SalesLine',
        rows: [
          {
            status: 'insert',
            fields: [
              ['DMS_ROWID', randomUUID()],
              ['documentNo', no],
              ['lineNo', '10000'],
              ['no', wishes.item ?? world.item],
              ['quantity', '2.5'],
              ['unitOfMeasure', 'PCS'],
              ['unitPrice', '4.04'],
              ['amount', '10.10'],
            ],
          },
        ],
      },
    ],
  });
  return { no, xml };
}

/** How often the ERP has the order, and how many lines it has in all. */
export async function inErp(
  { erp }: Pick<BadInputWorld, 'erp'>,
  { no }: OrderText,
): Promise<{ orders: number; lines: number }> {
  const rows = await erp.query(
    `SELECT o.OrderId, (SELECT COUNT(*) FROM dbo.[Sales Order Line] l WHERE l.OrderId = o.OrderId) AS n FROM dbo.SalesOrders o WHERE o.MobileNo = N'${no}'`,
  );
  return { orders: rows.length, lines: rows.reduce((sum, row) => sum + Number(row['n']), 0) };
}

export const ONCE = { orders: 1, lines: 1 };
export const NEVER = { orders: 0, lines: 0 };
