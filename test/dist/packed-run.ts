import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { connectPipe } from '../../main/console/pipe-client.ts';
import type { Report } from './report.ts';

interface Ended {
  readonly code: number | null;
  readonly out: string;
}

/** A run takes two seconds. */
const RUN_MS = 45_000;

/** Only what a program of the system gets: nothing of this checkout or of npm may help it. */
const ENVIRONMENT = {
  PATH: '/usr/bin:/bin',
  HOME: '/nonexistent',
  LANG: 'C.UTF-8',
  NODE_OPTIONS: '--no-such-option',
};

/** Starts the packed command line from a folder that has nothing to do with it. */
const start = (command: string, cwd: string, args: readonly string[]): ChildProcess =>
  spawn(command, args, { cwd, env: ENVIRONMENT, stdio: ['ignore', 'pipe', 'pipe'] });

async function toItsEnd(child: ChildProcess, withinMs: number): Promise<Ended> {
  const timer = setTimeout(() => child.kill('SIGKILL'), withinMs);
  const gather = async (stream: NodeJS.ReadableStream | null): Promise<string> => {
    let text = '';
    for await (const chunk of stream ?? []) text += String(chunk);
    return text;
  };
  const [out, , [code]] = await Promise.all([
    gather(child.stdout),
    gather(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  clearTimeout(timer);
  return { code, out };
}

/** Resolves with the first line that fits on the standard error; rejects when the program ends without one. */
async function line(child: ChildProcess, fits: RegExp): Promise<string> {
  const { stderr } = child;
  if (stderr === null) throw new Error('no standard error');
  const lines = createInterface({ input: stderr });
  const found = await Promise.race([
    new Promise<string>((resolve) => lines.on('line', (text) => fits.test(text) && resolve(text))),
    once(lines, 'close').then(() => undefined),
  ]);
  if (found === undefined) throw new Error(`it ended without saying ${String(fits)}`);
  return found;
}

/** Runs what was packed for Linux, with the Node that was packed with it, on a real store. */
export async function checkPackedRun(report: Report, folder: string, scratch: string): Promise<void> {
  const command = join(folder, 'resources', 'agent', 'erp-ferry');
  const dataDir = join(scratch, 'data');
  mkdirSync(join(dataDir, 'mappings'), { recursive: true });

  const fresh = await toItsEnd(start(command, scratch, ['--data-dir', dataDir, 'status', '--json']), 30_000);
  const { error } = JSON.parse(fresh.out) as { error?: { code: string; hint: string } };
  report.expect(
    'linux: status on a fresh data folder says what to do',
    fresh.code === 2 && error?.code === 'configuration' && error.hint.includes('site.json'),
    `exit ${String(fresh.code)}, ${error?.code ?? 'no error'}`,
  );

  const site = { schemaVersion: 1, site: { name: 'Packed', timeZone: 'UTC' }, erps: [], links: [] };
  writeFileSync(join(dataDir, 'site.json'), JSON.stringify(site));
  const started = performance.now();
  const agent = start(command, scratch, ['--data-dir', dataDir, 'run', '--console']);
  const exited = once(agent, 'exit') as Promise<[number | null]>;
  // Whatever it waits for then, its end ends it.
  const deadline = setTimeout(() => agent.kill('SIGKILL'), RUN_MS);
  try {
    const said = await line(agent, /Page: /);
    const connected = await connectPipe(dataDir);
    if (!connected.ok) throw new Error(connected.failure.message);
    const client = connected.value;
    const status = await client.call('status', {});
    const took = performance.now() - started;
    report.expect(
      'linux: the packed agent runs and answers on its pipe',
      status.ok && status.value.site.name === 'Packed',
      `first answer ${took.toFixed(0)} ms after the start`,
    );
    report.expect('linux: first answer within 2 s', took < 2_000, `${took.toFixed(0)} ms`);

    const address = new URL(said.slice(said.indexOf('http')));
    const page = await fetch(new URL('/', address));
    const html = await page.text();
    report.expect(
      'linux: the packed page is served',
      page.ok && html.includes('<script'),
      `${page.status}, ${html.length} characters from ${address.hostname}`,
    );

    const asked = await toItsEnd(
      start(command, scratch, ['--data-dir', dataDir, 'status', '--json']),
      30_000,
    );
    const answer = JSON.parse(asked.out) as { site?: { name: string }; at?: number };
    report.expect(
      'linux: status --json asks the running agent',
      // A site without links carries nothing, so nothing is known to be fine: code 1.
      asked.code === 1 && answer.site?.name === 'Packed',
      `exit ${String(asked.code)}, ${asked.out.length} characters`,
    );

    await client.call('shutdown', {});
    const [code] = await exited;
    client.close();
    report.expect('linux: shutdown ends it', code === 0, `exit ${String(code)}`);
  } finally {
    clearTimeout(deadline);
    if (agent.exitCode === null && agent.signalCode === null) {
      agent.kill('SIGKILL');
      await exited;
    }
  }
}

/** The proof, run from what was installed: sample ERP, simulated cloud, phones and judge against the packed agent. */
export async function checkPackedProof(report: Report, folder: string, scratch: string): Promise<void> {
  const command = join(folder, 'resources', 'agent', 'erp-ferry');
  const started = performance.now();
  const played = await toItsEnd(start(command, scratch, ['sandbox', '--once', '--json']), 180_000);
  const result = JSON.parse(played.out) as Record<'orders' | 'lost' | 'duplicated' | 'changed', number>;
  report.expect(
    'linux: the proof holds when played from the packed program',
    played.code === 0 && result.orders > 0 && result.lost + result.duplicated + result.changed === 0,
    `${result.orders} orders, lost ${result.lost}, duplicated ${result.duplicated}, changed ${result.changed}, ` +
      `${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
}
