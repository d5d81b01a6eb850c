import { expect, it } from 'vitest';
import { changed, mappingOf, orderXml, planned } from './mapping-support.ts';

it('a document for a staging table says where the ERP will say what became of it', async () => {
  const mapping = mappingOf(
    changed((d) => {
      const order = d.pull.documents[1];
      order.write.to = { staging: { schema: 'in', name: 'Inbox' } };
      order.erpStatus = { column: 'Status', accepted: ['OK'], refused: ['NO'], number: 'OrderNo' };
      order.lines[0].write.to = { staging: { name: 'InboxLine' } };
    }),
  );
  const [document] = (await planned(orderXml(), { mapping })).unit.documents;
  expect(document?.header).toMatchObject({ kind: 'insert', target: { schema: 'in', name: 'Inbox' } });
  expect(document?.handover).toEqual({
    document: 'order',
    staging: { schema: 'in', name: 'Inbox' },
    key: { name: 'Id', type: { kind: 'int' } },
    column: 'Status',
    accepted: ['OK'],
    refused: ['NO'],
    number: 'OrderNo',
    reason: undefined,
  });
  expect(document?.lines.map(({ kind, target }) => [kind, target.name])).toEqual([
    ['insert', 'InboxLine'],
    ['insert', 'InboxLine'],
  ]);
});

it('a row by its key carries the key; nothing else is handed over', async () => {
  const mapping = mappingOf(
    changed((d) => {
      d.pull.documents[1].lines[0].write.to = {
        table: { name: 'OrderLine' },
        upsert: { key: ['OrderId', 'Item'], onExisting: 'keep' },
      };
    }),
  );
  const [document] = (await planned(orderXml(), { mapping })).unit.documents;
  expect(document?.handover).toBeUndefined();
  expect(document?.lines[0]).toMatchObject({
    kind: 'upsert',
    target: { schema: 'dbo', name: 'OrderLine' },
    upsert: { key: ['OrderId', 'Item'], onExisting: 'keep' },
  });
});
