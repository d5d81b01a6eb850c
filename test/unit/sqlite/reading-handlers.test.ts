import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { historyHandler } from '../../../main/agent/handlers/history.ts';
import { itemReading, runReading } from '../../../main/agent/handlers/reading.ts';
import type { SiteAgent } from '../../../main/agent/site-agent.ts';
import { contract } from '../../../shared/contract/contract.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { LINK, T, hashOf, rawDatabase, store, storePacket } from './sample.ts';

const never = new AbortController().signal;

function reading(file: string) {
  const reads = inlineReads({ file, spool: join(dirname(file), 'spool'), zone: 'UTC' });
  onTestFinished(() => reads.close());
  return { reads, handlers: { ...itemReading(reads, never), runsList: runReading(reads, never) } };
}

test('a body is saved part by part until its end, and is not found when it is gone', async () => {
  const queue = store();
  const { id } = storePacket(queue, 'p1', T, '0123456789');
  const { handlers } = reading(queue.file);
  const part = (offset: number, limit: number) => handlers.queueBody({ item: id, offset, limit });
  const whole = { size: 10, hash: hashOf('0123456789') };
  expect(await part(0, 6)).toEqual({
    ok: true,
    value: { ...whole, offset: 0, base64: btoa('012345'), end: false },
  });
  expect(await part(6, 6)).toEqual({
    ok: true,
    value: { ...whole, offset: 6, base64: btoa('6789'), end: true },
  });
  expect(await part(50, 6)).toEqual({ ok: true, value: { ...whole, offset: 50, base64: '', end: true } });
  rawDatabase(queue.file).exec(`PRAGMA foreign_keys = OFF; DELETE FROM body`);
  expect(await part(0, 6)).toMatchObject({ ok: false, error: { code: 'not-found' } });
  expect(await handlers.queueShow({ item: id })).toMatchObject({
    ok: true,
    value: { body: { text: undefined, truncated: false } },
  });
});

test('text cut within a letter is shown without it; what is no text is not', async () => {
  const queue = store();
  const text = `${'x'.repeat(64 * 1024 - 1)}ж`;
  const { id } = storePacket(queue, 'p1', T, text);
  const { handlers } = reading(queue.file);
  expect(await handlers.queueShow({ item: id })).toMatchObject({
    ok: true,
    value: { body: { text: text.slice(0, -1), truncated: true } },
  });
});

test('a store that cannot be read is a refusal in words', async () => {
  const file = join(temporaryFolder(), 'ferry.sqlite');
  writeFileSync(file, 'no database at all, whatever its name says'.repeat(40));
  const { handlers } = reading(file);
  const answers = await Promise.all([
    handlers.queueList(contract.queueList.args.parse({})),
    handlers.queueShow({ item: 1 }),
    handlers.runsList({ limit: 5 }),
  ]);
  for (const answer of answers)
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'unavailable', hint: 'Look at the data folder and its disk.' },
    });
});

test('the history ends with what is open now, where an agent runs', async () => {
  const queue = store();
  storePacket(queue, 'p1', T - 60_000);
  queue.sampleQueue([LINK], T - 60_000);
  storePacket(queue, 'p2', T);
  const { reads } = reading(queue.file);
  const agent = {
    signal: never,
    parts: { reads, store: queue, runtime: { wall: () => T }, links: [{ parts: { link: LINK } }] },
  } as unknown as SiteAgent;
  const answer = await historyHandler(agent)({ span: 'hour' });
  if (!answer.ok) throw new Error(answer.error.message);
  expect(contract.history.result.parse(answer.value)).toEqual(answer.value);
  expect(answer.value.points.slice(-3)).toEqual([
    { at: T - 120_000, settledIn: 0, settledOut: 0 },
    { at: T - 60_000, settledIn: 0, settledOut: 0, pendingIn: 1, pendingOut: 0, parked: 0 },
    { at: T, settledIn: 0, settledOut: 0, pendingIn: 2, pendingOut: 0, parked: 0 },
  ]);
});
