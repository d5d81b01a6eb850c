// Packs the program. `npm run dist` makes the installer for Windows with the real Electron runtime; the same for a look or a
// check: npm run dist -- --platform linux --dir
//   --platform win|linux    which one (default win)
//   --dir                   the program's folder only, no installer
//   --electron <folder>     an unpacked Electron runtime of that platform, else ELECTRON_OVERRIDE_DIST_PATH, else fetched
//   --output <folder>       where to (default dist/installer)
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pinnedNode, root, toolScript } from './pinned-node.mjs';

const say = (text) => console.error(`dist: ${text}`);

function refuse(...lines) {
  for (const line of lines) say(line);
  process.exit(1);
}

const { values } = parseArgs({
  options: {
    platform: { type: 'string', default: 'win' },
    dir: { type: 'boolean', default: false },
    electron: { type: 'string' },
    output: { type: 'string', default: join(root, 'dist', 'installer') },
  },
});
if (values.platform !== 'win' && values.platform !== 'linux')
  refuse(`--platform takes win or linux, not ${values.platform}`);
if (values.platform === 'linux' && !values.dir)
  refuse('For Linux there is no installer, only the folder: add --dir');

const version = JSON.parse(
  readFileSync(join(root, 'node_modules', 'electron', 'package.json'), 'utf8'),
).version;
const runtime = `electron-v${version}-${values.platform === 'win' ? 'win32' : 'linux'}-x64.zip`;

/** The folder of an unpacked runtime somebody named, checked to be the one the program was made for. */
function namedRuntime() {
  const named = values.electron ?? process.env.ELECTRON_OVERRIDE_DIST_PATH;
  if (named === undefined || named === '') return undefined;
  const folder = resolve(named);
  const binary = values.platform === 'win' ? 'electron.exe' : 'electron';
  if (!existsSync(join(folder, binary))) refuse(`There is no ${binary} in ${folder}.`);
  const note = join(folder, 'version');
  const found = existsSync(note) ? readFileSync(note, 'utf8').trim().replace(/^v/, '') : 'unknown';
  if (found !== version) refuse(`The runtime in ${folder} is ${found}; the program is made for ${version}.`);
  // Packed from a folder, the runtime's own sample program would be shipped beside ours.
  const clean = join(root, 'dist', 'stage', `runtime-${values.platform}`);
  rmSync(clean, { recursive: true, force: true });
  cpSync(folder, clean, { recursive: true, filter: (path) => !path.endsWith('default_app.asar') });
  return clean;
}

/** Where electron-builder looks before it fetches. */
function isCached() {
  const home = homedir();
  const cache =
    process.env.electron_config_cache ??
    {
      win32: join(process.env.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'electron', 'Cache'),
      darwin: join(home, 'Library', 'Caches', 'electron'),
    }[process.platform] ??
    join(process.env.XDG_CACHE_HOME ?? join(home, '.cache'), 'electron');
  return existsSync(cache) && readdirSync(cache, { recursive: true }).some((path) => path.endsWith(runtime));
}

/** Asks for the runtime's first bytes: better a clear refusal now than a stack trace after minutes of retries. */
async function mustBeReachable() {
  const mirror =
    process.env.ELECTRON_MIRROR ??
    process.env.npm_config_electron_mirror ??
    'https://github.com/electron/electron/releases/download/';
  const url = `${mirror.replace(/\/?$/, '/')}v${version}/${runtime}`;
  try {
    const answer = await fetch(url, { method: 'HEAD', signal: AbortSignal.timeout(20_000) });
    if (answer.ok) return;
    throw new Error(`answered ${answer.status}`);
  } catch (error) {
    refuse(
      `The Electron runtime ${runtime} is not on this computer and cannot be fetched.`,
      `${url}: ${error.cause?.code ?? error.cause?.message ?? error.message}`,
      'Unpack it somewhere and name that folder with --electron, or name a mirror with ELECTRON_MIRROR.',
      'To check the packaging without it: npm run dist:check',
    );
  }
}

const folder = namedRuntime();
if (folder === undefined && !isCached()) await mustBeReachable();

const signed = ['WIN_CSC_LINK', 'CSC_LINK'].some((name) => (process.env[name] ?? '') !== '');
const args = [
  ...(values.platform === 'win' ? ['--win'] : ['--linux']),
  ...(values.dir ? ['dir'] : []),
  '--x64',
  `--config.directories.output=${resolve(values.output)}`,
  ...(folder === undefined ? [] : [`--config.electronDist=${folder}`]),
  '--publish=never',
];
const packed = spawnSync(pinnedNode(), [toolScript('electron-builder'), ...args], {
  cwd: root,
  stdio: ['ignore', process.stderr, 'inherit'],
  env: { ...process.env, CSC_IDENTITY_AUTO_DISCOVERY: 'false' },
});
if (packed.status !== 0) refuse('The program could not be packed; the lines above say why.');

if (!values.dir) {
  for (const name of readdirSync(values.output).filter((file) => file.endsWith('.exe'))) {
    const path = join(values.output, name);
    const hash = createHash('sha256').update(readFileSync(path)).digest('hex');
    console.log(`${hash}  ${name}  ${(statSync(path).size / 1e6).toFixed(1)} MB`);
  }
  if (!signed) {
    const line = '*'.repeat(78);
    say(
      [line, 'NOT SIGNED: no certificate is configured (WIN_CSC_LINK, WIN_CSC_KEY_PASSWORD).', line].join(
        '\n',
      ),
    );
  }
}
