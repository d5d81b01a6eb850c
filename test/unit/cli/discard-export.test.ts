import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { startPipe } from '../../../main/console/pipe-server.ts';
import { BODY_PART_BYTES } from '../../../shared/contract/queue-requests.ts';
import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { NOW, SiteDouble } from '../console/site-double.ts';
import { CliBench } from './cli-world.ts';
import { seedPacket } from './seed-store.ts';

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
  const pipe = await startPipe({
    dataDir: bench.dataDir,
    handlers: site.handlers(overrides),
    events: site.events,
  });
  ends.push(() => pipe.stop());
}

const discarded = {
  id: 5,
  link: 'field-sales',
  direction: 'in',
  externalId: 'P-1',
  user: 'ANNA',
  company: 'C',
  label: 'Order SO-1',
  state: 'discarded',
  size: 3,
  createdAt: NOW,
  dueAt: NOW,
  attempts: 1,
  revision: 0,
} as const;

describe('queue discard', () => {
  it('hands on the packet id as typed, and the note', async () => {
    const asked: unknown[] = [];
    await agent({
      queueDiscard: async (args) => {
        asked.push(args);
        return answer({ item: discarded });
      },
    });
    const got = await bench.json('queue', 'discard', '5', '--confirm', ' P-1', '--note', 'twice');
    expect(got).toMatchObject({ code: 0, value: { item: { state: 'discarded' } } });
    expect(asked).toEqual([{ item: 5, confirm: ' P-1', note: 'twice' }]);
    expect((await bench.run('queue', 'discard', '5', '--confirm', 'P-1')).out).toContain('is discarded');
  });

  it.each([
    ['bad-arguments', 2],
    ['not-now', 1],
    ['not-found', 1],
    ['unavailable', 5],
  ] as const)('says %s with exit code %i', async (code, exit) => {
    await agent({ queueDiscard: async () => refuse(code, 'words') });
    expect(await bench.json('queue', 'discard', '5', '--confirm', 'P-1')).toMatchObject({
      code: exit,
      value: { error: { code, message: 'words' } },
    });
  });

  it('needs an agent: nobody else can ask the ERP', async () => {
    expect(await bench.json('queue', 'discard', '5', '--confirm', 'P-1')).toMatchObject({
      code: 1,
      value: { error: { code: 'no-agent' } },
    });
  });
});

/** The body of an item, in parts as asked for. */
function bodyOf(
  bytes: Buffer,
  hash = createHash('sha256').update(bytes).digest('hex'),
): Handlers['queueBody'] {
  return async ({ offset, limit }) => {
    const part = bytes.subarray(offset, offset + limit);
    const end = offset + part.length >= bytes.length;
    return answer({ size: bytes.length, hash, offset, base64: part.toString('base64'), end });
  };
}

describe('queue export', () => {
  it('writes all parts of a large body to a file, whole', async () => {
    const bytes = Buffer.alloc(BODY_PART_BYTES * 2 + 17, 'ž');
    await agent({ queueBody: bodyOf(bytes) });
    const file = join(bench.dataDir, 'body.xml');
    const got = await bench.json('queue', 'export', '5', '--out', file);
    expect(got).toMatchObject({ code: 0, value: { item: 5, file, size: bytes.length } });
    expect(readFileSync(file).equals(bytes)).toBe(true);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('writes nothing but the bytes to standard output', async () => {
    await agent({ queueBody: bodyOf(Buffer.from('<a>Äpfel</a>')) });
    expect(await bench.run('queue', 'export', '5')).toEqual({ code: 0, out: '<a>Äpfel</a>', err: '' });
    expect(await bench.json('queue', 'export', '5')).toMatchObject({
      code: 2,
      value: { error: { code: 'usage' } },
    });
  });

  it('leaves no file behind when bytes are damaged, gone, or cannot be written', async () => {
    const file = join(bench.dataDir, 'body.xml');
    await agent({ queueBody: bodyOf(Buffer.from('abc'), '0'.repeat(64)) });
    expect(await bench.json('queue', 'export', '5', '--out', file)).toMatchObject({
      code: 1,
      value: { error: { code: 'defect' } },
    });
    await ends.splice(0)[0]?.();
    await agent({ queueBody: async () => refuse('not-found', 'its bytes are gone') });
    expect((await bench.json('queue', 'export', '5', '--out', file)).code).toBe(1);
    mkdirSync(file);
    await ends.splice(0)[0]?.();
    await agent({ queueBody: bodyOf(Buffer.from('abc')) });
    expect(await bench.json('queue', 'export', '5', '--out', file)).toMatchObject({
      code: 1,
      value: { error: { code: 'unavailable' } },
    });
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  it('reads the store where no agent runs', async () => {
    const store = openStore({ file: join(bench.dataDir, 'ferry.sqlite'), zone: 'Europe/Sofia' });
    const item = seedPacket(store, { id: 'P-1', label: 'Order', user: 'ANNA', text: '<x/>' }, NOW);
    store.close();
    expect(await bench.run('queue', 'export', String(item))).toEqual({ code: 0, out: '<x/>', err: '' });
  });
});

describe('sync', () => {
  it('says when a sync runs that has to wait, and ends with 5', async () => {
    const when = NOW + 600_000;
    const reason = {
      owner: 'nobody' as const,
      what: { key: 'failure.throttled.what', params: { endpoint: 'cloud:x' } },
      next: { key: 'failure.throttled.next', params: {} },
    };
    const flow = { link: 'field-sales', flow: 'push' as const, outcome: 'waits' as const, when, reason };
    await agent({ sync: async () => answer({ flows: [flow] }) });
    const got = await bench.json('sync');
    expect(got).toMatchObject({ code: 5, value: { flows: [{ outcome: 'waits', when }], runs: [] } });
    expect((await bench.run('sync')).err).toMatch(/^field-sales: it runs .+\./);
  });
});
