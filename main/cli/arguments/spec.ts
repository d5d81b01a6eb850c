import type { parseArgs } from 'node:util';
import type { Command } from './command.ts';

/** All options of all commands. */
export const OPTIONS = {
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
  open: { type: 'boolean' },
  path: { type: 'string' },
  list: { type: 'boolean' },
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

export type Values = ReturnType<
  typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>
>['values'];
export type OptionName = keyof typeof OPTIONS;

/** How one command is read. */
export interface Spec {
  readonly options: readonly OptionName[];
  /** Words after the command: at least, at most. */
  readonly words: readonly [number, number];
  make(words: readonly string[], values: Values): Command;
}

export type Specs = Readonly<Record<string, Spec>>;
