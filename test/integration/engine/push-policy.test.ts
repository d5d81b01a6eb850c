import { expect, onTestFinished, test } from 'vitest';
import { appModelSchema } from '../../../main/core/packets/app-model/app-model.ts';
import { FIELD_SALES } from '../../../main/core/packets/app-model/field-sales.ts';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import type { PushRules } from '../../../main/core/packets/push-plan.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import type { Run } from '../../../main/core/queue/queue-store.ts';
import { startId } from '../../../shared/model/ids.ts';
import { AREA, linkBench, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;
const user = (name: string): ErpUser => ({ name, values: new Map([['UserName', name]]) });
const MODEL = {
  model: appModelSchema.parse(FIELD_SALES),
  file: 'models/field-sales.json',
  mappingFile: 'mappings/field-sales.json',
};
const RULES: PushRules = { pausedUsers: [], zone: 'Europe/Sofia', minIntervalMs: 0 };

/** The bench with the parts of its link changed before anything runs. */
function bench(change: Partial<LinkParts> = {}, rules: Partial<PushRules> = {}): LinkBench {
  const b = linkBench(temporaryFolder());
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  Object.assign(parts, change);
  parts.policy = { ...parts.policy, push: { ...RULES, ...rules } };
  b.erp.usersOf = [user('anna'), user('bob')];
  b.erp.tables = {
    Setup: [['anna']],
    Company: [['A', 'Acme']],
    Customer: [['C-1', 'Corner & Co']],
  };
  onTestFinished(() => b.close());
  return b;
}
const customers = (b: LinkBench, ...names: readonly (string | null)[]): void => {
  b.erp.tables = { ...b.erp.tables, Customer: names.map((name, index) => [`C-${index + 1}`, name]) };
};
const lastPush = (b: LinkBench): Run => {
  const run = b.store.runs({ limit: 20 }).find((one) => one.flow === 'push');
  if (run === undefined) throw new Error('no push ran');
  return run;
};
const scheduled = (b: LinkBench): Promise<void> => b.finish(b.link.sync('push', 'schedule', never).done);
/** Customers on the phone's newest snapshot; undefined: it has none. */
const onPhone = async (b: LinkBench, name: string): Promise<number | undefined> => {
  await b.cloud.control.settled();
  const found = b.cloud.control.deviceSnapshot({ area: AREA, user: name });
  return found?.tables.find((table) => table.name === 'Customer')?.rows;
};
const calls = (b: LinkBench, kind: 'upload' | 'pushLink'): number =>
  b.cloud.control.statistics().calls[kind] ?? 0;
const unsent = (b: LinkBench): readonly Item[] => b.store.unsentSnapshots(b.link.parts.link);

// ---- what may have arrived ----

test('the ERP goes back to what was accepted while an upload is in doubt: it is sent again', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  await b.run('push');
  customers(b, 'Corner & Co', 'A mistake');
  // It arrives, and nobody hears of it; then nothing gets through.
  b.cloud.control.faults([
    { on: 'upload', kind: 'lost-answer', times: 1 },
    { on: 'upload', kind: 'status', status: 503, times: 2 },
  ]);
  await b.run('push');
  expect(await onPhone(b, 'anna')).toBe(2);
  customers(b, 'Corner & Co');
  b.cloud.control.clearFaults();
  await b.run('push');
  expect(await onPhone(b, 'anna')).toBe(1);
  expect(unsent(b)).toEqual([]);
});

test('a packet that is listed while the upload is tried again makes the snapshot void before the next byte', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.faults([{ on: 'upload', kind: 'status', status: 500, times: 1 }]);
  b.runtime.onStep = (name, phase) => {
    if (name !== 'push.upload' || phase !== 'after') return;
    b.runtime.onStep = undefined;
    b.store.rememberListing(
      b.link.parts.link,
      {
        queue: 'packet',
        format: 'xml',
        raw: '<messages/>',
        entries: [
          {
            id: 'late',
            path: 'p',
            user: 'anna',
            company: 'ACME_LIVE',
            kind: 'data',
            receiptHandle: 'h',
            raw: '<message/>',
          },
        ],
      },
      b.runtime.wall(),
    );
  };
  await b.run('push');
  expect(lastPush(b).counts).toMatchObject({ built: 1, void: 1, accepted: 0 });
  expect(await onPhone(b, 'anna')).toBeUndefined();
  expect(calls(b, 'upload')).toBe(1);
});

test('the attempt is durable before the first byte leaves', async () => {
  const b = bench();
  const seen: unknown[] = [];
  b.runtime.onStep = (name, phase) => {
    if (name === 'push.upload' && phase === 'before')
      seen.push(...unsent(b).map(({ state, attempts }) => [state, attempts]));
  };
  b.erp.usersOf = [user('anna')];
  await b.run('push');
  expect(seen).toEqual([['working', 1]]);
});

test('killed while the bytes leave: in doubt afterwards, and sent again under the same id', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  let died = false;
  b.runtime.onStep = (name, phase) => {
    if (name !== 'push.upload' || phase !== 'after' || died) return;
    died = true;
    // Another start finds what this one left.
    b.store.releaseClaims(startId('other'), b.runtime.wall());
    throw new Error('killed');
  };
  await b.run('push');
  expect(unsent(b).map(({ state }) => state)).toEqual(['unknown']);
  await b.run('push');
  const ids = b.cloud.control.syncLog({ area: AREA }).map((entry) => entry.packetUniqueId);
  expect(new Set(ids).size).toBe(1);
  expect(unsent(b)).toEqual([]);
});
