import { parseArgs } from 'node:util';
import { runCrash, type CrashReport } from './run-crash.ts';

const HELP = `npm run crash -- [--kills N] [--seed N] [--json] [--steps-only] [--quick]
   --kills N      kills at random moments, besides those at every step (default 200)
   --steps-only   none of them
   --quick        each edge of each step once, and 12 random kills unless --kills says otherwise
   --seed N       other work, another order of kills (default 1)
   --json         one JSON document on standard output and nothing else there
Ends with 0 when nothing was lost, doubled, changed or left behind and every step was killed before and after.
`;

/** So that both queue modes meet each edge on both disks. */
const TIMES_PER_EDGE = 5;

/** With more than these something is wrong at large; all are in the JSON. */
const MOST_SHOWN = 20;

const { values } = parseArgs({
  options: {
    kills: { type: 'string' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
    'steps-only': { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => void process.stderr.write(`${text}\n`);

function whole(name: string, text: string): number {
  const number = Number(text);
  if (text !== '' && Number.isSafeInteger(number) && number >= 0) return number;
  say(`--${name} takes a whole number, not ${text}`);
  return process.exit(2);
}

function table({ steps }: CrashReport): string {
  const rows = steps.map(({ step, phase, kills, found }) => [
    step.padEnd(22),
    phase.padEnd(7),
    String(kills).padStart(5),
    kills === 0 ? 'never reached' : found ? 'ok' : 'NOT carried over',
  ]);
  return [['step'.padEnd(22), 'phase'.padEnd(7), 'kills', 'found after restart'], ...rows]
    .map((row) => row.join('  '))
    .join('\n');
}

/** A kill that was planned and did not happen proves nothing, but it is no order lost either. */
function verdictOf({ ok, findings, stuck, steps, tooSeldom, neverReached }: CrashReport): string {
  if (ok) return 'Every kill was survived.';
  if (findings.length > 0 || stuck > 0 || steps.some(({ kills, found }) => kills > 0 && !found))
    return 'NOT everything was survived.';
  const missed = [...new Set([...neverReached, ...tooSeldom])].join(', ');
  return `Every kill was survived, but NOT every planned one happened: ${missed}`;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const random = whole('kills', values.kills ?? (values.quick ? '12' : '200'));
  const started = performance.now();
  const report = await runCrash({
    seed: whole('seed', values.seed),
    kills: values['steps-only'] ? 0 : random,
    timesPerEdge: values.quick ? 1 : TIMES_PER_EDGE,
    say,
  });
  const seconds = Math.round((performance.now() - started) / 1_000);
  if (values.json) process.stdout.write(`${JSON.stringify({ ...report, seconds })}\n`);
  else process.stdout.write(`${table(report)}\n`);
  for (const finding of report.findings.slice(0, MOST_SHOWN)) say(JSON.stringify(finding));
  say(
    `${report.kills} kills (${report.stepKills} at steps, ${report.randomKills} at random, ${report.heldKills} inside a unit of work), ` +
      `${report.commitCuts.beforeCommit} units cut before and ${report.commitCuts.afterCommit} after COMMIT, ` +
      `${report.orders} orders with ${report.lines} lines in ${seconds} s; lost ${report.lost}, ` +
      `duplicated ${report.duplicated}, changed ${report.changed}, stuck ${report.stuck}`,
  );
  say(verdictOf(report));
  return report.ok ? 0 : 1;
}

process.exitCode = await main();
