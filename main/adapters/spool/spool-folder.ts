import { join } from 'node:path';
import { DiskError } from '../../core/runtime/disk.ts';
import type { Disk, DiskFile } from '../../core/runtime/disk.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import type { Sha256 } from '../../../shared/model/ids.ts';

/** How much may be written between two looks at the free space: each asks for room for that much. */
const LOOK_EVERY_BYTES = 16 * 1024 * 1024;
const PART = '.part';
const BODY = /^[0-9a-f]{64}$/;

/** A file on its way into the spool. */
export interface Part {
  /** Throws DiskError; ENOSPC also when the volume's reserve would be touched. */
  write(bytes: Uint8Array): Promise<void>;
  /** Durable under its final name when this returns. */
  keepAs(hash: Sha256): Promise<void>;
  /** Removes what was not kept. Never throws: what cannot be removed is swept later. */
  discard(): Promise<void>;
}

interface Options {
  readonly disk: Disk;
  readonly folder: string;
  readonly newId: () => string;
  readonly runtime?: Pick<Runtime, 'fault'> | undefined;
}

/** Names and order of the spool's files: write, sync, rename, sync the name, sync the folder. */
export class SpoolFolder {
  readonly #options: Options;
  readonly #writing = new Set<string>();
  /** Bodies received since the last sweep: their rows may not be written yet. */
  readonly #recent = new Set<string>();
  #sinceLook = LOOK_EVERY_BYTES;
  readonly #removing = new Map<string, Promise<void>>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** `reserveBytes`: what this one leaves free. */
  part(reserveBytes: number): Part {
    const { disk, folder, newId } = this.#options;
    const name = `${newId()}${PART}`;
    const path = join(folder, name);
    let file: DiskFile | undefined;
    let created = false;
    let sinceLook = LOOK_EVERY_BYTES;
    const close = async (): Promise<void> => {
      const open = file;
      file = undefined;
      await open?.close();
    };
    return {
      write: async (bytes) => {
        if (!created) {
          await disk.ensureFolder(folder);
          this.#writing.add(name);
          created = true;
          file = await disk.create(path);
        }
        if (this.#options.runtime?.fault('disk.full') === true)
          throw new DiskError('ENOSPC', 'the disk is full');
        sinceLook += bytes.byteLength;
        if (sinceLook >= LOOK_EVERY_BYTES) {
          await this.#requireSpace(Math.max(LOOK_EVERY_BYTES, bytes.byteLength), reserveBytes);
          sinceLook = 0;
        }
        await file?.write(bytes);
      },
      keepAs: async (hash) => {
        await file?.sync();
        await close();
        this.#recent.add(hash);
        await this.#removing.get(hash);
        const target = join(folder, hash);
        await disk.rename(path, target);
        created = false;
        await disk.syncFile(target);
        await disk.syncDirectory(folder);
      },
      discard: async () => {
        try {
          await close();
          if (created) await disk.remove(path);
        } catch (error) {
          if (!(error instanceof DiskError)) throw error;
        } finally {
          this.#writing.delete(name);
        }
      },
    };
  }

  /**
   * For a body that no file is made of: looks at the free space as often as for one. Throws DiskError `ENOSPC` when what is to stay
   * free would be touched.
   */
  async require(bytes: number, reserveBytes: number): Promise<void> {
    this.#sinceLook += bytes;
    if (this.#sinceLook < LOOK_EVERY_BYTES) return;
    await this.#options.disk.ensureFolder(this.#options.folder);
    await this.#requireSpace(LOOK_EVERY_BYTES, reserveBytes);
    this.#sinceLook = 0;
  }

  async #requireSpace(bytes: number, reserveBytes: number): Promise<void> {
    const { disk, folder } = this.#options;
    const free = await disk.free(folder);
    if (free - bytes < reserveBytes)
      throw new DiskError(
        'ENOSPC',
        `only ${String(free)} bytes are free, ${String(reserveBytes)} stay reserved`,
      );
  }

  async sweep(named: () => ReadonlySet<Sha256>): Promise<readonly string[]> {
    const { disk, folder } = this.#options;
    await disk.ensureFolder(folder);
    const names = await disk.list(folder);
    const wanted: ReadonlySet<string> = named();
    for (const hash of this.#recent) if (wanted.has(hash)) this.#recent.delete(hash);
    const removed: string[] = [];
    for (const name of names) {
      const orphan =
        (name.endsWith(PART) && !this.#writing.has(name)) ||
        (BODY.test(name) && !wanted.has(name) && !this.#recent.has(name));
      if (!orphan) continue;
      await this.remove(name);
      removed.push(name);
    }
    return removed;
  }

  /** Whoever receives the same body meanwhile puts his in its place afterwards. */
  async remove(name: string): Promise<void> {
    const removing = this.#options.disk.remove(join(this.#options.folder, name));
    this.#removing.set(name, removing);
    try {
      await removing;
    } finally {
      this.#removing.delete(name);
    }
  }
}
