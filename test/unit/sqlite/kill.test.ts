import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ended, firstLine, runChild } from './child-process.ts';
import { store } from './sample.ts';

const LARGE = '700000';
const SMALL = '1000';

/** Starts the program again on what the dead one left: either the whole packet is there, or nothing of it. */
async function afterDeath(folder: string): Promise<'whole' | 'nothing'> {
  const queue = store(join(folder, 'ferry.sqlite'));
  const bodies = createBodyStore({
    disk: nodeDisk,
    folder: join(folder, 'spool'),
    reserveBytes: 0,
    newId: () => 'unused',
    rowBody: (hash) => queue.rowBody(hash),
  });
  const items = queue.list({ link: linkId('l'), limit: 10, offset: 0 });
  await bodies.sweep(() => queue.spoolHashes());
  const left = readdirSync(join(folder, 'spool'));
  const [item] = items;
  if (item === undefined) {
    expect(left).toEqual([]);
    return 'nothing';
  }
  let size = 0;
  // Reading checks the bytes against the hash, so a body that is read to its end is the body that was received.
  for await (const chunk of bodies.open(item.body)) size += chunk.byteLength;
  expect(size).toBe(item.body.size);
  return 'whole';
}

describe('a kill while a packet is received', () => {
  test.each([
    ['large', LARGE, 'pull.spool-body before', 'nothing'],
    ['large', LARGE, 'disk create', 'nothing'],
    ['large', LARGE, 'disk rename', 'nothing'],
    ['large', LARGE, 'disk syncFile', 'nothing'],
    ['large', LARGE, 'disk syncDirectory', 'nothing'],
    ['large', LARGE, 'pull.spool-body after', 'nothing'],
    ['large', LARGE, 'pull.store-packet before', 'nothing'],
    ['large', LARGE, 'pull.store-packet after', 'whole'],
    ['small', SMALL, 'pull.spool-body after', 'nothing'],
    ['small', SMALL, 'pull.store-packet before', 'nothing'],
    ['small', SMALL, 'pull.store-packet after', 'whole'],
  ])('%s, %s bytes, at %s leaves %s', async (_, size, point, expected) => {
    const folder = temporaryFolder();
    expect(await ended(runChild('receive-and-die.ts', [folder, size, point]))).toBe('SIGKILL');
    expect(await afterDeath(folder)).toBe(expected);
    // The cloud still has it and delivers it again.
    const again = runChild('receive-and-die.ts', [folder, size, 'nowhere']);
    expect(await firstLine(again)).toMatch(/^[0-9a-f]{64}$/);
    expect(await ended(again)).toBe('0');
    expect(await afterDeath(folder)).toBe('whole');
    expect(store(join(folder, 'ferry.sqlite')).count({})).toBe(1);
  });
});
