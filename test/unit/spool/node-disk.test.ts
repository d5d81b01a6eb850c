import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createNodeDisk, nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import type { Disk } from '../../../main/core/runtime/disk.ts';
import { createForgetfulDisk } from '../../support/forgetful-disk.ts';
import { createForgetfulNodeDisk } from '../../support/forgetful-node-disk.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function bytesOf(disk: Disk, path: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of disk.read(path)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

async function write(disk: Disk, path: string, text: string): Promise<void> {
  const file = await disk.create(path);
  await file.write(Buffer.from(text));
  await file.sync();
  await file.close();
}

const disks: readonly (readonly [string, () => Disk])[] = [
  ['the real disk', () => nodeDisk],
  ['the real disk as on Windows', () => createNodeDisk({ platform: 'win32' })],
  ['the forgetful disk in memory', () => createForgetfulDisk()],
  ['the forgetful disk over a folder', () => createForgetfulNodeDisk()],
];

describe.each(disks)('%s', (_, make) => {
  const prepared = async (): Promise<{ disk: Disk; folder: string }> => {
    const folder = join(temporaryFolder(), 'a', 'b');
    const disk = make();
    await disk.ensureFolder(folder);
    await disk.ensureFolder(folder);
    return { disk, folder };
  };

  test('writes, renames, lists, reads, removes', async () => {
    const { disk, folder } = await prepared();
    const [one, two] = [join(folder, 'one'), join(folder, 'two')];
    await write(disk, one, 'first');
    await write(disk, two, 'second');
    await disk.rename(one, two);
    await disk.syncFile(two);
    await disk.syncDirectory(folder);
    expect(await disk.list(folder)).toEqual(['two']);
    expect([await disk.size(one), await disk.size(two)]).toEqual([undefined, 5]);
    expect(await bytesOf(disk, two)).toBe('first');
    await disk.remove(two);
    await disk.remove(two);
    await disk.syncDirectory(folder);
    expect(await disk.list(folder)).toEqual([]);
    expect(await disk.free(folder)).toBeGreaterThan(0);
  });

  test('names the system error', async () => {
    const { disk, folder } = await prepared();
    const absent = join(folder, 'absent');
    const missing = { name: 'DiskError', code: 'ENOENT' };
    await expect(disk.rename(absent, join(folder, 'x'))).rejects.toMatchObject(missing);
    await expect(disk.syncFile(absent)).rejects.toMatchObject(missing);
    await expect(bytesOf(disk, absent)).rejects.toMatchObject(missing);
    await expect(disk.create(join(folder, 'no', 'folder'))).rejects.toMatchObject(missing);
  });
});

describe('a rename that a scanner holds up', () => {
  const holding = (times: number, code: string) => {
    const waits: number[] = [];
    let left = times;
    const disk = createNodeDisk({
      sleep: async (ms) => waits.push(ms),
      rename: async (from, to) => {
        left -= 1;
        if (left >= 0) throw Object.assign(new Error('held'), { code });
        await fs.rename(from, to);
      },
    });
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'from'), 'x');
    return { waits, move: () => disk.rename(join(folder, 'from'), join(folder, 'to')), folder };
  };

  test('succeeds when it lets go', async () => {
    const { waits, move, folder } = holding(2, 'EBUSY');
    await move();
    expect([waits, readFileSync(join(folder, 'to'), 'utf8')]).toEqual([[10, 30], 'x']);
  });

  test('fails by its name when it does not', async () => {
    const { waits, move } = holding(99, 'EPERM');
    await expect(move()).rejects.toMatchObject({ name: 'DiskError', code: 'EPERM' });
    expect(waits).toHaveLength(6);
  });

  test('is not tried again for what waiting does not cure', async () => {
    const { waits, move } = holding(1, 'EROFS');
    await expect(move()).rejects.toMatchObject({ code: 'EROFS' });
    expect(waits).toEqual([]);
  });
});

describe('the forgetful disk', () => {
  const folder = '/d';
  const make = async () => {
    const disk = createForgetfulDisk();
    await disk.ensureFolder(folder);
    return disk;
  };

  test('loses bytes that were not synced, though the name is there', async () => {
    const disk = await make();
    const file = await disk.create('/d/f');
    await file.write(Buffer.from('synced'));
    await disk.syncFile('/d/f');
    await file.write(Buffer.from(' and not'));
    disk.crash();
    expect(await bytesOf(disk, '/d/f')).toBe('synced');
    await expect(file.write(Buffer.from('x'))).rejects.toMatchObject({ code: 'EIO' });
  });

  test('loses a name whose folder was not synced, though the bytes were', async () => {
    const disk = await make();
    await write(disk, '/d/f', 'text');
    disk.crash();
    expect(await disk.list(folder)).toEqual([]);
  });

  test('keeps the old name of a rename that was not synced', async () => {
    const disk = await make();
    await write(disk, '/d/old', 'text');
    await disk.syncDirectory(folder);
    await disk.rename('/d/old', '/d/new');
    disk.crash();
    expect(await disk.list(folder)).toEqual(['old']);
    await disk.rename('/d/old', '/d/new');
    await disk.syncFile('/d/new');
    disk.crash();
    expect(await disk.list(folder)).toEqual(['new']);
  });

  test('brings a removed file back', async () => {
    const disk = await make();
    await write(disk, '/d/f', 'text');
    await disk.syncDirectory(folder);
    await disk.remove('/d/f');
    disk.crash();
    expect(await disk.list(folder)).toEqual(['f']);
  });

  test('over a folder puts exactly the synced part into files', async () => {
    const real = join(temporaryFolder(), 'd');
    const disk = createForgetfulNodeDisk();
    await disk.ensureFolder(real);
    const file = await disk.create(join(real, 'f'));
    await file.write(Buffer.from('one'));
    expect(existsSync(join(real, 'f'))).toBe(false);
    await disk.syncFile(join(real, 'f'));
    await file.write(Buffer.from('two'));
    expect(readFileSync(join(real, 'f'), 'utf8')).toBe('one');
    await disk.rename(join(real, 'f'), join(real, 'g'));
    expect([existsSync(join(real, 'f')), existsSync(join(real, 'g'))]).toEqual([true, false]);
    await disk.syncDirectory(real);
    expect([existsSync(join(real, 'f')), readFileSync(join(real, 'g'), 'utf8')]).toEqual([false, 'one']);
    const next = createForgetfulNodeDisk();
    await next.ensureFolder(real);
    expect(await bytesOf(next, join(real, 'g'))).toBe('one');
  });
});
