import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { goalText, meets, median, rounded, type Figure, type Measured } from './figure.ts';
import { FIGURES, SETS, type FigureSpec } from './figures.ts';

const HELP = `npm run bench -- [SET] [--json] [--only NAME,NAME] [--strict]

Measures the program, each figure in processes of its own. A missed goal is printed as missed; the exit code is 1 for it
only with --strict. --only takes the beginnings of names, or a set: ${Object.keys(SETS).join(', ')}.

${FIGURES.map(({ name, what }) => `  ${name}\n      ${what}`).join('\n')}
`;

const MEASURE = new URL('./measure.ts', import.meta.url);

/** What a child measured. Throws when it failed: a figure that cannot be measured is no missed goal. */
async function measured(module: string): Promise<Measured> {
  const child = spawn(process.execPath, [MEASURE.pathname, module], { stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let text = '';
  for await (const chunk of child.stdout) text += String(chunk);
  const [code] = await exited;
  if (code !== 0) throw new Error(`${module} ended with ${String(code)}`);
  return JSON.parse(text) as Measured;
}

async function figureOf(spec: FigureSpec): Promise<Figure> {
  const runs: Measured[] = [];
  for (let round = 0; round < spec.processes; round += 1) runs.push(await measured(spec.module));
  const values = runs.flatMap((run) => run.values);
  const value = median(values);
  return {
    name: spec.name,
    value: rounded(value),
    unit: spec.unit,
    what: spec.what,
    ...(spec.goal === undefined
      ? {}
      : { goal: goalText(spec.goal, spec.unit), met: meets(value, spec.goal) }),
    runs: values.map(rounded),
    details: runs.at(-1)?.details ?? {},
  };
}

function line(figure: Figure): string {
  const { name, value, unit, what, goal, met, runs, details } = figure;
  const verdict = goal === undefined ? 'no goal' : `${met === true ? 'met' : 'MISSED'}: ${goal}`;
  const more = Object.entries(details).map(([key, detail]) => `${key} ${String(detail)}`);
  return `${name}: ${value} ${unit} (${verdict})\n    ${what}\n    runs ${runs.join(', ')}${more.length === 0 ? '' : `; ${more.join(', ')}`}\n`;
}

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    strict: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const asked = [...positionals, ...(options.only?.split(',') ?? [])].filter((one) => one !== '');
const beginnings =
  asked.length === 0 && options.only === undefined
    ? undefined
    : asked.flatMap((one) => (Object.hasOwn(SETS, one) ? (SETS[one] ?? []) : [one]));
const unknown = beginnings?.filter((one) => !FIGURES.some(({ name }) => name.startsWith(one))) ?? [];
const chosen = FIGURES.filter(
  ({ name }) => beginnings === undefined || beginnings.some((one) => name.startsWith(one)),
);
if (options.help) process.stdout.write(HELP);
else if (unknown.length > 0 || chosen.length === 0) {
  process.stderr.write(`no figure begins with "${unknown[0] ?? ''}"\n\n${HELP}`);
  process.exitCode = 2;
} else {
  const machine = { cpus: cpus().length, model: cpus()[0]?.model ?? '', node: process.version };
  if (!options.json) process.stdout.write(`${machine.cpus} x ${machine.model}, Node ${machine.node}\n`);
  const figures: Figure[] = [];
  for (const spec of chosen) {
    const figure = await figureOf(spec);
    figures.push(figure);
    if (!options.json) process.stdout.write(line(figure));
  }
  if (options.json) process.stdout.write(`${JSON.stringify({ figures, machine }, undefined, 2)}\n`);
  if (options.strict && figures.some(({ met }) => met === false)) process.exitCode = 1;
}
