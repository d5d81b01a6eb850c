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
const SOURCES = ['main', 'renderer', 'shared', 'test'];

function step(title, script, args) {
  console.log(`\n=== ${title} ===`);
  const started = Date.now();
  const { status } = spawnSync(node, [script, ...args], { cwd: root, stdio: 'inherit', env });
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

const folder = mkdtempSync(join(tmpdir(), 'ferry-report-'));
const report = join(folder, 'report.json');
const passed = step('tests', toolScript('vitest'), [
  'run',
  ...only,
  '--reporter=default',
  '--reporter=json',
  `--outputFile.json=${report}`,
]);
let counts;
try {
  counts = JSON.parse(readFileSync(report, 'utf8'));
} catch {
  console.error('the tests left no report');
  process.exit(1);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const skipped = counts.numPendingTests + counts.numTodoTests;
if (skipped > 0) console.log(`${skipped} skipped`);
// A file that does not load counts no tests: it must not look like a pass.
const broken = counts.testResults.filter(
  (file) => file.status === 'failed' && file.assertionResults.length === 0,
).length;
console.log(`${counts.numPassedTests} passed, ${counts.numFailedTests + broken} failed`);
process.exit(passed && counts.numFailedTests + broken === 0 ? 0 : 1);
