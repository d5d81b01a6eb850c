import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startPipe } from '../../../main/console/pipe-server.ts';
import type { Handlers } from '../../../shared/contract/contract.ts';
import { EDIT_CHARS } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { CliBench, siteJson } from '../cli/cli-world.ts';
import { NOW, SiteDouble } from '../console/site-double.ts';

let bench: CliBench;
const ends: (() => Promise<void> | void)[] = [];
beforeEach(() => {
  bench = new CliBench();
  bench.configure();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  bench.remove();
});

async function agent(overrides: Partial<Handlers>): Promise<void> {
  const site = new SiteDouble();
  const { dataDir } = bench;
  const pipe = await startPipe({ dataDir, handlers: site.handlers(overrides), events: site.events });
  ends.push(() => pipe.stop());
}

function fileOf(text: string | Uint8Array): string {
  const path = join(bench.dataDir, 'edited.xml');
  writeFileSync(path, text);
  return path;
}

const edited = {
  id: 5,
  link: 'field-sales',
  direction: 'in',
  externalId: 'P-1',
  user: 'ANNA',
  company: 'C',
  label: 'Order SO-1',
  state: 'ready',
  size: 3,
  createdAt: NOW,
  dueAt: NOW,
  attempts: 1,
  revision: 1,
} as const;
const changes = [{ table: 'SalesLine', row: 'A', field: 'Qty', before: '1', after: '2' }];

describe('queue edit', () => {
  test('hands on the text, the packet id as typed, and who it is; shows what changed', async () => {
    const asked: unknown[] = [];
    await agent({
      queueEdit: async (args) => {
        asked.push(args);
        return answer({ item: edited, changes, more: 0 });
      },
    });
    // Letters of three bytes, as many as may be edited: it fits into one request.
    const text = `<a b="${'€'.repeat(EDIT_CHARS - 9)}"/>`;
    const got = await bench.json('queue', 'edit', '5', '--file', fileOf(text), '--confirm', ' P-1');
    expect(got).toMatchObject({ code: 0, value: { changes } });
    expect(asked).toEqual([
      { item: 5, xml: text, confirm: ' P-1', note: '', by: expect.stringMatching(/./) },
    ]);
    const shown = await bench.run('queue', 'edit', '5', '--file', fileOf('<a/>'), '--confirm', 'P-1');
    expect(shown.out).toContain('SalesLine A Qty: 1 -> 2');
  });

  test.each([
    ['bad-arguments', 2],
    ['not-now', 1],
    ['unavailable', 5],
  ] as const)('says %s with exit code %i', async (code, exit) => {
    await agent({ queueEdit: async () => refuse(code, 'words') });
    const got = await bench.json('queue', 'edit', '5', '--file', fileOf('<a/>'), '--confirm', 'P-1');
    expect(got).toMatchObject({ code: exit, value: { error: { code, message: 'words' } } });
  });

  test('without a file, with one that is no text, or too large: nothing is asked', async () => {
    for (const more of [
      [],
      ['--file', join(bench.dataDir, 'absent.xml')],
      ['--file', fileOf(Uint8Array.of(0xff, 0xfe, 0x3c))],
    ])
      expect(await bench.json('queue', 'edit', '5', ...more)).toMatchObject({ code: 2 });
    const large = fileOf('x'.repeat(EDIT_CHARS + 1));
    expect(await bench.json('queue', 'edit', '5', '--file', large)).toMatchObject({ code: 2 });
  });
});

test('queue apply hands on the name of the link as typed', async () => {
  const asked: unknown[] = [];
  await agent({
    queueApply: async (args) => {
      asked.push(args);
      return answer({ link: args.link, stored: 12 });
    },
  });
  const got = await bench.run('queue', 'apply', 'field-sales', '--confirm', 'Field-sales');
  expect(got).toMatchObject({ code: 0, out: expect.stringContaining('12 stored packets go on now') });
  expect(asked).toMatchObject([{ link: 'field-sales', confirm: 'Field-sales' }]);
});

describe('probe', () => {
  test('needs a link that is there, and its key', async () => {
    expect(await bench.json('probe', 'other')).toMatchObject({
      code: 2,
      value: { error: { code: 'not-found' } },
    });
    expect(await bench.json('probe', 'field-sales')).toMatchObject({
      code: 2,
      value: { error: { code: 'no-key' } },
    });
    expect(readdirSync(bench.dataDir)).not.toContain('probe');
  });

  test('keeps what came back beside the site, and says when nobody answers', async () => {
    const [link] = siteJson()['links'] as Record<string, object>[];
    // Nobody listens there.
    const cloud = { ...link?.['cloud'], baseUrl: 'http://127.0.0.1:1' };
    bench.configure({ ...siteJson(), links: [{ ...link, cloud }] });
    bench.env['ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY'] = 'the-key';
    const got = await bench.json('probe', 'field-sales');
    expect(got).toMatchObject({ code: 5, value: { link: 'field-sales' } });
    const [file] = readdirSync(join(bench.dataDir, 'probe'));
    const kept = readFileSync(join(bench.dataDir, 'probe', file ?? ''), 'utf8');
    expect(kept).toContain('"points"');
    expect(kept).not.toContain('the-key');
  });
});
