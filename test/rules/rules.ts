import { parseArgs } from 'node:util';
import { checkRules, type CheckedRule } from './check-rules.ts';
import { FOLDERS, NOT_YET, RULES } from './dm/texts.ts';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (positionals.length !== 1 || positionals[0] !== 'dm') {
  process.stderr.write('Usage: npm run rules -- dm [--json]\n');
  process.exit(2);
}

const { failures, rules } = await checkRules({ texts: RULES, notYet: NOT_YET, folders: FOLDERS }, (line) => {
  if (!values.json) process.stderr.write(`${line}\n`);
});
if (values.json) process.stdout.write(`${JSON.stringify({ rules, failures })}\n`);
else
  process.stdout.write(
    `${[...rules.map(inWords), ...failures.map((one) => `fails with nothing broken: ${one}`)].join('\n')}\n`,
  );

const caught = rules.filter((one) => one.caughtBy !== null);
const missed = rules.filter((one) => one.caughtBy === null && one.notYet === undefined);
const harmless = rules.filter((one) => one.mutantMissed === true);
if (!values.json)
  process.stdout.write(
    `${caught.length} of ${rules.length} rules caught, ${rules.length - caught.length - missed.length} not yet, ${missed.length} missed; ` +
      `${rules.filter((one) => one.clientMutant !== undefined).length - harmless.length} wrong clients caught, ${harmless.length} missed\n`,
  );
process.exit(missed.length + harmless.length + failures.length === 0 ? 0 : 1);

function inWords({ rule, text, caughtBy, notYet, clientMutant, mutantMissed }: CheckedRule): string {
  const verdict = caughtBy ?? (notYet === undefined ? 'MISSED' : `not yet: ${notYet}`);
  const mutant =
    clientMutant === undefined
      ? ''
      : `\n      wrong client ${mutantMissed === true ? 'MISSED' : 'caught'}: ${clientMutant}`;
  return `${String(rule).padStart(4)}  ${text}\n      ${verdict}${mutant}`;
}
