import { randomUUID } from 'node:crypto';
import { MemoryRecords, type WriteFault } from '../support/memory-records.ts';
import { recordStoreSuite, type SuiteValues } from './record-store-suite.ts';

const ENTITY = 'account';
const FIELDS = { code: 'code', name: 'name', note: 'note' };
const can = { read: true, create: true, update: true, find: true };

for (const createIdentity of ['client-id', 'ledger'] as const)
  recordStoreSuite(`memory (${createIdentity})`, async () => {
    let fault: WriteFault = 'none';
    const store = new MemoryRecords({
      side: 'cloud',
      shapes: [
        {
          entity: ENTITY,
          key: ['id'],
          fields: Object.values(FIELDS).map((name) => ({ name, type: 'text', required: false, can })),
          remarks: [],
        },
      ],
      createIdentity,
      deletions: 'reported',
      fault: () => {
        const met = fault;
        fault = 'none';
        return met;
      },
    });
    const given = (values: SuiteValues): Record<string, string | null> =>
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value ?? null]));
    return {
      store,
      entity: ENTITY,
      fields: FIELDS,
      insert: async (values) => {
        const id = randomUUID();
        store.insert(ENTITY, id, { name: null, note: null, ...given(values) });
        return id;
      },
      update: async (id, values) => void store.update(ENTITY, id, given(values)),
      delete: async (id) => void store.delete(ENTITY, id),
      count: async (code) =>
        [...store.rows(ENTITY).values()].filter(({ fields }) => fields.get('code') === code).length,
      newId: randomUUID,
      lose: (when) => {
        fault = when === 'before' ? 'lost-before' : 'lost-after';
      },
      close: () => store.close(),
    };
  });
