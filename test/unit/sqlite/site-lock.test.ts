import { join } from 'node:path';
import { expect, test } from 'vitest';
import { acquireSiteLock } from '../../../main/adapters/sqlite/site-lock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { ended, firstLine, runChild } from './child-process.ts';

test('one agent owns a site, and a killed one owns nothing', async () => {
  const folder = temporaryFolder();
  const holder = runChild('hold-lock.ts', [folder]);
  expect(await firstLine(holder)).toBe('mine');
  expect(acquireSiteLock(folder)).toBe('held');
  holder.kill('SIGKILL');
  expect(await ended(holder)).toBe('SIGKILL');
  const lock = acquireSiteLock(folder);
  if (lock === 'held') throw new Error('the dead process still holds the site');
  const second = runChild('hold-lock.ts', [folder]);
  expect(await firstLine(second)).toBe('held');
  lock.release();
});

test('is held against the same process, and free after release', () => {
  const folder = temporaryFolder();
  const lock = acquireSiteLock(folder);
  expect(acquireSiteLock(folder)).toBe('held');
  if (lock !== 'held') {
    lock.release();
    lock.release();
  }
  const again = acquireSiteLock(folder);
  expect(again).not.toBe('held');
  if (again !== 'held') again.release();
});

test('two sites do not know each other; a folder that is not there is an error, not a lock', () => {
  const locks = [acquireSiteLock(temporaryFolder()), acquireSiteLock(temporaryFolder())];
  expect(locks).not.toContain('held');
  for (const lock of locks) if (lock !== 'held') lock.release();
  expect(() => acquireSiteLock(join(temporaryFolder(), 'absent'))).toThrow(
    expect.objectContaining({ name: 'StoreError', code: 'cannot-open' }),
  );
});
