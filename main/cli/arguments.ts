import { parseArgs } from 'node:util';
import { suggest } from '../adapters/config/suggest.ts';
import { fail, ok, type Result } from '../../shared/model/result.ts';
import type { Command } from './arguments/command.ts';
import { ERP } from './arguments/erp-specs.ts';
import { QUEUE } from './arguments/queue-specs.ts';
import { SITE } from './arguments/site-specs.ts';
import { OPTIONS, type OptionName, type Spec, type Specs, type Values } from './arguments/spec.ts';
import { USERS } from './arguments/users-specs.ts';
import { Wrong } from './arguments/words.ts';

export interface Invocation {
  readonly command: Command;
  readonly dataDir?: string | undefined;
  readonly json: boolean;
}

export interface UsageError {
  readonly message: string;
  readonly hint: string;
  readonly json: boolean;
}

const EVERYWHERE: readonly OptionName[] = ['data-dir', 'json', 'help', 'version'];

const SPECS: Specs = { ...SITE, ...QUEUE, ...USERS, ...ERP };

export const COMMANDS: readonly string[] = [...Object.keys(SPECS), 'sandbox'];

/** Reads the words after `erp-ferry`. */
export function parseCommand(argv: readonly string[]): Result<Invocation, UsageError> {
  const json = argv.includes('--json');
  const sandboxAt = sandboxIn(argv);
  try {
    const { values, positionals } = read(sandboxAt === -1 ? argv : argv.slice(0, sandboxAt));
    const common = { json, dataDir: values['data-dir'] };
    if (sandboxAt !== -1)
      return ok({ ...common, command: { name: 'sandbox', args: argv.slice(sandboxAt + 1) } });
    if (values.version === true) return ok({ ...common, command: { name: 'version' } });
    const [name, words] = commandName(positionals, values.help === true);
    if (values.help === true || name === 'help')
      return ok({ ...common, command: { name: 'help', topic: name } });
    const spec = SPECS[name];
    if (spec === undefined) throw new Wrong(`"${name}" is no command.`, 'See: erp-ferry --help');
    check(name, spec, words, values);
    return ok({ ...common, command: spec.make(words, values) });
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return fail({ message: error.message, hint: error.hint, json });
  }
}

/** Where the sandbox is named as the command. It has options of its own: everything behind its name is handed on. */
function sandboxIn(argv: readonly string[]): number {
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === 'sandbox') return at;
    if (word === '--data-dir') at += 1;
    else if (word !== '--json' && !word.startsWith('--data-dir=')) return -1;
  }
  return -1;
}

function read(argv: readonly string[]): { values: Values; positionals: readonly string[] } {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : 'the options cannot be read';
    const unknown = /'--?([\w-]+)'/.exec(message)?.[1];
    const meant = unknown === undefined ? undefined : suggest(unknown, Object.keys(OPTIONS));
    throw new Wrong(
      (error as NodeJS.ErrnoException).code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION'
        ? `The option --${unknown ?? ''} is not known.`
        : (message.split('. ')[0] ?? message),
      meant === undefined || meant === unknown ? 'See: erp-ferry --help' : `Did you mean --${meant}?`,
    );
  }
}

/** Commands of one word win over those of two only where the first word alone is one. */
function commandName(words: readonly string[], help: boolean): readonly [string, readonly string[]] {
  const [first, second] = words;
  if (first === undefined) {
    if (help) return ['help', []];
    throw new Wrong('Which command?', `One of: ${COMMANDS.join(', ')}`);
  }
  const two = `${first} ${second ?? ''}`.trim();
  if (second !== undefined && Object.hasOwn(SPECS, two)) return [two, words.slice(2)];
  if (Object.hasOwn(SPECS, first) || first === 'help') return [first, words.slice(1)];
  if (help) return [first, words.slice(1)];
  const family = COMMANDS.filter((name) => name.startsWith(`${first} `));
  if (family.length > 0) throw new Wrong(`"${two}" is no command.`, `One of: ${family.join(', ')}`);
  const meant = suggest(two, COMMANDS) ?? suggest(first, COMMANDS);
  throw new Wrong(
    `"${first}" is no command.`,
    meant === undefined ? `One of: ${COMMANDS.join(', ')}` : `Did you mean "${meant}"?`,
  );
}

function check(name: string, spec: Spec, words: readonly string[], values: Values): void {
  const [least, most] = spec.words;
  if (words.length < least)
    throw new Wrong(`"${name}" needs one more word.`, `See: erp-ferry ${name} --help`);
  if (words.length > most)
    throw new Wrong(`"${name}" does not take "${words[most] ?? ''}".`, `See: erp-ferry ${name} --help`);
  const foreign = (Object.keys(values) as OptionName[]).find(
    (option) => !EVERYWHERE.includes(option) && !spec.options.includes(option),
  );
  if (foreign !== undefined)
    throw new Wrong(`"${name}" has no option --${foreign}.`, `See: erp-ferry ${name} --help`);
}
