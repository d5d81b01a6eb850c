// Makes a fresh checkout ready: dependencies, what is built (page, agent, desktop program) and, with --browser, what
// the tests need beside: a Chromium, and FreeTDS. Plain JavaScript for Node 20: it runs before anything is installed. What is ready already is
// left alone.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pinnedNode, root, toolScript } from './pinned-node.mjs';

// On standard error: what is started next may print a document on standard output.
const say = (text) => console.error(`setup: ${text}`);
const at = (...parts) => join(root, ...parts);

function fail(text) {
  console.error(`setup: ${text}`);
  process.exit(1);
}

function run(command, args, options = {}) {
  return (
    spawnSync(command, args, { cwd: root, stdio: ['inherit', process.stderr, 'inherit'], ...options })
      .status === 0
  );
}

function stampOf(...paths) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const path of paths) if (existsSync(at(path))) hash.update(`${path}\n`).update(readFileSync(at(path)));
  return hash.digest('hex');
}

const readText = (path) => (existsSync(path) ? readFileSync(path, 'utf8') : '');

// ---- dependencies ----

function installDependencies() {
  const stampFile = at('node_modules', '.erp-ferry-setup');
  const stamp = stampOf('package.json', 'package-lock.json');
  if (readText(stampFile) === stamp) return;
  // Somebody ran npm themselves: npm's own note of what it installed is newer than the lock file it came from.
  if (readText(stampFile) === '' && installedMatchesLock()) {
    writeFileSync(stampFile, stamp);
    return;
  }
  // Windows cannot delete the node.exe that runs this; install changes only what differs.
  const own = process.execPath.startsWith(at('node_modules'));
  const command = process.platform === 'win32' && own ? ['install', '--no-save'] : ['ci'];
  say(`installing the dependencies (npm ${command.join(' ')}); this takes a minute`);
  const npm = process.env.npm_execpath;
  const args = [
    ...command,
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const done = npm?.endsWith('js')
    ? run(process.execPath, [npm, ...args])
    : run(process.platform === 'win32' ? 'npm.cmd' : 'npm', args, { shell: process.platform === 'win32' });
  if (!done) fail('the dependencies could not be installed; the lines above say why');
  writeFileSync(stampFile, stamp);
}

function installedMatchesLock() {
  try {
    const lock = JSON.parse(readText(at('package-lock.json'))).packages;
    const installed = JSON.parse(readText(at('node_modules', '.package-lock.json'))).packages;
    return Object.entries(lock).every(
      ([path, { version, optional }]) =>
        path === '' || optional === true || installed[path]?.version === version,
    );
  } catch {
    return false;
  }
}

function requireNode() {
  if (pinnedNode() !== undefined) return;
  fail(
    `Node 24 is needed and this is ${process.versions.node}. The dependencies bring one for x64 Linux and Windows; ` +
      'elsewhere install Node 24.',
  );
}

// ---- the page, the agent, the desktop program ----

function buildPrograms() {
  if (!run(pinnedNode(), [at('.ci', 'build.mjs')]))
    fail('the program could not be built; the lines above say why');
}

// ---- a browser ----

const BROWSERS =
  process.platform === 'win32'
    ? ['chrome.exe', 'msedge.exe', 'chromium.exe']
    : ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge', 'msedge'];

function onPath() {
  const folders = (process.env.PATH ?? '').split(delimiter);
  if (process.platform === 'win32')
    for (const base of [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA])
      if (base !== undefined)
        folders.push(join(base, 'Google/Chrome/Application'), join(base, 'Microsoft/Edge/Application'));
  return BROWSERS.flatMap((name) => folders.map((folder) => join(folder, name))).filter((path) =>
    existsSync(path),
  );
}

/** It must really start: a browser without its libraries is none. */
function works(path) {
  const page = ['--headless', '--no-sandbox', '--disable-gpu', '--dump-dom', 'data:text/html,<p>ready</p>'];
  const tried = spawnSync(path, page, { encoding: 'utf8', timeout: 60_000 });
  return tried.status === 0 && tried.stdout.includes('ready');
}

function playwrightBrowser() {
  const asked = spawnSync(
    pinnedNode(),
    ['-e', "import('playwright-core').then((p) => process.stdout.write(p.chromium.executablePath()))"],
    { cwd: root, encoding: 'utf8' },
  );
  return asked.status === 0 && existsSync(asked.stdout) ? [asked.stdout] : [];
}

function findBrowser() {
  const named = process.env.CHROMIUM_PATH;
  if (named !== undefined && named !== '') {
    if (works(named)) return named;
    say(`CHROMIUM_PATH names ${named}, which does not start`);
  }
  const there = [...onPath(), ...playwrightBrowser()].find(works);
  if (there !== undefined) return there;

  say('no Chromium found; fetching one (playwright-core install chromium)');
  run(pinnedNode(), [toolScript('playwright-core'), 'install', 'chromium'], {
    timeout: 600_000,
  });
  const fetched = playwrightBrowser().find(works);
  if (fetched !== undefined) return fetched;

  return installPackage('chromium') ? onPath().find(works) : undefined;
}

/** From the distribution, where this may be done without asking. */
function installPackage(name) {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  say(`installing the distribution's ${name} (apt-get install ${name})`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = ['install', '-y', '--no-install-recommends', name];
  if (run('apt-get', install, { env, timeout: 600_000 })) return true;
  run('apt-get', ['update'], { env, timeout: 600_000 });
  return run('apt-get', install, { env, timeout: 600_000 });
}

function readyBrowser() {
  const note = at('node_modules', '.erp-ferry-browser');
  const known = readText(note);
  if (known !== '' && existsSync(known) && (process.env.CHROMIUM_PATH ?? known) === known) return;
  const found = findBrowser();
  if (found !== undefined) {
    writeFileSync(note, found);
    say(`the tests of the page use ${found}`);
    return;
  }
  rmSync(note, { force: true });
  const words = [
    'NO BROWSER: the tests of the page are skipped.',
    'Install Chromium, Chrome or Edge, or name one with CHROMIUM_PATH.',
  ];
  if (process.env.CI) fail(words.join(' '));
  const line = '*'.repeat(78);
  console.error([line, ...words.map((word) => `*  ${word}`), line].join('\n'));
}

// ---- a second driver ----

/** FreeTDS speaks to the sandbox's server too, so that one driver's habits are not taken for the protocol. */
function readySecondDriver() {
  const there = () => spawnSync('tsql', ['-C']).status === 0;
  if (there()) return;
  // Tried once: without a network the distribution keeps one waiting.
  const note = at('node_modules', '.erp-ferry-no-freetds');
  if (!existsSync(note) && installPackage('freetds-bin') && there()) return;
  writeFileSync(note, '');
  say('NO FREETDS: the server of the sandbox is tested with one driver only. Install freetds-bin.');
}

installDependencies();
requireNode();
buildPrograms();
if (process.argv.includes('--browser')) {
  readyBrowser();
  readySecondDriver();
}
