import { createHash } from 'node:crypto';
import { loadMapping } from '../../../main/core/mapping/load-mapping.ts';
import { planPacket } from '../../../main/core/mapping/plan-packet.ts';
import type { PacketPlan, PlanInput } from '../../../main/core/mapping/plan.ts';
import { sha256, sourceId, type Sha256 } from '../../../shared/model/ids.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import type { Result } from '../../../shared/model/result.ts';
import { packetOf } from '../codec/codec-support.ts';

export const hash = (text: string): Sha256 => sha256(createHash('sha256').update(text).digest('hex'));

export const DATA = {
  mappingVersion: 1,
  name: 'field sales',
  push: {
    entities: [
      {
        entity: 'Customer',
        from: { table: { name: 'Customer' } },
        fields: { No: { column: 'No_', type: 'text(20)' }, Name: { column: 'Name', type: 'text(100)' } },
        orderBy: ['No_'],
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'visit',
        entity: 'CustomerActivity',
        when: { field: 'Action', in: ['101', '105'] },
        number: 'VisitNo',
        write: {
          to: { table: { name: 'Visit' }, rawInsert: true },
          values: { VisitNo: { field: 'VisitNo', type: 'text(20)' } },
        },
        onUpdate: 'ignore',
      },
      {
        document: 'order',
        entity: 'SalesHeader',
        when: { field: 'documentType', in: ['0', '1'] },
        number: 'no',
        customer: 'customerNo',
        amount: 'totalAmount',
        write: {
          to: { procedure: { schema: 'sales', name: 'NewOrder' } },
          values: {
            No: { field: 'no', type: 'text(20)', required: true },
            Customer: { field: 'customerNo', type: 'text(20)', required: true },
            Created: { field: 'dateCreated', type: 'datetime' },
            OrderDate: { field: 'dateCreated', type: 'dateOfTime' },
            Kind: { field: 'documentType', type: 'int', codes: 'kinds' },
            Total: { field: 'totalAmount', type: 'decimal(18,2)' },
            Channel: { constant: 'PHONE', type: 'text(10)' },
            User: { packet: 'user' },
            Packet: { packet: 'id' },
            Reason: { field: 'reason', type: 'text(10)', default: 'NONE' },
          },
        },
        returns: { key: { name: 'Id', type: 'int' }, number: { name: 'ErpNo', type: 'text(20)' } },
        lines: [
          {
            entity: 'SalesLine',
            join: { line: 'documentNo', header: 'no' },
            write: {
              to: { table: { name: 'OrderLine' }, rawInsert: true },
              values: {
                OrderId: { header: 'key' },
                Item: { field: 'no', type: 'text(20)', required: true },
                Quantity: { field: 'quantity', type: 'decimal(18,4)', required: true },
              },
            },
          },
        ],
        references: [
          { field: 'visitNo', to: { document: 'visit' }, otherwise: 'apply' },
          { field: 'customerNo', to: { table: { name: 'Customer' }, column: 'No_' } },
          { field: 'no', entity: 'SalesLine', to: { table: { name: 'Item' }, column: 'No_' } },
        ],
      },
    ],
    series: [{ entity: 'DocumentSerieUpdate', key: ['tableName', 'documentType'], current: 'current' }],
    keepOnly: ['SalesLineInventory', 'CustomerActivity'],
    codes: { kinds: { '0': '10', '1': '20' } },
  },
} as const;

// JSON that tests break on purpose has no shape to hold on to.
// oxlint-disable-next-line typescript/no-explicit-any
export type Breakable = any;

/** The mapping above after a change to a copy of its JSON. */
export function changed(change: (data: Breakable) => void): string {
  const data = structuredClone(DATA) as Breakable;
  change(data);
  return JSON.stringify(data);
}

export function mappingOf(text: string = JSON.stringify(DATA)): Mapping {
  const loaded = loadMapping(text, hash);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.failure));
  return loaded.value.mapping;
}

export const ROW = '5a3c7e10-0000-4000-8000-0000000000c1';

export interface OrderText {
  readonly header?: string | undefined;
  readonly lines?: readonly string[] | undefined;
  readonly more?: string | undefined;
  readonly status?: string | undefined;
}

const HEADER =
  '<documentType>0</documentType><no>SO-1</no><customerNo>C-1</customerNo><dateCreated>2025-03-10T22:30:00.000Z</dateCreated><totalAmount>12.50</totalAmount>';

export const line = (item: string, quantity = '1', document = 'SO-1'): string =>
  `<documentNo>${document}</documentNo><no>${item}</no><quantity>${quantity}</quantity>`;

export function orderXml({
  header = `<DMS_ROWID>${ROW}</DMS_ROWID>${HEADER}`,
  lines = [line('I-1', '2.500'), line('I-2', '1')],
  more = '',
  status = 'insert',
}: OrderText = {}): string {
  return (
    `<NavMobileSync salesmancode="anna"><table tablename="SalesLine">` +
    lines.map((fields) => `<r status="insert">${fields}</r>`).join('') +
    `</table><table tablename="SalesHeader"><r status="${status}">${header}</r></table>${more}</NavMobileSync>`
  );
}
export const HEADER_FIELDS = HEADER;

export async function plan(
  xml: string,
  more: Partial<PlanInput> & { readonly mapping?: Mapping } = {},
): Promise<Result<PacketPlan>> {
  return planPacket({
    packet: await packetOf(xml),
    mapping: mappingOf(),
    mappingHash: hash('mapping'),
    packetId: 'packet-1',
    user: 'anna',
    company: 'ACME_LIVE',
    source: sourceId('dynamics-mobile', 'cloud.test', 'ACME'),
    revision: 0,
    payloadHash: hash(xml),
    zones: { area: 'UTC', erp: 'Europe/Sofia' },
    hash,
    ...more,
  });
}

export async function planned(xml: string, more: Parameters<typeof plan>[1] = {}): Promise<PacketPlan> {
  const result = await plan(xml, more);
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
}

export async function refusal(
  xml: string,
  more: Parameters<typeof plan>[1] = {},
): Promise<Extract<SyncFailure, { kind: 'rejected' }>> {
  const result = await plan(xml, more);
  if (result.ok) throw new Error('the packet was planned');
  if (result.failure.kind !== 'rejected') throw new Error(result.failure.kind);
  return result.failure;
}
