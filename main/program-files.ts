import { fileURLToPath } from 'node:url';

/** Where the parts of the program are that are files and not code. Absolute paths. */
export interface ProgramFiles {
  /** Folder of the built page. */
  readonly page: string;
  /** The built preload of every window. */
  readonly preload: string;
  /** Folder of the tray's and the windows' pictures. */
  readonly icons: string;
  /** The agent with its command line: what a process of its own starts, as `cli run`. */
  readonly agent: string;
  /** True in an installed program, false in a checkout. */
  readonly packed: boolean;
}

/**
 * Finds the parts from the address of this module, which is one of:
 *
 *   main/program-files.ts                          sources; what must be built is in dist/
 *   dist/main/*.js                                 built
 *   resources/app.asar/dist/main/electron.js       installed, desktop program; the agent is beside the archive
 *   resources/agent/main/*.js                      installed, agent and command line
 */
export function locateProgram(self: string): ProgramFiles {
  const at = (path: string): string => fileURLToPath(new URL(path, self));
  if (self.endsWith('.ts'))
    return {
      page: at('../dist/renderer'),
      preload: at('../dist/preload/index.cjs'),
      icons: at('./desktop/icons'),
      agent: at('./cli.ts'),
      packed: false,
    };
  const archived = /\.asar\/dist\/main\/[^/]+$/.test(self);
  return {
    page: at('../renderer'),
    preload: at('../preload/index.cjs'),
    icons: at('../icons'),
    agent: at(archived ? '../../../agent/main/cli.js' : './cli.js'),
    packed: archived || /\/agent\/main\/[^/]+$/.test(self),
  };
}

export const programFiles: ProgramFiles = locateProgram(import.meta.url);
