import type { CorpusCase, CorpusStep, Expectation } from './replay.ts';

/**
 * The same case in other words: tables, columns and aliases renamed, keywords in other capitals, other white space and
 * comments. Who parses statements answers the same; who knows them by their text does not.
 */

type Token =
  | { readonly kind: 'word' | 'other' | 'string'; readonly text: string }
  | { readonly kind: 'quoted'; readonly text: string; readonly name: string };

const TOKEN =
  /(?<string>[nN]?'(?:[^']|'')*')|\[(?<bracket>(?:[^\]]|\]\])*)\]|"(?<double>(?:[^"]|"")*)"|(?<word>[A-Za-z_#][A-Za-z0-9_#$]*)|(?<other>@{1,2}[A-Za-z0-9_#$]+|0x[0-9a-fA-F]*|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|<>|<=|>=|!=|\+=|-=|[^\s])/gu;

/** Undefined where the text holds something this does not read: then the case is left out. */
function tokens(sql: string): Token[] | undefined {
  if (/--|\/\*/.test(sql)) return undefined;
  return [...sql.matchAll(TOKEN)].map((match): Token => {
    const { string, bracket, double, word } = match.groups ?? {};
    const text = match[0];
    if (string !== undefined) return { kind: 'string', text };
    if (bracket !== undefined) return { kind: 'quoted', text, name: bracket.replaceAll(']]', ']') };
    if (double !== undefined) return { kind: 'quoted', text, name: double.replaceAll('""', '"') };
    return { kind: word === undefined ? 'other' : 'word', text };
  });
}

const nameOf = (token: Token | undefined): string | undefined =>
  token?.kind === 'word' ? token.text : token?.kind === 'quoted' ? token.name : undefined;
const isWord = (token: Token | undefined, word: string): boolean =>
  token?.kind === 'word' && token.text.toUpperCase() === word;

const NOT_COLUMNS = new Set(['CONSTRAINT', 'PRIMARY', 'UNIQUE', 'FOREIGN', 'CHECK', 'INDEX', 'KEY', 'AS']);
/** Words that mean something of their own somewhere: as names they are left alone. */
const MEANINGFUL = new Set(
  (
    'DAY MONTH YEAR HOUR MINUTE SECOND WEEK QUARTER DATE TIME TEXT INT BIT MONEY FLOAT REAL BIGINT DECIMAL NUMERIC ' +
    'NVARCHAR VARCHAR NCHAR CHAR DATETIME DATETIME2 XML UNIQUEIDENTIFIER VARBINARY BINARY SMALLINT TINYINT SYSNAME ROWVERSION ' +
    'TIMESTAMP SQL_VARIANT DBO SYS INSERTED DELETED TABLE CURSOR MAX IMAGE SMALLDATETIME DATETIMEOFFSET SMALLMONEY NTEXT DEFAULT ' +
    'VALUE VALUES LEFT RIGHT SELECT BEGIN WITH INSERT UPDATE DELETE IF RETURN SET DECLARE'
  ).split(' '),
);

/** Names the case makes: tables with their columns, and what stands behind AS. */
function madeNames(all: readonly (readonly Token[])[]): Set<string> {
  const made = new Set<string>();
  for (const list of all)
    list.forEach((token, at) => {
      if (isWord(token, 'TABLE') && isWord(list[at - 1], 'CREATE')) tableNames(list, at + 1, made);
      // In CAST(x AS int) a type stands there: those are among the words left alone.
      const alias = isWord(token, 'AS') ? nameOf(list[at + 1]) : undefined;
      if (alias !== undefined) made.add(alias.toUpperCase());
    });
  return made;
}

function tableNames(list: readonly Token[], from: number, made: Set<string>): void {
  let at = from;
  if (list[at + 1]?.text === '.') at += 2;
  const table = nameOf(list[at]);
  if (table === undefined || list[at + 1]?.text !== '(') return;
  made.add(table.toUpperCase());
  let depth = 0;
  for (let index = at + 1; index < list.length; index += 1) {
    const { text } = list[index] ?? { text: '' };
    if (text === '(') depth += 1;
    if (text === ')') depth -= 1;
    if (depth === 0) return;
    if (depth !== 1 || (text !== '(' && text !== ',')) continue;
    const column = nameOf(list[index + 1]);
    if (column !== undefined && !NOT_COLUMNS.has(column.toUpperCase())) made.add(column.toUpperCase());
  }
}

const NAMES = ['Zeile', 'x y', 'order', 'a]b', 'Ünal', 'from', 'N o', 'select', '_', 'Tab'];
const COMMENTS = [" /* a ] ' comment */ ", ' -- to the end\n', '/**/'];

export interface Rewriting {
  /** Numbers from 0 up to and without 1. */
  readonly random: () => number;
}

/** The case in other words; undefined where it holds what this does not read. */
export function rewritten(test: CorpusCase, { random }: Rewriting): CorpusCase | undefined {
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const texts = [
    ...(test.setup ?? []),
    ...test.steps.flatMap((step) => step.sql ?? []),
    ...(test.teardown ?? []),
  ];
  const read = texts.map(tokens);
  const known = read.filter((one) => one !== undefined);
  if (known.length !== read.length) return undefined;
  // Lines are counted, and texts of catalogue and messages hold names.
  const oneLine = texts.some((text) => /ERROR_LINE|ERROR_MESSAGE/i.test(text));
  const told = JSON.stringify([
    test.steps.map((step) => [step.params, step.rows, step.procedure, expectationsOf(test, step)]),
    known.flat().flatMap((token) => (token.kind === 'string' ? token.text : [])),
  ]).toUpperCase();
  const keepsNames = texts.some((text) =>
    /\bsys\s*\.|INFORMATION_SCHEMA|PROCEDURE|TRIGGER|sp_rename/i.test(text),
  );
  const mentioned = (name: string): boolean =>
    new RegExp(`(^|[^A-Z0-9_])${name.replace(/[^A-Z0-9_]/g, '\\$&')}($|[^A-Z0-9_])`).test(told);
  // The driver's statement of a bulk load is put together elsewhere, from the plain names.
  const bulk = test.steps.some(({ via }) => via === 'bulk');
  const renames = new Map<string, string>();
  if (!keepsNames)
    for (const name of madeNames(known))
      if (!MEANINGFUL.has(name) && !name.startsWith('#') && !mentioned(name))
        renames.set(
          name,
          `${pick(bulk ? NAMES.filter((one) => !one.includes(']')) : NAMES)}${renames.size}${random() < 0.5 ? ' ' : '_'}q`,
        );
  const quoted = (name: string): string => `[${name.replaceAll(']', ']]')}]`;
  const renamed = (name: string): string => renames.get(name.toUpperCase()) ?? name;

  const write = (list: readonly Token[]): string => {
    let text = '';
    list.forEach((token, at) => {
      const name = nameOf(token);
      const called = list[at + 1]?.text === '(' && token.kind === 'word' && isFunction(list, at);
      const other = name === undefined || called ? undefined : renames.get(name.toUpperCase());
      const shown = other === undefined ? capitals(token, list, at) : quoted(other);
      text += gap(text, list, at) + shown;
    });
    return text;
  };
  const capitals = (token: Token, list: readonly Token[], at: number): string => {
    if (token.kind !== 'word' || !/^[A-Z]{2,}$/.test(token.text) || mentioned(token.text)) return token.text;
    // Behind AS without a new name stands what the answer is called.
    if (isWord(list[at - 1], 'AS') || list[at - 1]?.text === '.') return token.text;
    return random() < 0.5 ? token.text.toLowerCase() : token.text[0] + token.text.slice(1).toLowerCase();
  };
  const gap = (before: string, list: readonly Token[], at: number): string => {
    if (before === '') return random() < 0.3 && !oneLine ? '\n' : '';
    const [last, next] = [list[at - 1]?.text ?? '', list[at]?.text ?? ''];
    // `+ -1` may not become a comment, `. 5` not another number, `N 'a'` not two things.
    if (/^[=<>!+\-*/|&^%.]/.test(last) || /^[=<>!+\-*/|&^%.]/.test(next) || last === '@' || last === '$')
      return /\s/.test(separatorOf(last, next)) ? ' ' : '';
    if (oneLine) return ' ';
    return pick([' ', ' ', '\n', '\t', '  ', '\r\n', ...(random() < 0.2 ? COMMENTS : [' '])]);
  };
  return {
    ...test,
    setup: known.slice(0, test.setup?.length ?? 0).map(write),
    steps: test.steps.map((step): CorpusStep => {
      const list = step.sql === undefined ? undefined : tokens(step.sql);
      return {
        ...step,
        ...(list === undefined ? {} : { sql: write(list) }),
        ...(step.table === undefined ? {} : { table: quoted(renamed(step.table)) }),
        ...(step.columns === undefined
          ? {}
          : { columns: step.columns.map((column) => ({ ...column, name: renamed(column.name) })) }),
        ...(step.expect === undefined ? {} : { expect: withNames(step.expect, renamed) }),
      };
    }),
    teardown: known.slice(known.length - (test.teardown?.length ?? 0)).map(write),
    ...(test.expectSqlServer === undefined
      ? {}
      : {
          expectSqlServer: Object.fromEntries(
            Object.entries(test.expectSqlServer).map(([at, one]) => [at, withNames(one, renamed)]),
          ),
        }),
  };
}

/** Operators written with a space between stay apart, those without stay together. */
const separatorOf = (last: string, next: string): string =>
  last === '.' || next === '.' || /^[<>=!]$/.test(last + next) ? '' : ' ';

/** A word before a bracket that is called, not a table whose columns follow. */
const isFunction = (list: readonly Token[], at: number): boolean =>
  !['INTO', 'TABLE', 'ON', 'REFERENCES', 'UPDATE', 'FROM', 'JOIN', '.', 'WITH', 'AS'].includes(
    (list[at - 1]?.text ?? '').toUpperCase(),
  );

const expectationsOf = (test: CorpusCase, step: CorpusStep): unknown => {
  const at = test.steps.indexOf(step);
  return [step.expect, test.expectSqlServer?.[at]].map((one) => [
    one?.error?.text,
    one?.messages,
    one?.recordsets?.map((set) => set.rows),
  ]);
};

const withNames = (expect: Expectation, renamed: (name: string) => string): Expectation => ({
  ...expect,
  ...(expect.recordsets === undefined
    ? {}
    : {
        recordsets: expect.recordsets.map((set) => ({
          ...set,
          columns: set.columns.map((column) => ({ ...column, name: renamed(column.name) })),
        })),
      }),
});

/** How many names it would change: a rewriting that changes nothing proves nothing. */
export const differs = (one: CorpusCase, other: CorpusCase): boolean =>
  JSON.stringify(one.steps.map(({ sql }) => sql)) !== JSON.stringify(other.steps.map(({ sql }) => sql));
