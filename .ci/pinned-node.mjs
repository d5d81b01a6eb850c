import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The Node that runs the program: this one when it is new enough, else the one that came with the dependencies. */
export function pinnedNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const own = join(root, 'node_modules', `node-${platform}-${process.arch}`, 'bin', name);
  return existsSync(own) ? own : undefined;
}

/** The script behind a command of a package: run with a Node of our choice, which the command's own shim would not be. */
export function toolScript(name, command = name) {
  const folder = join(root, 'node_modules', ...name.split('/'));
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return join(folder, typeof bin === 'string' ? bin : bin[command]);
}
