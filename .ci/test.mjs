// Everything that must hold before a change goes in, cheapest first; stops at the first failure. With arguments only the
// named tests run: npm test -- test/unit/cli
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { pinnedNode, root, toolScript } from './pinned-node.mjs';

const node = pinnedNode();
if (node === undefined) {
  console.error('Node 24 is needed; see .ci/setup.mjs');
  process.exit(1);
}
// Tools that start "node" themselves get the same one.
const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
const SOURCES = ['main', 'preload', 'renderer', 'shared', 'test'];

function step(title, script, args, extra = {}) {
  console.log(`\n=== ${title} ===`);
  const started = Date.now();
  const { status } = spawnSync(node, [script, ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...env, ...extra },
  });
  console.log(
    `--- ${title}: ${status === 0 ? 'fine' : 'FAILED'} (${((Date.now() - started) / 1000).toFixed(1)} s)`,
  );
  return status === 0;
}

const only = process.argv.slice(2);
const checks = [
  ['format', toolScript('prettier'), ['--check', '--log-level', 'warn', '.']],
  ['lint', toolScript('oxlint'), ['--type-aware', ...SOURCES, 'vite.config.ts', 'vitest.config.ts']],
  ['layers', toolScript('dependency-cruiser', 'depcruise'), [...SOURCES, '--output-type', 'err']],
  ['types', toolScript('@typescript/native', 'tsc'), ['-p', '.']],
  ['dead code', toolScript('knip'), []],
];
if (only.length === 0) for (const check of checks) if (!step(...check)) process.exit(1);

/** Runs vitest and reads its report: the counts must not depend on what a reporter prints. */
function tests(title, args, extra = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-report-'));
  const report = join(folder, 'report.json');
  const passed = step(
    title,
    toolScript('vitest'),
    ['run', ...args, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    extra,
  );
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8'));
    // A file that does not load counts no tests: it must not look like a pass.
    const broken = counts.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    const failed = counts.numFailedTests + broken;
    return {
      passed: counts.numPassedTests,
      failed: passed ? failed : Math.max(1, failed),
      skipped: counts.numPendingTests + counts.numTodoTests,
    };
  } catch {
    console.error('the tests left no report');
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Whatever touches dates must not depend on the zone of the machine it runs on.
const ZONES = ['America/Chicago', 'Asia/Kolkata'];
const DATED = [
  'test/unit/mapping',
  'test/unit/schedule',
  'test/unit/core',
  'test/unit/codec',
  'test/unit/phones',
  'test/unit/erp-mssql',
  'test/integration/engine',
  'test/integration/erp',
];

/** Files of those folders about connections, rights and leases: no date of theirs depends on a zone, and they take long. */
const DATELESS = ['connect-recovery', 'catalogue-fit', 'takeovers', 'takeovers-stand-by'].flatMap((name) => [
  '--exclude',
  `test/integration/erp/${name}.test.ts`,
]);

const results = [tests('tests', only)];
if (only.length === 0)
  for (const zone of ZONES)
    results.push(tests(`tests that know dates, in ${zone}`, [...DATED, ...DATELESS], { TZ: zone }));
const total = (name) => results.reduce((sum, one) => sum + one[name], 0);
if (total('skipped') > 0) console.log(`${total('skipped')} skipped`);
console.log(`${total('passed')} passed, ${total('failed')} failed`);
process.exit(total('failed') === 0 ? 0 : 1);
