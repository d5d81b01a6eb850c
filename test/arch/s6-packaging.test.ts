import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FuseV1Options } from '@electron/fuses';
import { expect, test } from 'vitest';
import { locateProgram } from '../../main/program-files.ts';

const builder = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
const { load } = builder('js-yaml') as { load: (this: void, text: string) => unknown };
const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const config = load(read('electron-builder.yml')) as {
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly files: readonly string[];
  readonly nsis: Readonly<Record<string, unknown>>;
  readonly asar: boolean;
  readonly disableAsarIntegrity?: boolean;
};

test('S6 every switch of Electron is decided, and none is left to the runtime that happens to be packed', () => {
  expect(config.electronFuses).toEqual({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    enableCookieEncryption: true,
    enableEmbeddedAsarIntegrityValidation: true,
    onlyLoadAppFromAsar: true,
    loadBrowserProcessSpecificV8Snapshot: false,
    grantFileProtocolExtraPrivileges: false,
  });
  // WasmTrapHandlers is about speed, and the packager has no word for it. A switch that is new here has to be decided.
  const known = Object.keys(FuseV1Options).filter(
    (name) => !/^\d+$/.test(name) && name !== 'WasmTrapHandlers',
  );
  expect(known).toHaveLength(Object.keys(config.electronFuses).length);
});

test('S7 the archive is one file whose hash goes into the program', () => {
  expect(config.asar).toBe(true);
  expect(config.disableAsarIntegrity).toBeUndefined();
  expect(config.files.filter((pattern) => pattern.includes('node_modules'))).toEqual(['!node_modules']);
});

test('S27 the program is installed for all users, into a folder only administrators write to', () => {
  expect(config.nsis).toMatchObject({ perMachine: true, allowToChangeInstallationDirectory: false });
});

const hooks = read('main/desktop/installer/installer.nsh');
const task = read('main/desktop/installer/boot-task.xml');

test('S28 the data folder is for the system, administrators and operators, by number and without inheritance', () => {
  expect(hooks).toContain('!define FERRY_SYSTEM "*S-1-5-18"');
  expect(hooks).toContain('!define FERRY_ADMINISTRATORS "*S-1-5-32-544"');
  const grants = /icacls\.exe" "\$\{FOLDER\}" \/inheritance:r \/grant:r (.+?) \/Q'/.exec(hooks)?.[1];
  expect(grants).toBe(
    '${FERRY_SYSTEM}:(OI)(CI)F ${FERRY_ADMINISTRATORS}:(OI)(CI)F "${FERRY_OPERATORS}:(OI)(CI)M"',
  );
  // The one grant there is: whoever adds another one has to say so here.
  expect(hooks.match(/\/grant/g)).toHaveLength(1);
});

test('S27 every program the installer starts is named with its whole path, in quotes', () => {
  const started = [...hooks.matchAll(/nsExec::\w+ '(.*)'/g)].map((match) => match[1] ?? '');
  expect(started.length).toBeGreaterThan(5);
  for (const command of started) expect(command).toMatch(/^"\$SYSDIR\\\w+\.exe" /);
});

test('removal keeps the data unless somebody says yes, and an update changes nothing of the computer', () => {
  const removal = /!macro customUnInstall\n([\s\S]*?)!macroend/.exec(hooks)?.[1] ?? '';
  expect(removal.indexOf('${IfNot} ${isUpdated}')).toBeLessThan(removal.indexOf('schtasks.exe'));
  const question = /MessageBox ([^"]*)".*" (.*)/.exec(removal);
  expect(question?.[1]).toContain('MB_DEFBUTTON2');
  expect(question?.[2]).toBe('/SD IDNO IDNO ferryKeepData');
  // A count of instructions would end in the middle of a macro.
  expect(hooks).not.toMatch(/ID(NO|YES|OK) \+/);
});

test('S39 the task of the boot runs with least rights, without a time limit, and again after a failure', () => {
  expect(task).toContain('<RunLevel>LeastPrivilege</RunLevel>');
  expect(task).toContain('<LogonType>Password</LogonType>');
  expect(task).toContain('<ExecutionTimeLimit>PT0S</ExecutionTimeLimit>');
  expect(task).toMatch(/<RestartOnFailure>\s*<Interval>PT1M<\/Interval>\s*<Count>999<\/Count>/);
  expect(task).toContain('<Command>"%ProgramFiles%\\ERP Ferry\\resources\\agent\\node.exe"</Command>');
  // Other encodings than the declared one are refused; plain characters are the same in all of them.
  expect(task).toMatch(/^[\n -~]*$/);
});

test.each([
  ['file:///C:/repo/main/program-files.ts', 'dist/renderer', 'main/cli.ts', false],
  ['file:///C:/repo/dist/main/electron.js', 'dist/renderer', 'dist/main/cli.js', false],
  ['file:///C:/repo/dist/main/compose-x1.js', 'dist/renderer', 'dist/main/cli.js', false],
  [
    'file:///C:/P/resources/app.asar/dist/main/electron.js',
    'resources/app.asar/dist/renderer',
    'resources/agent/main/cli.js',
    true,
  ],
  [
    'file:///C:/P/resources/agent/main/compose-x1.js',
    'resources/agent/renderer',
    'resources/agent/main/cli.js',
    true,
  ],
])('%s finds page and agent', (self, page, agent, packed) => {
  const found = locateProgram(self);
  expect(found.page.replaceAll('\\', '/')).toMatch(new RegExp(`/${page}$`));
  expect(found.agent.replaceAll('\\', '/')).toMatch(new RegExp(`/${agent}$`));
  expect(found.packed).toBe(packed);
});
