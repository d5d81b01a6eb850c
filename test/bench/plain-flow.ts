import { XMLParser } from 'fast-xml-parser';
import sql from 'mssql';
import { driverSettings } from './bench-erp.ts';

interface Row {
  readonly [field: string]: string;
}

const parser = new XMLParser({
  ignoreAttributes: false,
  parseTagValue: false,
  isArray: (name) => name === 'message' || name === 'table' || name === 'r',
});

/** Header and lines of one order, read and written the shortest way: one statement, no ledger, nothing looked up. */
async function deliver(pool: sql.ConnectionPool, xml: string, user: string): Promise<void> {
  const packet = parser.parse(xml) as {
    NavMobileSync: { table: { '@_tablename': string; r: Row[] }[] };
  };
  const rows = (table: string): readonly Row[] =>
    packet.NavMobileSync.table.find((one) => one['@_tablename'] === table)?.r ?? [];
  const [header] = rows('SalesHeader');
  if (header === undefined) throw new Error('a packet without an order');
  const request = pool.request();
  let next = 0;
  const bind = (value: string | undefined): string => {
    const name = `p${next++}`;
    request.input(name, sql.NVarChar(60), value ?? null);
    return `@${name}`;
  };
  const lines = rows('SalesLine').map(
    (line) =>
      `(@order, ${bind(line['lineNo'])}, ${bind(line['DMS_ROWID'])}, ${bind(line['no'])}, ${bind(line['quantity'])}, ${bind(line['unitOfMeasure'])}, ${bind(line['unitPrice'])}, ${bind(line['amount'])})`,
  );
  await request.query(
    `DECLARE @order int;
     BEGIN TRANSACTION;
     INSERT INTO dbo.SalesOrders (DmsRowId, MobileNo, MobileUser, Origin, DocumentType, CustomerNo, OrderDate, EnteredAt,
       Amount, VatAmount, TotalAmount)
     VALUES (${bind(header['DMS_ROWID'])}, ${bind(header['no'])}, ${bind(user)}, N'mobile', N'Order', ${bind(header['customerNo'])},
       '2026-03-16', '2026-03-16T08:30:00', ${bind(header['amount'])}, ${bind(header['vatAmount'])}, ${bind(header['totalAmount'])});
     SET @order = SCOPE_IDENTITY();
     INSERT INTO dbo.[Sales Order Line] (OrderId, [Line No], DmsRowId, [Item No], Quantity, [Unit Code], [Unit Price], Amount)
     VALUES ${lines.join(', ')};
     COMMIT;`,
  );
}

/**
 * The flow as the vendor's page shows it, by somebody who knows nothing of this program: list, then for each entry link,
 * download, deliver, then the list reported done; one call after the other. Packets that come again are left out by their id.
 * Returns once so many are reported; the last list may bring it a few above.
 */
export async function plainFlow(
  cloud: { readonly url: string; readonly area: string; readonly key: string },
  erpPort: number,
  packets: number,
): Promise<{ readonly packets: number; readonly lists: number }> {
  const base = `${cloud.url}/mobile/erp/pull/${cloud.area}`;
  const headers = { 'x-api-key': cloud.key };
  const ask = async (url: string, init: RequestInit): Promise<string> => {
    const answer = await fetch(url, init);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${url.split('?')[0] ?? ''} answered ${answer.status}`);
    return text;
  };
  const pool = new sql.ConnectionPool(driverSettings(erpPort));
  await pool.connect();
  const done = new Set<string>();
  let lists = 0;
  try {
    while (done.size < packets) {
      const list = await ask(`${base}?packetType=packet&format=xml`, { headers });
      lists += 1;
      const { messages } = parser.parse(list) as { messages: { message?: Row[] } | '' };
      const entries = messages === '' ? [] : (messages.message ?? []);
      for (const { id = '', url = '', userName = '' } of entries) {
        if (done.has(id)) continue;
        const link = JSON.parse(await ask(`${base}/link?path=${url}`, { headers })) as { url: string };
        await deliver(pool, await ask(link.url, {}), userName);
        done.add(id);
      }
      if (entries.length > 0)
        await ask(`${base}/done?packetType=packet&format=xml`, {
          method: 'POST',
          headers: { ...headers, 'content-type': 'application/xml' },
          body: list,
        });
    }
  } finally {
    await pool.close();
  }
  return { packets: done.size, lists };
}
