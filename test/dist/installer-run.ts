import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from './report.ts';

const ENVIRONMENT_KEY = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';
const VERSION_KEY = 'HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion';
const RUN_KEY = 'HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Run';
const PROGRAM = 'C:\\FerryCheck';
const COMMANDS = `${PROGRAM}\\resources\\agent`;

const installed = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status !== null;

/**
 * The installer's own steps: compiled around a small script of our own, then really run where Wine is. Wine has a registry and
 * folders like Windows; it has no rights on files, no groups and no tasks, so those steps are only made, not seen.
 */
export function checkInstaller(report: Report, root: string, scratch: string): void {
  if (!installed('makensis', '-VERSION'))
    return report.skip('installer: its steps', 'makensis is not here (Debian: apt-get install nsis)');
  const setup = join(scratch, 'check.exe');
  // The stock script brings this one; the check has no use for it.
  writeFileSync(join(scratch, 'getProcessInfo.nsh'), '\n');
  const hooks = join(root, 'main', 'desktop', 'installer');
  const compiled = spawnSync(
    'makensis',
    [
      '-XTarget amd64-unicode',
      `-X!addincludedir "${hooks}"`,
      `-X!addincludedir "${scratch}"`,
      `-DOUT=${setup}`,
      `-DCOMMAND=${join(hooks, 'erp-ferry.cmd')}`,
      '-V2',
      '-WX',
      join(root, 'test', 'dist', 'installer-check.nsi'),
    ],
    { encoding: 'utf8' },
  );
  report.expect(
    'installer: its steps compile without a warning',
    compiled.status === 0 && existsSync(setup),
    compiled.status === 0 ? 'makensis -WX' : compiled.stdout + compiled.stderr,
  );
  if (compiled.status !== 0) return;
  if (!installed('wine', '--version'))
    return report.skip('installer: its steps, run', 'Wine is not here (Debian: apt-get install wine64 wine)');
  new WineRun(report, scratch, setup).play();
}

class WineRun {
  readonly #report: Report;
  readonly #setup: string;
  readonly #prefix: string;

  constructor(report: Report, scratch: string, setup: string) {
    this.#report = report;
    this.#setup = setup;
    this.#prefix = join(scratch, 'wine');
    mkdirSync(this.#prefix);
  }

  play(): void {
    try {
      this.#wine('wineboot', '-i');
      this.#oldWindows();
      this.#install();
      this.#update();
      this.#uninstall();
    } finally {
      this.#wine('wineboot', '-k');
    }
  }

  #start(args: readonly string[], output: 'pipe' | 'ignore'): SpawnSyncReturns<string> {
    const env = { ...process.env, WINEPREFIX: this.#prefix, WINEDEBUG: '-all', DISPLAY: '' };
    const stdio = ['ignore', output, 'ignore'] as const;
    return spawnSync('wine', args, { encoding: 'utf8', env, timeout: 90_000, stdio: [...stdio] });
  }

  /** Without its output: Wine's server would inherit it and hold it open. */
  #wine(...args: string[]): SpawnSyncReturns<string> {
    return this.#start(args, 'ignore');
  }

  #set(key: string, name: string, type: string, value: string): void {
    this.#wine('reg', 'add', key, '/v', name, '/t', type, '/d', value, '/f');
  }

  /** Type and value, or undefined. */
  #value(key: string, name: string): string | undefined {
    const { stdout } = this.#start(['reg', 'query', key, '/v', name], 'pipe');
    return /^\s+.+?\s+(REG_\w+\s+.*?)\s*$/m.exec(stdout)?.[1]?.replace(/\s+/, ' ');
  }

  #there(...path: string[]): boolean {
    return existsSync(join(this.#prefix, 'drive_c', ...path));
  }

  #oldWindows(): void {
    this.#set(VERSION_KEY, 'CurrentBuildNumber', 'REG_SZ', '9600');
    const { status } = this.#wine(this.#setup, '/S', `/D=${PROGRAM}`);
    this.#report.expect(
      'installer: refuses Windows Server 2012 R2',
      status === 2 && !this.#there('FerryCheck') && !this.#there('ProgramData', 'ERP Ferry'),
      `exit ${String(status)}, nothing laid down`,
    );
    this.#set(VERSION_KEY, 'CurrentBuildNumber', 'REG_SZ', '14393');
  }

  /** Longer than any variable of the installer, with variables of Windows and an empty entry in it. */
  readonly #long = `%SystemRoot%\\system32;;${Array.from({ length: 400 }, (_, n) => `C:\\Tool${n}\\bin`).join(';')}`;

  #install(): void {
    this.#set(ENVIRONMENT_KEY, 'Path', 'REG_EXPAND_SZ', this.#long);
    const { status } = this.#wine(this.#setup, '/S', `/D=${PROGRAM}`);
    const path = this.#value(ENVIRONMENT_KEY, 'Path');
    this.#report.expect(
      'installer: adds the command to a long PATH and keeps the rest',
      status === 0 && path === `REG_EXPAND_SZ ${this.#long};${COMMANDS}`,
      `${this.#long.length} characters before`,
    );
    const run = this.#value(RUN_KEY, 'ERP Ferry');
    this.#report.expect(
      'installer: starts with Windows, hidden, path quoted (S27)',
      run === `REG_SZ "${PROGRAM}\\ERP Ferry.exe" --hidden`,
      run ?? 'no entry',
    );
    this.#report.expect(
      'installer: makes the data folder',
      this.#there('ProgramData', 'ERP Ferry'),
      '%ProgramData%\\ERP Ferry',
    );
    this.#wine(this.#setup, '/S', `/D=${PROGRAM}`);
    this.#report.expect(
      'installer: a second time changes nothing of PATH',
      this.#value(ENVIRONMENT_KEY, 'Path') === path,
      'once in it',
    );
  }

  #update(): void {
    this.#wine('reg', 'delete', RUN_KEY, '/v', 'ERP Ferry', '/f');
    const before = this.#value(ENVIRONMENT_KEY, 'Path');
    this.#wine(`${PROGRAM}\\Uninstall.exe`, '/S', '--updated', `_?=${PROGRAM}`);
    const between = this.#value(ENVIRONMENT_KEY, 'Path');
    this.#wine(this.#setup, '/S', `/D=${PROGRAM}`);
    this.#report.expect(
      'installer: an update keeps PATH, and an entry somebody took out stays out',
      between === before &&
        this.#value(ENVIRONMENT_KEY, 'Path') === before &&
        this.#value(RUN_KEY, 'ERP Ferry') === undefined,
      'as before',
    );
  }

  #uninstall(): void {
    writeFileSync(join(this.#prefix, 'drive_c', 'ProgramData', 'ERP Ferry', 'ferry.sqlite'), 'orders');
    const { status } = this.#wine(`${PROGRAM}\\Uninstall.exe`, '/S', `_?=${PROGRAM}`);
    this.#report.expect(
      'installer: silent removal keeps the data',
      status === 0 &&
        this.#there('ProgramData', 'ERP Ferry', 'ferry.sqlite') &&
        !this.#there('FerryCheck', 'resources'),
      'ferry.sqlite is there, the program is not',
    );
    this.#report.expect(
      'installer: removal gives PATH back as it was',
      this.#value(ENVIRONMENT_KEY, 'Path') === `REG_EXPAND_SZ ${this.#long}`,
      'to the character',
    );
    this.#wine(this.#setup, '/S', '/NOAUTOSTART', `/D=${PROGRAM}`);
    this.#report.expect(
      'installer: /NOAUTOSTART makes no entry',
      this.#there('FerryCheck', 'resources') && this.#value(RUN_KEY, 'ERP Ferry') === undefined,
      'none',
    );
    this.#wine(`${PROGRAM}\\Uninstall.exe`, '/S', '/DELETEDATA', `_?=${PROGRAM}`);
    this.#report.expect(
      'installer: removal deletes the data when it is told to',
      !this.#there('ProgramData', 'ERP Ferry') && !this.#there('FerryCheck', 'resources'),
      '/DELETEDATA',
    );
    this.#report.skip(
      'installer: rights of the data folder, group and task',
      'Wine has none of these; look at them on a Windows server',
    );
  }
}
