import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** Wraps the key for the disk. `unwrap` throws when the wrapping was made elsewhere. */
export interface KeyWrapping {
  wrap(key: Buffer): Buffer;
  unwrap(wrapped: Buffer): Buffer;
}

export interface SiteKey {
  readonly bytes: Buffer;
  /** Tells a value under another key from a damaged one. */
  readonly id: string;
}

const KEY_BYTES = 32;

const plain: KeyWrapping = { wrap: (key) => key, unwrap: (wrapped) => wrapped };

/** The bytes go through standard input and output: arguments of a process are visible to others. */
function dpapi(action: 'Protect' | 'Unprotect', bytes: Buffer): Buffer {
  const script =
    'Add-Type -AssemblyName System.Security; $ErrorActionPreference = "Stop"; ' +
    '$in = [Convert]::FromBase64String([Console]::In.ReadToEnd().Trim()); ' +
    `$out = [Security.Cryptography.ProtectedData]::${action}($in, $null, "LocalMachine"); ` +
    '[Console]::Out.Write([Convert]::ToBase64String($out))';
  const run = spawnSync('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', script], {
    input: bytes.toString('base64'),
    encoding: 'utf8',
    windowsHide: true,
    timeout: 60_000,
  });
  if (run.status !== 0 || run.stdout.trim() === '')
    throw new Error(`Windows could not ${action} the site key`);
  return Buffer.from(run.stdout.trim(), 'base64');
}

const machine: KeyWrapping = {
  wrap: (key) => dpapi('Protect', key),
  unwrap: (wrapped) => dpapi('Unprotect', wrapped),
};

export const wrappingOf = (platform: NodeJS.Platform): KeyWrapping =>
  platform === 'win32' ? machine : plain;

/** Unwraps the same bytes once: on Windows each time would start another program. */
export function remembering(wrapping: KeyWrapping): KeyWrapping {
  let last: { readonly wrapped: Buffer; readonly key: Buffer } | undefined;
  return {
    wrap: (key) => wrapping.wrap(key),
    unwrap: (wrapped) => {
      if (last === undefined || !last.wrapped.equals(wrapped))
        last = { wrapped, key: wrapping.unwrap(wrapped) };
      return last.key;
    },
  };
}

const keyPath = (folder: string): string => join(folder, 'site.key');

const asKey = (bytes: Buffer): SiteKey => ({
  bytes,
  id: createHash('sha256').update('erp-ferry site key ').update(bytes).digest('hex').slice(0, 16),
});

/** The key, or undefined when there is none. Throws when it cannot be opened here. */
export function readSiteKey(folder: string, wrapping: KeyWrapping): SiteKey | undefined {
  const path = keyPath(folder);
  let wrapped: Buffer;
  try {
    wrapped = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  // A copy or a restore can widen the rights; the next start narrows them again.
  if (process.platform !== 'win32' && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o600);
  const bytes = wrapping.unwrap(wrapped);
  if (bytes.length !== KEY_BYTES) throw new Error('the site key has the wrong length');
  return asKey(bytes);
}

/** The key, made when there is none. Two programs that make it at once end with the same one. */
export function ensureSiteKey(folder: string, wrapping: KeyWrapping): SiteKey {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const there = readSiteKey(folder, wrapping);
  if (there !== undefined) return there;
  const temporary = join(folder, `site.key.${randomBytes(6).toString('hex')}.tmp`);
  writeDurably(temporary, wrapping.wrap(randomBytes(KEY_BYTES)));
  try {
    // Linking fails where a rename would replace: the first one wins.
    linkSync(temporary, keyPath(folder));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncFolder(folder);
  const made = readSiteKey(folder, wrapping);
  if (made === undefined) throw new Error('the site key vanished while it was made');
  return made;
}

/** Creates a file only its owner may read, and waits until it is on the disk. */
export function writeDurably(path: string, bytes: Uint8Array): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    let written = 0;
    while (written < bytes.length) written += writeSync(file, bytes, written);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Windows has no such call: there the file system journals the name itself. */
export function syncFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
