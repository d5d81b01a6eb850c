import { basename, dirname } from 'node:path';
import { DiskError } from '../../main/core/runtime/disk.ts';
import type { Disk, DiskFile } from '../../main/core/runtime/disk.ts';

/** A file's bytes: what readers see, and what a crash leaves. */
interface Inode {
  seen: Uint8Array;
  durable: Uint8Array;
}

/** What reaches the platter, for a disk that keeps it somewhere that outlives the process. */
export interface Platter {
  keep(path: string, bytes: Uint8Array): void;
  drop(path: string): void;
  /** What an earlier process left in the folder. */
  load(folder: string): readonly { readonly name: string; readonly bytes: Uint8Array }[];
}

export interface ForgetfulDisk extends Disk {
  /** The power goes: everything that was not synced is gone, open files are dead. */
  crash(): void;
  /** The next call of the operation fails with the code; `at` counts further calls to let pass first. */
  failNext(operation: keyof Disk | 'write' | 'sync', code: string, at?: number): void;
  /** Bytes on the volume; writes beyond it fail with ENOSPC. */
  capacity: number;
}

/**
 * A disk in memory with the losses a real one may show. Bytes are durable after the file was synced; a name (created,
 * renamed, removed) after its folder was synced or, for a name, the file was synced by that name. Paths are compared as text.
 */
export function createForgetfulDisk(platter?: Platter): ForgetfulDisk {
  const seen = new Map<string, Inode>();
  const durable = new Map<string, Inode>();
  const folders = new Set<string>();
  const failures: { operation: string; code: string; skip: number }[] = [];
  let lives = 1;

  const enter = (operation: string): void => {
    const failure = failures.find((one) => one.operation === operation);
    if (failure === undefined) return;
    if (failure.skip > 0) {
      failure.skip -= 1;
      return;
    }
    failures.splice(failures.indexOf(failure), 1);
    throw new DiskError(failure.code, `${operation} fails with ${failure.code}`);
  };
  const find = (path: string): Inode => {
    const inode = seen.get(path);
    if (inode === undefined) throw new DiskError('ENOENT', `no such file: ${path}`);
    return inode;
  };
  const used = (): number => [...seen.values()].reduce((sum, inode) => sum + inode.seen.byteLength, 0);
  const keepName = (path: string): void => {
    const inode = seen.get(path);
    if (inode === undefined) {
      if (durable.delete(path)) platter?.drop(path);
      return;
    }
    durable.set(path, inode);
    platter?.keep(path, inode.durable);
  };
  const keepBytes = (inode: Inode): void => {
    inode.durable = inode.seen;
    for (const [path, kept] of durable) if (kept === inode) platter?.keep(path, inode.durable);
  };
  const inFolder = (folder: string, path: string): boolean => dirname(path) === folder;

  const disk: ForgetfulDisk = {
    capacity: Number.POSITIVE_INFINITY,

    create: async (path) => {
      enter('create');
      if (!folders.has(dirname(path))) throw new DiskError('ENOENT', `no such folder: ${dirname(path)}`);
      const inode: Inode = { seen: new Uint8Array(), durable: new Uint8Array() };
      seen.set(path, inode);
      const life = lives;
      const alive = (operation: string): void => {
        if (life !== lives) throw new DiskError('EIO', 'the power went');
        enter(operation);
      };
      const file: DiskFile = {
        write: async (bytes) => {
          alive('write');
          if (used() + bytes.byteLength > disk.capacity) throw new DiskError('ENOSPC', 'no space left');
          inode.seen = Buffer.concat([inode.seen, bytes]);
        },
        sync: async () => {
          alive('sync');
          keepBytes(inode);
        },
        close: async () => undefined,
      };
      return file;
    },

    rename: async (from, to) => {
      enter('rename');
      const inode = find(from);
      seen.delete(from);
      seen.set(to, inode);
    },

    syncDirectory: async (folder) => {
      enter('syncDirectory');
      for (const path of new Set([...seen.keys(), ...durable.keys()]))
        if (inFolder(folder, path) && seen.get(path) !== durable.get(path)) keepName(path);
    },

    syncFile: async (path) => {
      enter('syncFile');
      const inode = find(path);
      keepBytes(inode);
      // A rename reaches the platter whole: with the new name the old one goes.
      for (const [old, kept] of durable) if (kept === inode && old !== path && !seen.has(old)) keepName(old);
      keepName(path);
    },

    read: async function* (path) {
      enter('read');
      const { seen: bytes } = find(path);
      for (let start = 0; start < bytes.byteLength; start += 65_536)
        yield bytes.subarray(start, start + 65_536);
    },

    size: async (path) => {
      enter('size');
      return seen.get(path)?.seen.byteLength;
    },

    list: async (folder) => {
      enter('list');
      return [...seen.keys()].filter((path) => inFolder(folder, path)).map((path) => basename(path));
    },

    remove: async (path) => {
      enter('remove');
      seen.delete(path);
    },

    ensureFolder: async (path) => {
      enter('ensureFolder');
      if (folders.has(path)) return;
      folders.add(path);
      for (const { name, bytes } of platter?.load(path) ?? []) {
        const inode: Inode = { seen: bytes, durable: bytes };
        seen.set(`${path}/${name}`, inode);
        durable.set(`${path}/${name}`, inode);
      }
    },

    free: async () => {
      enter('free');
      return Math.max(0, disk.capacity - used());
    },

    crash: () => {
      lives += 1;
      seen.clear();
      for (const [path, inode] of durable) {
        inode.seen = inode.durable;
        seen.set(path, inode);
      }
    },

    failNext: (operation, code, at = 0) => {
      failures.push({ operation, code, skip: at });
    },
  };
  return disk;
}
