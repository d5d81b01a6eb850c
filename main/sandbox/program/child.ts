import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Child<T> {
  /** What the child said in its first line. */
  readonly said: T;
  readonly process: ChildProcess;
  /** Ends its standard input and waits for it to go. */
  end(): Promise<void>;
}

/** Starts a program of the sandbox that prints one line of JSON when it is ready and ends with its standard input. */
export async function startChild<T>(script: URL, argument: object): Promise<Child<T>> {
  const child = spawn(process.execPath, [script.pathname, JSON.stringify(argument)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const lines = createInterface({ input: child.stdout });
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
      child.stdin.end();
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
  const child = spawn(process.execPath, [cli.pathname, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const gather = async (stream: NodeJS.ReadableStream): Promise<string> => {
    let text = '';
    for await (const chunk of stream) text += String(chunk);
    return text;
  };
  const exited = once(child, 'exit');
  const [stdout, stderr] = await Promise.all([gather(child.stdout), gather(child.stderr)]);
  const [code] = (await exited) as [number | null];
  return { code, stdout, stderr };
}
