import type { WriteCall, WriteDocument, WriteUnit } from '../../../main/core/packets/erp.ts';
import { sha256, sourceId } from '../../../shared/model/ids.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';

export const SOURCE = sourceId('dynamics-mobile', 'cloud.example', 'ACME');
export const hash = (letter: string): ReturnType<typeof sha256> => sha256(letter.repeat(64));

export const type = (text: string): FieldType => {
  const parsed = parseFieldType(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

export const headerCall = (more: Partial<WriteCall> = {}): WriteCall => ({
  kind: 'insert',
  target: { schema: 'dbo', name: 'Sales Order' },
  values: [
    { name: 'Customer]No', type: type('text(20)'), value: 'C-1' },
    { name: 'Amount', type: type('decimal(18,4)'), value: '12345678901234.5678' },
    { name: 'Ordered', type: type('datetime'), value: '2025-03-10T08:15:30.120' },
  ],
  returnsKey: { name: 'Id', type: type('int') },
  returnsNumber: { name: 'No', type: type('text(20)') },
  ...more,
});

export const lineCall = (item: string, quantity = '1.5'): WriteCall => ({
  kind: 'insert',
  target: { schema: 'dbo', name: 'Sales Order Line' },
  values: [
    { name: 'OrderId', type: type('int'), value: { headerKey: true } },
    { name: 'Item', type: type('text(20)'), value: item },
    { name: 'Quantity', type: type('decimal(18,3)'), value: quantity },
  ],
});

export const document = (rowId: string, more: Partial<WriteDocument> = {}): WriteDocument => ({
  document: 'order',
  entity: 'SalesHeader',
  rowId,
  number: `P-${rowId}`,
  contentHash: hash('c'),
  header: headerCall(),
  lines: [lineCall('I-1'), lineCall('I-2')],
  ...more,
});

export const unit = (more: Partial<WriteUnit> = {}): WriteUnit => ({
  source: SOURCE,
  packetId: 'packet-1',
  revision: 0,
  payloadHash: hash('a'),
  mappingHash: hash('b'),
  user: 'ANNA',
  company: 'ACME_LIVE',
  documents: [document('row-1')],
  series: [],
  ...more,
});
