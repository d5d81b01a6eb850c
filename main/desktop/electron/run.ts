import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { app } from 'electron';
import log from 'electron-log/node.js';
import { dataFolder } from '../../cli/data-folder.ts';
import { connectPipe } from '../../console/pipe-client.ts';
import { DesktopProgram, type DesktopFiles } from '../program.ts';
import { readStartOptions } from '../start-options.ts';
import { electronShell } from './electron-shell.ts';
import { registerScheme } from './pages.ts';

/** Under which Windows shows toasts and groups windows; the installer writes the same. */
const APP_ID = 'app.erpferry.tray';

/**
 * The desktop program from its first line to its end. What Electron wants to know before it is ready is said before the first
 * wait; nobody may wait for the result at the top of a module, for Electron is not ready before that module has ended.
 */
export async function runDesktop(files: DesktopFiles): Promise<void> {
  const options = readStartOptions(process.argv.slice(1));
  const dataDir = dataFolder(options.dataDir, process.env, process.platform);
  // One program per user and data folder: a sandbox beside the installed one is another program.
  const name = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  const profile = join(app.getPath('appData'), 'ERP Ferry', name);
  mkdirSync(profile, { recursive: true });
  app.setPath('userData', profile);
  app.setAppUserModelId(APP_ID);

  // Not the logger's Electron flavour: it opens a channel of its own beside the closed list.
  log.transports.file.resolvePathFn = () => join(profile, 'desktop.log');
  log.transports.file.maxSize = 1024 * 1024;
  log.transports.console.level = files.packed ? false : 'info';
  log.errorHandler.startCatching({ showDialog: false });

  registerScheme();
  if (!electronShell.claimInstance()) return electronShell.exit(0);
  mkdirSync(dataDir, { recursive: true });
  await app.whenReady();

  const program = new DesktopProgram({
    shell: electronShell,
    files,
    options,
    dataDir,
    env: process.env,
    stateFile: join(profile, 'desktop.json'),
    platform: process.platform,
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    wall: () => Date.now(),
    clock: {
      now: () => performance.now(),
      after: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    },
    connect: () => connectPipe(dataDir),
    log: (message) => log.info(message),
  });
  program.begin();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => program.quit());
  if (options.endWithInput) process.stdin.resume().on('end', () => program.quit());
}
