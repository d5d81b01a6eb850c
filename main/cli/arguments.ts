import { parseArgs } from 'node:util';
import { suggest } from '../adapters/config/suggest.ts';
import { LOG_LEVELS, type LogLevel } from '../adapters/log/create-log.ts';
import { FEED_KINDS } from '../core/feeds/feed.ts';
import { ITEM_STATES, type ItemState } from '../core/queue/item.ts';
import { fail, ok, type Result } from '../../shared/model/result.ts';
import { parseDuration } from '../../shared/model/time.ts';
import type { ChangesWanted } from './commands/erp-changes.ts';

export type Command =
  | { readonly name: 'help'; readonly topic?: string | undefined }
  | { readonly name: 'version' }
  | { readonly name: 'run'; readonly console: boolean; readonly setUp?: boolean | undefined }
  | {
      readonly name: 'sync';
      readonly links: readonly string[];
      readonly once: boolean;
      readonly flow?: 'push' | 'pull' | undefined;
    }
  | { readonly name: 'status' }
  | { readonly name: 'queue list'; readonly filters: QueueFilters }
  | { readonly name: 'queue show'; readonly item: number }
  | { readonly name: 'queue retry'; readonly item: number }
  | { readonly name: 'queue park'; readonly item: number; readonly note: string }
  | {
      readonly name: 'queue discard';
      readonly item: number;
      readonly confirm: string;
      readonly note: string;
    }
  | {
      readonly name: 'queue edit';
      readonly item: number;
      readonly file: string;
      readonly confirm: string;
      readonly note: string;
    }
  | { readonly name: 'queue apply'; readonly link: string; readonly confirm: string }
  | {
      readonly name: 'queue export';
      readonly item: number;
      readonly out?: string | undefined;
      readonly original: boolean;
    }
  | { readonly name: 'runs list'; readonly link?: string | undefined; readonly limit: number }
  | {
      readonly name: 'pause';
      readonly link?: string | undefined;
      readonly forMs?: number | undefined;
      readonly reason: string;
    }
  | { readonly name: 'resume'; readonly link?: string | undefined }
  | { readonly name: 'config check' }
  | { readonly name: 'config apply'; readonly file: string }
  | { readonly name: 'config export' }
  | { readonly name: 'reconcile'; readonly link: string; readonly replay: boolean; readonly confirm: string }
  | { readonly name: 'erp script'; readonly erp?: string | undefined; readonly check: boolean }
  | { readonly name: 'erp tables'; readonly erp?: string | undefined }
  | { readonly name: 'erp changes'; readonly wanted: ChangesWanted }
  | {
      readonly name: 'probe';
      readonly link: string;
      readonly user?: string | undefined;
      readonly path?: string | undefined;
    }
  | { readonly name: 'secret set'; readonly secret: string }
  | { readonly name: 'secret list' }
  | {
      readonly name: 'logs';
      readonly follow: boolean;
      readonly lines: number;
      readonly level: LogLevel;
      readonly text?: string | undefined;
    }
  | { readonly name: 'sandbox'; readonly args: readonly string[] };

export interface QueueFilters {
  readonly link?: string | undefined;
  readonly direction?: 'in' | 'out' | undefined;
  readonly states?: ItemState[] | undefined;
  readonly user?: string | undefined;
  readonly text?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

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

const OPTIONS = {
  'data-dir': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
  console: { type: 'boolean' },
  check: { type: 'boolean' },
  'set-up': { type: 'boolean' },
  once: { type: 'boolean' },
  flow: { type: 'string' },
  link: { type: 'string' },
  direction: { type: 'string' },
  state: { type: 'string', multiple: true },
  user: { type: 'string' },
  text: { type: 'string' },
  limit: { type: 'string' },
  offset: { type: 'string' },
  note: { type: 'string' },
  replay: { type: 'boolean' },
  confirm: { type: 'string' },
  out: { type: 'string' },
  original: { type: 'boolean' },
  path: { type: 'string' },
  file: { type: 'string' },
  for: { type: 'string' },
  follow: { type: 'boolean', short: 'f' },
  lines: { type: 'string', short: 'n' },
  level: { type: 'string' },
  erp: { type: 'string' },
  feed: { type: 'string' },
  since: { type: 'string' },
  'changed-at': { type: 'string' },
  overlap: { type: 'string' },
  clock: { type: 'string' },
  'confirm-gone': { type: 'boolean' },
} as const;

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];
type OptionName = keyof typeof OPTIONS;

/** Longer than most transactions; the half of it forgives a clock. */
const OVERLAP_MS = 10 * 60_000;

const EVERYWHERE: readonly OptionName[] = ['data-dir', 'json', 'help', 'version'];

/** Thrown inside this file only: parsing is deep, and every step can fail in the same way. */
class Wrong extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

interface Spec {
  readonly options: readonly OptionName[];
  /** Words after the command: at least, at most. */
  readonly words: readonly [number, number];
  make(words: readonly string[], values: Values): Command;
}

const SPECS: Readonly<Record<string, Spec>> = {
  run: {
    options: ['console', 'set-up'],
    words: [0, 0],
    make: (_w, v) => ({ name: 'run', console: v.console === true, setUp: v['set-up'] }),
  },
  sync: {
    options: ['once', 'flow'],
    words: [0, 100],
    make: (links, v) => ({
      name: 'sync',
      links,
      once: v.once === true,
      flow: oneOf('flow', v.flow, ['push', 'pull']),
    }),
  },
  status: { options: [], words: [0, 0], make: () => ({ name: 'status' }) },
  'queue list': {
    options: ['link', 'direction', 'state', 'user', 'text', 'limit', 'offset'],
    words: [0, 0],
    make: (_w, v) => ({
      name: 'queue list',
      filters: {
        link: v.link,
        direction: oneOf('direction', v.direction, ['in', 'out']),
        states:
          v.state === undefined
            ? undefined
            : v.state.flatMap((one) => oneOf('state', one, ITEM_STATES) ?? []),
        user: v.user,
        text: v.text,
        limit: whole('limit', v.limit, 50, 1, 500),
        offset: whole('offset', v.offset, 0, 0, 10_000_000),
      },
    }),
  },
  'queue show': { options: [], words: [1, 1], make: (w) => ({ name: 'queue show', item: item(w[0]) }) },
  'queue retry': { options: [], words: [1, 1], make: (w) => ({ name: 'queue retry', item: item(w[0]) }) },
  'queue park': {
    options: ['note'],
    words: [1, 1],
    make: (w, v) => ({ name: 'queue park', item: item(w[0]), note: v.note ?? '' }),
  },
  'queue discard': {
    options: ['confirm', 'note'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'queue discard',
      item: item(w[0]),
      confirm: v.confirm ?? '',
      note: v.note ?? '',
    }),
  },
  'queue edit': {
    options: ['file', 'confirm', 'note'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'queue edit',
      item: item(w[0]),
      file: v.file ?? '',
      confirm: v.confirm ?? '',
      note: v.note ?? '',
    }),
  },
  'queue apply': {
    options: ['confirm'],
    words: [1, 1],
    make: (w, v) => ({ name: 'queue apply', link: w[0] ?? '', confirm: v.confirm ?? '' }),
  },
  'queue export': {
    options: ['out', 'original'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'queue export',
      item: item(w[0]),
      out: v.out,
      original: v.original === true,
    }),
  },
  'runs list': {
    options: ['link', 'limit'],
    words: [0, 0],
    make: (_w, v) => ({ name: 'runs list', link: v.link, limit: whole('limit', v.limit, 20, 1, 500) }),
  },
  pause: {
    options: ['for', 'note'],
    words: [0, 1],
    make: (w, v) => ({ name: 'pause', link: w[0], forMs: duration('for', v.for), reason: v.note ?? '' }),
  },
  resume: { options: [], words: [0, 1], make: (w) => ({ name: 'resume', link: w[0] }) },
  'config check': { options: [], words: [0, 0], make: () => ({ name: 'config check' }) },
  'config apply': { options: [], words: [1, 1], make: (w) => ({ name: 'config apply', file: w[0] ?? '' }) },
  'config export': { options: [], words: [0, 0], make: () => ({ name: 'config export' }) },
  reconcile: {
    options: ['replay', 'confirm'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'reconcile',
      link: w[0] ?? '',
      replay: v.replay === true,
      confirm: v.confirm ?? '',
    }),
  },
  'erp script': {
    options: ['check'],
    words: [0, 1],
    make: (w, v) => ({ name: 'erp script', erp: w[0], check: v.check === true }),
  },
  'erp tables': { options: [], words: [0, 1], make: (w) => ({ name: 'erp tables', erp: w[0] }) },
  'erp changes': {
    options: ['erp', 'feed', 'since', 'changed-at', 'overlap', 'clock', 'state', 'confirm-gone'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'erp changes',
      wanted: {
        table: tableName(w[0] ?? ''),
        erp: v.erp,
        feed: oneOf('feed', v.feed, FEED_KINDS),
        since: v.since,
        changedAt: v['changed-at'],
        overlapMs: duration('overlap', v.overlap) ?? OVERLAP_MS,
        clock: oneOf('clock', v.clock, ['local', 'utc']) ?? 'local',
        state: v.state?.at(-1),
        confirmGone: v['confirm-gone'] === true,
      },
    }),
  },
  probe: {
    options: ['user', 'path'],
    words: [1, 1],
    make: (w, v) => ({ name: 'probe', link: w[0] ?? '', user: v.user, path: v.path }),
  },
  'secret set': { options: [], words: [1, 1], make: (w) => ({ name: 'secret set', secret: w[0] ?? '' }) },
  'secret list': { options: [], words: [0, 0], make: () => ({ name: 'secret list' }) },
  logs: {
    options: ['follow', 'lines', 'level', 'text'],
    words: [0, 0],
    make: (_w, v) => ({
      name: 'logs',
      follow: v.follow === true,
      lines: whole('lines', v.lines, 50, 1, 100_000),
      level: oneOf('level', v.level, LOG_LEVELS) ?? 'debug',
      text: v.text,
    }),
  },
};

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

function oneOf<T extends string>(
  option: string,
  value: string | undefined,
  known: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = known.find((one) => one === value);
  if (found === undefined)
    throw new Wrong(`--${option} cannot be "${value}".`, `One of: ${known.join(', ')}`);
  return found;
}

function whole(
  option: string,
  value: string | undefined,
  normal: number,
  least: number,
  most: number,
): number {
  if (value === undefined) return normal;
  const number = /^\d{1,9}$/.test(value) ? Number(value) : NaN;
  if (!(number >= least && number <= most))
    throw new Wrong(`--${option} cannot be "${value}".`, `A whole number from ${least} to ${most}.`);
  return number;
}

function item(word: string | undefined): number {
  const number = /^\d{1,15}$/.test(word ?? '') ? Number(word) : 0;
  if (number < 1)
    throw new Wrong(`"${word ?? ''}" is no item number.`, 'The first column of: erp-ferry queue list');
  return number;
}

/** `dbo.Items`; the schema may be left out, and everything behind the first point is the name. */
function tableName(word: string): { schema: string; name: string } {
  const point = word.indexOf('.');
  const [schema, name] = point === -1 ? ['dbo', word] : [word.slice(0, point), word.slice(point + 1)];
  if (schema === '' || name === '') throw new Wrong(`"${word}" is no table.`, 'Such as dbo.Items.');
  return { schema, name };
}

function duration(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const ms = parseDuration(value);
  if (ms === undefined || ms < 1_000)
    throw new Wrong(`--${option} cannot be "${value}".`, 'Such as 30m, 2h or 1d.');
  return ms;
}
