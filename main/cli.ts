#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import packageJson from '../package.json' with { type: 'json' };
import { readSecret } from './cli/read-secret.ts';
import { runCli } from './cli/run-cli.ts';

const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const)
  process.on(signal, () => {
    // The second time somebody means it: every durable step survives that.
    if (ending.signal.aborted) process.exit(130);
    ending.abort();
  });
// A reader that closed early (`| head`) is no error.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

function startSandbox(args: readonly string[]): Promise<number> {
  const script = fileURLToPath(new URL('sandbox/start.ts', import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: 'inherit' });
  ending.signal.addEventListener('abort', () => child.kill());
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
const code = await runCli(process.argv.slice(2), {
  env: process.env,
  platform: process.platform,
  version: packageJson.version,
  now: () => Date.now(),
  timeZone,
  locale,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  writeBytes: (bytes) =>
    new Promise((resolve) => {
      process.stdout.write(bytes, () => resolve());
    }),
  readSecret: (prompt) => readSecret(process.stdin, prompt, (text) => process.stderr.write(text)),
  ending: ending.signal,
  startSite: async (options) => (await import('./compose.ts')).startSite(options),
  startSandbox,
});
// After what was written has left; a handle somebody forgot must not keep a finished command alive.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
