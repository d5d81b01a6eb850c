import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** What this process started and has not seen end. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Starts a program that a Ctrl+C in the terminal does not reach: whoever started it ends it, in the right order. On
 * Windows that would open a window of its own.
 */
export function startExecutable(
  program: string,
  args: readonly string[],
  options: SpawnOptions,
): ChildProcess {
  const child = spawn(program, [...args], { ...options, detached: process.platform !== 'win32' });
  running.add(child);
  child.once('exit', () => running.delete(child));
  child.once('error', () => {
    if (child.pid === undefined) running.delete(child);
  });
  return child;
}

/** The same for a script of Node. `nodeArgs` stand before it. */
export const startProgram = (
  script: URL,
  args: readonly string[],
  options: SpawnOptions,
  nodeArgs: readonly string[] = [],
): ChildProcess => startExecutable(process.execPath, [...nodeArgs, fileURLToPath(script), ...args], options);

export interface Child<T> {
  /** What the child said in its first line. */
  readonly said: T;
  readonly process: ChildProcess;
  /** Ends its standard input and waits for it to go. */
  end(): Promise<void>;
}

/** Starts a program of the sandbox that prints one line of JSON when it is ready and ends with its standard input. */
export async function startChild<T>(script: URL, argument: object): Promise<Child<T>> {
  const child = startProgram(script, [JSON.stringify(argument)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const { stdin, stdout } = child;
  if (stdin === null || stdout === null) throw new Error('the child has no pipes');
  const exited = once(child, 'exit');
  const lines = createInterface({ input: stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => String(text)),
    exited.then(([code]) => {
      throw new Error(`${script.pathname} ended with ${String(code)} before it was ready`);
    }),
  ]);
  return {
    said: JSON.parse(line) as T,
    process: child,
    end: async () => {
      stdin.end();
      await exited;
    },
  };
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program's command line to its end. */
export async function runCli(
  cli: URL,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Finished> {
  const child = startProgram(cli, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const { stdout: out, stderr: err } = child;
  if (out === null || err === null) throw new Error('the command has no pipes');
  const gather = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([gather(out), gather(err)]);
  const [code] = (await exited) as [number | null];
  return { code, stdout, stderr };
}
