import { describe, expect, it } from 'vitest';
import { RECORD_STEPS } from '../../../main/core/runtime/steps.ts';
import { SIDES, type Side } from '../../../main/core/records/record-store.ts';
import type { RecordMapping } from '../../../shared/model/record-mapping.ts';
import { SimulatedCrash } from '../../support/test-runtime.ts';
import { ENTITIES, NAMES, world, type Policy, type World } from './record-world.ts';

const POLICY: Policy = {
  owner: 'erp',
  onDelete: 'mark',
  unpairedParent: 'hold',
  deletions: 'sweep',
  merge: 'field',
};

const withKey = (mapping: RecordMapping): RecordMapping => ({
  ...mapping,
  entities: mapping.entities.map((one) =>
    one.entity === 'customer' ? { ...one, cloud: { ...one.cloud, foreignKey: 'erpkey' } } : one,
  ),
});

/** Agreed records, and then of everything one: created on both sides, edited, edited on both, deleted, twice the same. */
async function busy(): Promise<World> {
  const made = world(11, POLICY, { mapping: withKey });
  const { erp, cloud } = NAMES.customer;
  for (const id of ['1', '2', '3', '4']) made.erp.insert(erp, id, { CODE: `c${id}`, NAME: `n${id}` });
  for (let pass = 0; pass < 2; pass += 1) await made.pass({ sweep: 'ids' });
  const inCloud = (code: string): string =>
    [...made.cloud.rows(cloud)].find(([, { fields }]) => fields.get('code') === code)?.[0] ?? '';
  made.erp.update(erp, '1', { NAME: 'edited in erp' });
  made.cloud.update(cloud, inCloud('c2'), { name: 'edited in cloud' });
  made.erp.update(erp, '3', { NAME: 'both, erp' });
  made.cloud.update(cloud, inCloud('c3'), { name: 'both, cloud' });
  made.erp.delete(erp, '4');
  made.erp.insert(erp, '5', { CODE: 'c5', NAME: 'same', PHONE: '5' });
  made.cloud.insert(cloud, 'five', { code: 'c5', name: 'same', phone: '5' });
  made.cloud.insert(cloud, 'six', { code: 'c6', name: 'new in cloud' });
  made.erp.insert(NAMES.contact.erp, '7', { CODE: 'c7', NAME: 'child', CUSTOMER: '5' });
  return made;
}

const SWEEPS = 3;

/** What both sides hold in the end, by business key: ids are drawn, and others after a crash. */
function end(made: World): unknown {
  const of = (side: Side): unknown =>
    ENTITIES.flatMap((entity) =>
      [...(side === 'erp' ? made.erp : made.cloud).rows(NAMES[entity][side]).values()].map(({ fields }) =>
        ['CODE', 'NAME', 'PHONE', 'BLOCKED', 'STATE']
          .map((name) => fields.get(name) ?? fields.get(name.toLowerCase()) ?? 'null')
          .join(),
      ),
    ).toSorted();
  return { erp: of('erp'), cloud: of('cloud'), created: [made.erp.created, made.cloud.created] };
}

async function play(edge: number): Promise<{ readonly end: unknown; readonly died: string | undefined }> {
  const made = await busy();
  let left = edge;
  let died: string | undefined;
  made.runtime.onStep = (name, phase) => {
    if (died !== undefined || !name.startsWith('records.') || left-- > 0) return;
    died = `${name} ${phase}`;
    throw new SimulatedCrash(name, phase);
  };
  // One sweep more than without a crash: the one it died in may not have counted.
  for (let pass = 0; pass < SWEEPS + 1; pass += 1) await made.pass({ sweep: 'ids' });
  const writes = (): number => SIDES.reduce((sum, side) => sum + made[side].history.length, 0);
  const before = writes();
  await made.pass({ sweep: 'contents' });
  expect([edge, writes()]).toEqual([edge, before]);
  return { end: end(made), died };
}

describe('a pass that is killed', () => {
  it(
    'at any edge of a step is finished by the next one, and nothing is doubled',
    { timeout: 120_000 },
    async () => {
      const whole = await play(Number.POSITIVE_INFINITY);
      expect(whole.end).toMatchObject({ created: [1, 5] });
      const seen = new Set<string>();
      for (let edge = 0; ; edge += 1) {
        const { end: ended, died } = await play(edge);
        if (died === undefined) break;
        seen.add(died);
        expect([edge, died, ended]).toEqual([edge, died, whole.end]);
      }
      expect([...seen].toSorted()).toEqual(
        RECORD_STEPS.flatMap((step) => [`${step} before`, `${step} after`]).toSorted(),
      );
    },
  );
});
