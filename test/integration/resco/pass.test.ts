import { afterEach, describe, expect, it } from 'vitest';
import { recordPass } from '../../../main/core/records/pass/record-pass.ts';
import type { PassEnd, PassParts } from '../../../main/core/records/pass/pass-parts.ts';
import type { FieldShape } from '../../../main/core/records/record-store.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/resco/switches.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { recordMappingSchema } from '../../../shared/model/record-mapping.ts';
import { MemoryRecords } from '../../support/memory-records.ts';
import { store as sqlite } from '../../unit/sqlite/sample.ts';
import { never, rescoWorld, type RescoWorld } from './resco-world.ts';

let world: RescoWorld;
afterEach(() => world.close());

const can = { read: true, create: true, update: true, find: true };
const column = (name: string, type: FieldShape['type'] = 'text'): FieldShape => ({
  name,
  type,
  required: false,
  can,
});

const field = (name: string, erp: string, cloud: string, type: string, more: object = {}): object => ({
  name,
  erp,
  cloud,
  type,
  ...more,
});

const mapping = recordMappingSchema.parse({
  mappingVersion: 1,
  name: 'resco',
  kind: 'records',
  entities: [
    {
      entity: 'customer',
      erp: { table: { name: 'Customer' }, key: ['ID'], mark: { BLOCKED: { type: 'text', value: 'yes' } } },
      cloud: { entity: 'account', mark: { statecode: '1' } },
      match: { by: ['number'] },
      fields: [
        field('number', 'NO', 'accountnumber', 'text(20)'),
        field('name', 'NAME', 'name', 'text(160)'),
        field('limit', 'LIMIT', 'creditlimit', 'decimal(19,4)'),
        field('held', 'HELD', 'creditonhold', 'bool'),
        field('visited', 'VISITED', 'lastvisiton', 'datetime'),
      ],
    },
    {
      entity: 'contact',
      erp: { table: { name: 'Contact' }, key: ['ID'] },
      cloud: { entity: 'contact' },
      fields: [
        field('name', 'NAME', 'fullname', 'text(160)'),
        field('born', 'BORN', 'birthdate', 'date'),
        field('customer', 'CUSTOMER', 'parentcustomerid', 'text(40)', { reference: 'customer' }),
      ],
    },
  ],
});

async function bothSides(switches: SwitchesPatch): Promise<{
  readonly erp: MemoryRecords;
  readonly pass: () => Promise<PassEnd>;
}> {
  world = await rescoWorld(switches);
  const erp = new MemoryRecords({
    side: 'erp',
    shapes: [
      {
        entity: 'dbo.Customer',
        key: ['ID'],
        fields: [
          column('NO'),
          column('NAME'),
          column('LIMIT', 'decimal'),
          column('HELD', 'bool'),
          column('VISITED', 'instant'),
          column('BLOCKED'),
        ],
        remarks: [],
      },
      {
        entity: 'dbo.Contact',
        key: ['ID'],
        fields: [column('NAME'), column('BORN', 'date'), column('CUSTOMER')],
        remarks: [],
      },
    ],
    createIdentity: 'ledger',
    deletions: 'reported',
  });
  const parts: PassParts = {
    link: linkId('resco'),
    mapping,
    stores: { erp, cloud: world.store },
    state: sqlite().records,
    runtime: world.runtime,
    log: { info: () => undefined, warn: () => undefined },
    zone: 'Europe/Sofia',
    skewMs: undefined,
    refusedRestMs: 60_000,
    sweepsUntilGone: 2,
  };
  // As a person does who has read the report of the first synchronisation.
  parts.state.confirmFirst(parts.link, 'test', world.runtime.wall());
  return { erp, pass: () => recordPass(parts, { unlimited: false }, never) };
}

describe.each<readonly [string, SwitchesPatch]>([
  ['as it is set by default', {}],
  [
    'the other way wherever it may differ',
    {
      fetchPath: 'Fetch',
      emShape: 'flat',
      metaShape: 'flat',
      responseNs: 'vendor',
      minActive: 'off',
      multiple: 'continue',
      dateZ: 'never',
      boolCase: 'lower',
      upsert: 'fault',
    },
  ],
  ['without conditions on row versions', { rowVersionConditions: 'fault' }],
])('a pass over both sides, %s', (_name, switches) => {
  it('carries records there and back until both sides are equal, and then does nothing', async () => {
    const { erp, pass } = await bothSides(switches);
    const { control } = world.cloud;
    erp.insert('dbo.Customer', 'c1', {
      NO: '007',
      NAME: 'Müller & Söhne',
      LIMIT: '1000.5',
      HELD: 'false',
      VISITED: '2026-03-01T08:00:00Z',
    });
    erp.insert('dbo.Contact', 'p1', { NAME: 'Jana', BORN: '1990-12-31', CUSTOMER: 'c1' });
    const cloudOnly = world.account('Aus der Wolke', {
      accountnumber: '900',
      creditlimit: '12.50',
      creditonhold: 'True',
    });

    const first = await pass();
    expect(first).toMatchObject({
      failure: undefined,
      stopped: [],
      counts: { created: 3, conflicts: 0, unknown: 0 },
    });
    const made = control.records('account').find(({ id }) => id !== cloudOnly);
    expect(made?.values).toMatchObject({
      accountnumber: '007',
      name: 'Müller & Söhne',
      lastvisiton: '2026-03-01T08:00:00Z',
    });
    expect(control.records('contact')[0]?.values).toMatchObject({
      fullname: 'Jana',
      birthdate: '1990-12-31T00:00:00Z',
      parentcustomerid: `account:${made?.id}`,
    });
    const back = [...erp.rows('dbo.Customer')].find(([id]) => id !== 'c1');
    expect(Object.fromEntries(back?.[1].fields ?? [])).toMatchObject({
      NO: '900',
      NAME: 'Aus der Wolke',
      LIMIT: '12.5',
      HELD: 'true',
    });

    control.advance(3_600_000);
    control.write({ action: 'Update', entity: 'account', id: made?.id, values: { creditlimit: '99.10' } });
    erp.update('dbo.Customer', 'c1', { NAME: 'Müller GmbH' });
    const second = await pass();
    expect(second).toMatchObject({ failure: undefined, counts: { updated: 2, conflicts: 0, created: 0 } });
    expect(erp.rows('dbo.Customer').get('c1')?.fields.get('LIMIT')).toBe('99.1');
    expect(control.record('account', made?.id ?? '')?.values['name']).toBe('Müller GmbH');

    await pass();
    const versions = control.maxRowVersion();
    const { history } = erp;
    const writes = history.length;
    await pass();
    expect(control.maxRowVersion()).toBe(versions);
    expect(history).toHaveLength(writes);
  });

  it('answers that are lost make no record twice', async () => {
    const { erp, pass } = await bothSides(switches);
    for (let at = 0; at < 20; at += 1)
      erp.insert('dbo.Customer', `c${at}`, { NO: `N-${at}`, NAME: `Customer ${at}` });
    for (const kind of ['lost-answer', 'half', 'cut'] as const) {
      world.cloud.control.faults([
        { on: 'ExecuteMultiple', kind, times: 1 },
        { on: 'Fetch', kind, times: 1, skip: 3 },
      ]);
      await pass();
      world.cloud.control.clearFaults();
    }
    await pass();
    const end = await pass();
    expect(end).toMatchObject({ failure: undefined, counts: { unknown: 0 } });
    const numbers = world.cloud.control.records('account').map(({ values }) => values['accountnumber']);
    expect(numbers).toHaveLength(20);
    expect(new Set(numbers)).toEqual(new Set(Array.from({ length: 20 }, (_, at) => `N-${at}`)));
  });
});
