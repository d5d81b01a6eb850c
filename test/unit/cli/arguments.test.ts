import { describe, expect, it } from 'vitest';
import { parseCommand } from '../../../main/cli/arguments.ts';
import type { Command } from '../../../main/cli/arguments/command.ts';
import { dataFolder } from '../../../main/cli/data-folder.ts';

const command = (...argv: string[]): Command => {
  const parsed = parseCommand(argv);
  if (!parsed.ok) throw new Error(`${parsed.failure.message} ${parsed.failure.hint}`);
  return parsed.value.command;
};
const wrong = (...argv: string[]): string => {
  const parsed = parseCommand(argv);
  return parsed.ok
    ? `accepted as ${parsed.value.command.name}`
    : `${parsed.failure.message} ${parsed.failure.hint}`;
};

describe('arguments', () => {
  it('reads the commands', () => {
    expect(command('run')).toEqual({ name: 'run', console: false });
    expect(command('sync', 'a', 'b', '--once', '--flow', 'pull')).toEqual({
      name: 'sync',
      links: ['a', 'b'],
      once: true,
      flow: 'pull',
    });
    expect(command('queue', 'show', '12')).toEqual({ name: 'queue show', item: 12 });
    expect(
      command('queue', 'list', '--state', 'parked', '--state', 'unknown', '--text', 'sandbox'),
    ).toMatchObject({
      filters: { states: ['parked', 'unknown'], text: 'sandbox', limit: 50, offset: 0 },
    });
    expect(command('pause', '--for', '2h')).toEqual({
      name: 'pause',
      link: undefined,
      forMs: 7_200_000,
      reason: '',
    });
    expect(command('logs', '-f', '-n', '5')).toMatchObject({ follow: true, lines: 5, level: 'debug' });
    expect(command('secret', 'set', 'erp.main.password')).toEqual({
      name: 'secret set',
      secret: 'erp.main.password',
    });
  });

  it('takes global options before and after the command', () => {
    expect(parseCommand(['--json', '--data-dir', '/d', 'status'])).toEqual(
      parseCommand(['status', '--data-dir=/d', '--json']),
    );
  });

  it('hands everything behind "sandbox" on', () => {
    expect(command('--data-dir', 'sandbox', 'sandbox', '--port', '9', '--json')).toEqual({
      name: 'sandbox',
      args: ['--port', '9', '--json'],
    });
  });

  it.each([
    [[], 'Which command?'],
    [['stats'], 'Did you mean "status"?'],
    [['queue'], 'queue list, queue show'],
    [['queue', 'lst'], 'One of: queue list'],
    [['sync', '--onse'], 'Did you mean --once?'],
    [['status', '--once'], '"status" has no option --once.'],
    [['status', 'extra'], 'does not take "extra"'],
    [['queue', 'show'], 'needs one more word'],
    [['queue', 'show', '0'], 'no item number'],
    [['queue', 'show', '1e3'], 'no item number'],
    [['queue', 'list', '--state', 'lost'], 'One of: ready'],
    [['queue', 'list', '--limit', '501'], 'from 1 to 500'],
    [['queue', 'list', '--limit', '-1'], '--limit'],
    [['queue', 'list', '--limit'], '--limit'],
    [['pause', '--for', 'ever'], 'Such as 30m'],
    [['constructor'], 'is no command'],
    [['__proto__'], 'is no command'],
  ])('refuses %j with a hint', (argv, words) => {
    expect(wrong(...argv)).toContain(words);
  });

  it('knows help everywhere', () => {
    expect(command('--help')).toEqual({ name: 'help', topic: 'help' });
    expect(command('queue', 'list', '-h')).toEqual({ name: 'help', topic: 'queue list' });
    expect(command('queue', '--help')).toEqual({ name: 'help', topic: 'queue' });
  });
});

describe('data folder', () => {
  it('is the option, else the variable, else the platform', () => {
    expect(dataFolder('/x', { ERP_FERRY_DATA: '/y' }, 'linux')).toBe('/x');
    expect(dataFolder(undefined, { ERP_FERRY_DATA: '/y' }, 'linux')).toBe('/y');
    expect(dataFolder(undefined, {}, 'linux')).toMatch(/\.local\/share\/erp-ferry$/);
    expect(dataFolder(undefined, { ProgramData: 'D:\\PD' }, 'win32')).toContain('ERP Ferry');
  });
});
