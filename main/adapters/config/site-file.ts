import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { syncFolder, writeDurably } from '../secrets/site-key.ts';
import { checkSite, loadSite, SITE_FILE } from './load-site.ts';
import { parseJson } from './read-json.ts';

/** What stands in the file at this moment. */
export interface SiteFileState {
  /** Undefined when there is none. */
  readonly bytes: Uint8Array | undefined;
  /** SHA-256 of the file's bytes; of nothing when there is none. */
  readonly revision: string;
  /** Undefined when it is not JSON. */
  readonly data: unknown;
}

/** `site.json` of one data folder: looked at, checked, replaced as a whole. */
export interface SiteFile {
  look(): SiteFileState;
  /** What is wrong on disk, mappings included. */
  problems(): readonly ConfigProblem[];
  /** What would be wrong with these data, with the mappings on disk. */
  check(data: unknown): readonly ConfigProblem[];
  /**
   * Durable when it returns: after a crash there is the old file or the new one, whole. What was no JSON is kept beside it
   * as `site.json.broken-<time>`. Returns the new revision. Throws what the file system throws; then the old one stands.
   */
  replace(data: unknown): string;
  /** The same with bytes that stood there before; undefined: there was no file. */
  putBack(bytes: Uint8Array | undefined): void;
  /** Names of mapping files, sorted. */
  mappings(): readonly string[];
}

export const revisionOf = (bytes: Uint8Array | undefined): string =>
  createHash('sha256')
    .update(bytes ?? new Uint8Array())
    .digest('hex');

/** The text a program writes: readable for people who open the file. */
const textOf = (data: unknown): Uint8Array =>
  new TextEncoder().encode(`${JSON.stringify(data, undefined, 2)}\n`);

export function openSiteFile(dataDir: string, now: () => number): SiteFile {
  const path = join(dataDir, SITE_FILE);

  const look = (): SiteFileState => {
    const bytes = readIfThere(path);
    const parsed = bytes === undefined ? undefined : parseJson(SITE_FILE, bytes);
    return { bytes, revision: revisionOf(bytes), data: parsed?.ok === true ? parsed.value.data : undefined };
  };

  const write = (bytes: Uint8Array): void => {
    const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
    try {
      writeDurably(temporary, bytes);
      // Whoever may read the settings today may do so tomorrow.
      const mode = statSync(path, { throwIfNoEntry: false })?.mode;
      if (mode !== undefined) chmodSync(temporary, mode & 0o777);
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
    syncFolder(dataDir);
  };

  return {
    look,
    problems: () => {
      const loaded = loadSite(dataDir);
      return loaded.ok ? [] : loaded.failure;
    },
    check: (data) => {
      const checked = checkSite(dataDir, data);
      return checked.ok ? [] : checked.failure;
    },
    replace: (data) => {
      const { bytes: old, data: readable } = look();
      if (old !== undefined && readable === undefined) keepBroken(path, old, now());
      const bytes = textOf(data);
      write(bytes);
      return revisionOf(bytes);
    },
    putBack: (bytes) => {
      if (bytes !== undefined) return write(bytes);
      rmSync(path, { force: true });
      syncFolder(dataDir);
    },
    mappings: () => mappingFiles(join(dataDir, 'mappings')),
  };
}

/** Writes the settings of a site that joins nothing yet; does nothing where a file is. True when it wrote. */
export function writeDefaultSite(dataDir: string, site: { name: string; timeZone: string }): boolean {
  mkdirSync(join(dataDir, 'mappings'), { recursive: true });
  const file = openSiteFile(dataDir, () => 0);
  if (file.look().bytes !== undefined) return false;
  file.replace({ schemaVersion: 1, site: { ...site, language: 'en' }, erps: [], links: [] });
  return true;
}

function readIfThere(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What a person typed is never thrown away. */
function keepBroken(path: string, bytes: Uint8Array, at: number): void {
  const time = new Date(at).toISOString().replace(/[-:]/g, '').replace(/\..*/, 'Z');
  for (let turn = 0; ; turn += 1) {
    try {
      return writeDurably(`${path}.broken-${time}${turn === 0 ? '' : `-${turn}`}`, bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

function mappingFiles(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^[\w.-]+\.json$/.test(name))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
