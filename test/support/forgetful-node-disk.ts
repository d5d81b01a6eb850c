import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createForgetfulDisk } from './forgetful-disk.ts';
import type { ForgetfulDisk } from './forgetful-disk.ts';

const ARRIVING = '.arriving';

/**
 * The forgetful disk over a real folder: what is not synced lives in this process only, what is synced is in real files. So
 * a SIGKILL loses exactly what the power would, and the next process finds exactly what a disk would give back.
 */
export function createForgetfulNodeDisk(): ForgetfulDisk {
  return createForgetfulDisk({
    keep: (path, bytes) => {
      // Through a rename: a kill in the middle of our own write must not look like a torn sync.
      writeFileSync(path + ARRIVING, bytes);
      renameSync(path + ARRIVING, path);
    },
    drop: (path) => {
      rmSync(path, { force: true });
    },
    load: (folder) => {
      if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
      return readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isFile() && !entry.name.endsWith(ARRIVING))
        .map((entry) => ({ name: entry.name, bytes: readFileSync(join(folder, entry.name)) }));
    },
  });
}
