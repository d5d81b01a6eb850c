import { createReadStream } from 'node:fs';
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DiskError } from '../../core/runtime/disk.ts';
import type { Disk, DiskFile } from '../../core/runtime/disk.ts';

/** Virus scanners and indexers hold a fresh file for moments: the waits add up to about two seconds. */
const RENAME_WAITS_MS = [10, 30, 100, 300, 600, 1_000];
const HELD = new Set(['EBUSY', 'EPERM', 'EACCES']);
const CHUNK_BYTES = 64 * 1024;

/** The real file system. `platform` as in `process.platform`: Windows cannot sync a directory and journals names itself. */
export function createNodeDisk(
  options: {
    readonly platform?: string | undefined;
    /** Waits between attempts at a rename that something holds up. */
    readonly sleep?: ((ms: number) => Promise<unknown>) | undefined;
    readonly rename?: ((from: string, to: string) => Promise<void>) | undefined;
  } = {},
): Disk {
  const { platform = process.platform, sleep = setTimeout, rename = fs.rename } = options;
  return {
    create: (path) =>
      translated(async () => {
        const handle = await fs.open(path, 'w', 0o600);
        return fileOf(handle);
      }),

    rename: (from, to) =>
      translated(async () => {
        for (const wait of RENAME_WAITS_MS)
          try {
            await rename(from, to);
            return;
          } catch (error) {
            if (!HELD.has(codeOf(error))) throw error;
            await sleep(wait);
          }
        await rename(from, to);
      }),

    syncDirectory: (path) =>
      translated(async () => {
        if (platform === 'win32') return;
        await syncing(path, 'r');
      }),

    // Windows syncs only through a handle that may write.
    syncFile: (path) => translated(() => syncing(path, 'r+')),

    read: (path) => readChunks(path),

    size: (path) =>
      translated(async () => {
        try {
          const found = await fs.stat(path);
          return found.size;
        } catch (error) {
          if (codeOf(error) === 'ENOENT') return undefined;
          throw error;
        }
      }),

    list: (folder) =>
      translated(async () => {
        const entries = await fs.readdir(folder, { withFileTypes: true });
        return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
      }),

    remove: (path) => translated(() => fs.rm(path, { force: true })),

    ensureFolder: (path) =>
      translated(async () => {
        const first = await fs.mkdir(path, { recursive: true, mode: 0o700 });
        if (first !== undefined && platform !== 'win32') await syncing(join(first, '..'), 'r');
      }),

    free: (path) =>
      translated(async () => {
        const volume = await fs.statfs(path);
        return volume.bavail * volume.bsize;
      }),
  };
}

export const nodeDisk: Disk = createNodeDisk();

function fileOf(handle: fs.FileHandle): DiskFile {
  return {
    write: (bytes) =>
      translated(async () => {
        // One call may write less than it was given.
        for (let written = 0; written < bytes.byteLength;) {
          const step = await handle.write(bytes, written, bytes.byteLength - written);
          written += step.bytesWritten;
        }
      }),
    sync: () => translated(() => handle.sync()),
    close: () => translated(() => handle.close()),
  };
}

async function syncing(path: string, flags: string): Promise<void> {
  const handle = await fs.open(path, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function* readChunks(path: string): AsyncIterable<Uint8Array> {
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }))
      yield chunk as Uint8Array;
  } catch (error) {
    throw diskErrorOf(error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';

/** A system error becomes DiskError; anything else is a bug and stays what it is. */
function diskErrorOf(error: unknown): unknown {
  const code = codeOf(error);
  return error instanceof Error && /^E[A-Z0-9]+$/.test(code)
    ? new DiskError(code, error.message, { cause: error })
    : error;
}

async function translated<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw diskErrorOf(error);
  }
}
