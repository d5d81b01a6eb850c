import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

/** A program that runs the desktop, or why there is none. */
export type DesktopRuntime =
  { readonly kind: 'found'; readonly program: string } | { readonly kind: 'none'; readonly why: string };

/** Long enough for 120 MB over a slow line, short enough for somebody who waits in front of it. */
const DOWNLOAD_MS = 180_000;

const EXECUTABLE: Readonly<Record<string, string>> = {
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
};

export interface RuntimeSearch {
  /** The checkout. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
}

/**
 * The Electron runtime: the one that is named, else the one that is there, else the one its package downloads. A named one
 * that is not there is not replaced by another: whoever named it would not know which one ran.
 */
export async function desktopRuntime(search: RuntimeSearch): Promise<DesktopRuntime> {
  const { root, env, platform, say } = search;
  const name = EXECUTABLE[platform] ?? 'electron';
  const named = env['ELECTRON_OVERRIDE_DIST_PATH'];
  if (named !== undefined && named !== '') return usable(join(named, name));
  const loader = join(root, 'node_modules', 'electron');
  const program = join(loader, 'dist', name);
  if (existsSync(program)) return usable(program);
  const download = join(loader, 'install.js');
  if (!existsSync(download)) return { kind: 'none', why: 'the package electron is not installed' };
  if (env['ELECTRON_SKIP_BINARY_DOWNLOAD'] !== undefined)
    return { kind: 'none', why: 'ELECTRON_SKIP_BINARY_DOWNLOAD is set' };
  say('Fetching the Electron runtime; this happens once …');
  const why = await fetchRuntime(download, search);
  return why === undefined ? usable(program) : { kind: 'none', why };
}

function usable(program: string): DesktopRuntime {
  try {
    accessSync(program, constants.X_OK);
    return { kind: 'found', program };
  } catch {
    const why = existsSync(program) ? 'cannot be executed' : 'is not there';
    return { kind: 'none', why: `${program} ${why}` };
  }
}

/** Undefined when it came; else why not, in the loader's own last words. */
function fetchRuntime(script: string, { env, signal }: RuntimeSearch): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      signal: AbortSignal.any([signal, AbortSignal.timeout(DOWNLOAD_MS)]),
      killSignal: 'SIGKILL',
    });
    let said = '';
    child.stderr.on('data', (data: Buffer) => {
      said = `${said}${data.toString()}`.slice(0, 2_000);
    });
    child.once('error', (error) =>
      resolve(
        error.name === 'AbortError' ? 'its download took too long or was broken off' : `it: ${error.message}`,
      ),
    );
    child.once('close', (code) =>
      resolve(code === 0 ? undefined : `its download failed (${said.split('\n', 1)[0] || `code ${code}`})`),
    );
  });
}
