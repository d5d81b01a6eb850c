import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { keptLists } from '../../../main/adapters/sqlite/kept-lists.ts';
import { listPoints } from '../../../main/core/probe/judge-lists.ts';
import type { ProbePoint } from '../../../main/core/probe/judge-answers.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { linkBench, packet } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** What one pull of so many packets shows, by point. */
async function shown(
  queue: 'sqs' | 'sticky',
  listFormat: 'xml' | 'json',
  packets: number,
  erpIsAway = false,
): Promise<Record<string, Pick<ProbePoint, 'state' | 'value'>>> {
  const folder = temporaryFolder();
  const b = linkBench(folder, { switches: { queue }, listFormat });
  onTestFinished(() => b.close());
  for (let n = 0; n < packets; n += 1) b.deliver(packet('SalesHeader', `r-${n}`, { no: `SO-${n}` }));
  if (erpIsAway) b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
  await b.run('pull');
  expect(b.store.list({ direction: 'in', limit: 100, offset: 0 })).toHaveLength(packets);
  const [run] = b.store.runs({ limit: 1 });
  if (run === undefined) throw new Error('no run');
  const { lists = 0, listed = 0 } = run.counts;
  const points = listPoints(keptLists(join(folder, 'ferry.sqlite'), linkId('field'), run), { lists, listed });
  return Object.fromEntries(points.map(({ point, state, value }) => [point, { state, value }]));
}

test.each(['xml', 'json'] as const)('lists in %s show their shape and handles', async (format) => {
  const { list, handle } = await shown('sqs', format, 25);
  expect(list?.state).toBe('settled');
  expect(list?.value).toMatch(format === 'xml' ? /^XML, <messages> with / : /^JSON, an array with /);
  expect(list?.value).toMatch(/\bid\b.*\bat most 10 entries\. An empty list is not kept$/);
  expect(handle).toMatchObject({
    state: 'settled',
    value: expect.stringMatching(/^\d+ (to \d+ )?characters/),
  });
});

test('a queue that hides what it listed is told from one that shows it again', async () => {
  // Nothing is reported at once then, so the second list comes before.
  expect((await shown('sqs', 'xml', 25, true))['second-list']).toMatchObject({
    state: 'settled',
    value: expect.stringContaining('hides what was listed'),
  });
  expect((await shown('sticky', 'xml', 25))['second-list']).toMatchObject({
    state: 'settled',
    value: expect.stringContaining('the same entries with the same handles'),
  });
});

test('nothing is concluded from what was not seen', async () => {
  expect(await shown('sqs', 'xml', 0)).toMatchObject({
    list: { state: 'unknown', value: expect.stringContaining('all empty') },
    handle: { state: 'unknown' },
    'second-list': { state: 'unknown' },
    report: { state: 'unknown', value: expect.stringContaining('parts of a list were not tried') },
  });
  expect((await shown('sqs', 'xml', 3))['second-list']?.state).toBe('unknown');
});
