import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkInstaller } from './installer-run.ts';
import { checkFiles, type Platform } from './packed-files.ts';
import { checkFuses, checkRecordedHash } from './packed-program.ts';
import { checkPackedProof, checkPackedRun } from './packed-run.ts';
import { Report } from './report.ts';
import { makeStandInRuntime } from './stand-in-runtime.ts';

/**
 * `npm run dist:check`: packs the program for Linux and Windows as a release would, around a stand-in for the Electron
 * runtime, looks at every file of it and runs what can run here. One line an assertion; 1 when one does not hold.
 *
 *   --json    one JSON document on standard output instead
 *   --quick   without playing the sandbox from the packed program
 */
const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, quick: { type: 'boolean', default: false } },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const began = performance.now();
const report = new Report((line) => (values.json ? process.stderr : process.stdout).write(`${line}\n`));
const scratch = mkdtempSync(join(tmpdir(), 'erp-ferry-dist-'));

const electron = JSON.parse(readFileSync(join(root, 'node_modules/electron/package.json'), 'utf8')) as {
  version: string;
};

/** Packs one platform into the scratch folder and returns the program's folder. */
function pack(platform: Platform): string {
  const runtime = join(scratch, `runtime-${platform}`);
  makeStandInRuntime(runtime, platform, electron.version);
  const output = join(scratch, platform);
  const packed = spawnSync(
    process.execPath,
    [join(root, '.ci/dist.mjs'), '--platform', platform, '--dir', '--electron', runtime, '--output', output],
    { encoding: 'utf8', timeout: 150_000 },
  );
  report.expect(
    `${platform}: packs`,
    packed.status === 0,
    packed.status === 0 ? `Electron ${electron.version} stand-in` : packed.stderr.slice(-2_000),
  );
  if (packed.status !== 0) throw new Error('nothing was packed');
  return join(output, `${platform}-unpacked`);
}

try {
  await report.part('linux', async () => {
    const folder = pack('linux');
    checkFiles(report, 'linux', folder);
    await checkFuses(report, 'linux', join(folder, 'erp-ferry'));
    if (process.platform === 'linux') {
      await report.part('linux: run', () => checkPackedRun(report, folder, scratch));
      if (values.quick) report.skip('linux: the proof, packed', '--quick');
      else await report.part('linux: proof', () => checkPackedProof(report, folder, scratch));
    } else report.skip('linux: run', 'this is not Linux');
  });
  await report.part('win', async () => {
    const folder = pack('win');
    checkFiles(report, 'win', folder);
    await checkFuses(report, 'win', join(folder, 'ERP Ferry.exe'));
    checkRecordedHash(report, folder);
    report.skip('win: the program starts', 'only Windows can show that');
  });
  await report.part('installer', async () => checkInstaller(report, root, scratch));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

const failed = report.count('failed');
const seconds = Number(((performance.now() - began) / 1000).toFixed(1));
if (values.json)
  process.stdout.write(`${JSON.stringify({ ok: failed === 0, seconds, checks: report.checks })}\n`);
else
  process.stdout.write(
    `${report.count('ok')} hold, ${failed} failed, ${report.count('skipped')} cannot be seen here; ${seconds} s\n`,
  );
process.exitCode = failed === 0 ? 0 : 1;
