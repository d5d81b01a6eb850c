// The contract of the ERP adapter on a server: npm run test:erp, with ERP_TEST_URL for another one than the sandbox.
import { parseArgs } from 'node:util';
import { allCases } from './cases/all-cases.ts';
import { openWorld } from './contract-case.ts';
import { playCase, type Verdict } from './play-cases.ts';
import { databasesNamed, loginsNamed, reachTarget } from './reach-target.ts';
import { verdictTable } from './verdict-table.ts';
import { parseTarget, type TargetAddress } from './target-url.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    cuts: { type: 'string', default: '60' },
    rows: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
  },
});
const cuts = Number(values.cuts);
const say = (text: string): void => {
  if (!values.json) process.stdout.write(`${text}\n`);
};

function refuse(why: string): never {
  if (values.json) process.stdout.write(`${JSON.stringify({ ok: false, refused: why })}\n`);
  else process.stderr.write(`Nothing was tested: ${why}\n`);
  process.exit(1);
}

const url = process.env['ERP_TEST_URL'];
let target: TargetAddress | undefined;
let server = 'the sandbox';
if (url !== undefined) {
  try {
    target = parseTarget(url);
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error));
  }
  const reached = await reachTarget(target);
  if (!reached.ok) refuse(reached.why);
  server = `${target.host}:${target.port}, ${reached.version}`;
}

if (!Number.isInteger(cuts) || cuts < 10) refuse('--cuts wants a whole number of at least 10');
if (!/^[1-9]\d{0,4}$/.test(values.rows)) refuse('--rows wants a whole number from 1 to 99999');
const cases = allCases({ cuts, rows: Number(values.rows), seed: values.seed });
const started = performance.now();
const world = await openWorld().catch((error: unknown) =>
  refuse(error instanceof Error ? error.message : String(error)),
);
const { database } = world.bench.settings;
const { user } = world.login;
say(`${cases.length} cases on ${server}, in the database ${database}, as ${user}`);
const verdicts: Verdict[] = [];
try {
  for (const one of cases) verdicts.push(await playCase(world, one));
} finally {
  await world.close();
}
const databases = target === undefined ? 0 : await databasesNamed(target, database);
if (databases > 0) say(`The database ${database} could not be dropped: drop it by hand.`);
const logins = target === undefined ? 0 : await loginsNamed(target, user);
if (logins > 0) say(`The login ${user} could not be dropped: drop it by hand.`);
const left = databases + logins;

const count = (verdict: Verdict['verdict']): number =>
  verdicts.filter((one) => one.verdict === verdict).length;
const ok = count('failed') === 0 && left === 0;
const seconds = Math.round((performance.now() - started) / 100) / 10;
if (values.json)
  process.stdout.write(`${JSON.stringify({ ok, server, database, left, seconds, verdicts })}\n`);
else {
  say(verdictTable(verdicts));
  say(
    `${count('same')} same, ${count('different')} different, ${count('failed')} failed of ${verdicts.length}, ${seconds} s`,
  );
}
process.exitCode = ok ? 0 : 1;
