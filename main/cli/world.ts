import type { StartSite } from './program.ts';

/** Everything a command takes from outside; the tests bring their own. */
export interface World {
  readonly env: NodeJS.ProcessEnv;
  readonly platform: NodeJS.Platform;
  readonly version: string;
  now(): number;
  /** The system's, for text that is about no site. */
  readonly timeZone: string;
  readonly locale: string;
  write(text: string): void;
  writeError(text: string): void;
  /** Raw bytes on standard output; resolves when more may follow. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** One line: typed unseen at a terminal, else all of standard input. */
  readSecret(prompt: string): Promise<string>;
  /** Aborts when the person or the system wants the program to end. */
  readonly ending: AbortSignal;
  /** Loads and starts the engine. Kept back until a command needs it: status must not wait for drivers. */
  readonly startSite: StartSite;
  /** Runs the sandbox in a process of its own and gives its exit code. */
  startSandbox(args: readonly string[]): Promise<number>;
}
