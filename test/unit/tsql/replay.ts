import { readFileSync, readdirSync } from 'node:fs';
import type {
  SqlColumn,
  SqlEngine,
  SqlEvent,
  SqlMoment,
  SqlParameter,
  SqlRequest,
  SqlSession,
  SqlType,
  SqlValue,
} from '../../../main/sandbox/tsql/face.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import type { SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { parseMoment, civil, clockOf, utcOf } from '../../../main/sandbox/tsql/types/moment.ts';

/** Plays the answer corpus against the engine in the same process, in the shapes a driver would report. */

export interface CorpusParameter {
  name: string;
  type: string;
  value: unknown;
  output?: boolean;
}
export interface CorpusStep {
  session?: string;
  sql?: string;
  params?: CorpusParameter[];
  via?: string;
  expect?: Expectation;
  procedure?: string;
  table?: string;
  columns?: { name: string; type: string; nullable?: boolean }[];
  rows?: unknown[][];
}
export interface Expectation {
  recordsets?: {
    columns: { name: string; type: string; nullable?: boolean }[];
    rows: unknown[][];
    anyOrder?: boolean;
  }[];
  rowsAffected?: number[];
  error?: { number: number; class?: number; text?: string; also?: number[] };
  blocks?: boolean;
  messages?: { number: number; class: number; text: string }[];
  output?: Record<string, unknown>;
  returnValue?: number;
}
export interface CorpusCase {
  id: string;
  topic: string;
  setup?: string[];
  steps: CorpusStep[];
  teardown?: string[];
  judge?: string;
  expectSqlServer?: Record<string, Expectation>;
}

export interface Answer {
  recordsets: { columns: { name: string; type: string; nullable: boolean }[]; rows: unknown[][] }[];
  rowsAffected: number[] | undefined;
  errors: { number: number; class: number; text: string }[];
  messages: { number: number; class: number; text: string }[];
  output?: Record<string, unknown>;
  returnValue?: number;
}

const folder = new URL('../../corpus/tsql/', import.meta.url);

export function loadCorpus(): { file: string; topic: string; cases: CorpusCase[] }[] {
  return readdirSync(folder)
    .filter((f) => /^\d.*\.json$/.test(f))
    .sort()
    .map((file) => ({
      file,
      ...(JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as { topic: string; cases: CorpusCase[] }),
    }));
}

export function loadRefused(): Record<string, string> {
  return JSON.parse(readFileSync(new URL('refused.json', folder), 'utf8')) as Record<string, string>;
}

export const realClock = {
  now: () => Date.now(),
  sleep: (ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      if (signal.aborted) return resolve();
      const timer = setTimeout(resolve, ms);
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
    }),
};

export function newEngine(): SandboxSqlEngine {
  return createSqlEngine({
    serverName: 'SANDBOX',
    clock: realClock,
    logins: [{ user: 'sa', password: 'secret' }],
    databases: ['corpus'],
  });
}

export function connect(engine: SqlEngine, database = 'corpus'): SqlSession {
  const outcome = engine.login({ user: 'sa', password: 'secret', database });
  if (!outcome.ok) throw new Error(outcome.message.message);
  return outcome.session;
}

/** The type a driver shows for what travels on the wire. */
function driverType(type: SqlType): string {
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      return `decimal(${type.precision},${type.scale})`;
    case 'time':
    case 'datetime2':
    case 'datetimeoffset':
      return `${type.name}(${type.scale})`;
    case 'rowversion':
      return 'binary(8)';
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'binary':
    case 'varbinary':
      return `${type.name}(${type.length})`;
    default:
      return type.name;
  }
}

const pad = (n: number, w = 2): string => String(n).padStart(w, '0');

function momentText(m: SqlMoment, type: SqlType): string {
  const at = type.name === 'datetimeoffset' ? utcOf(m) : m;
  const { year, month, day } = civil(at.days);
  const { hour, minute, second, below } = clockOf(at);
  const date = `${pad(year, 4)}-${pad(month)}-${pad(day)}`;
  const fraction = pad(below, 7);
  const time = `${pad(hour)}:${pad(minute)}:${pad(second)}.${fraction.slice(0, 3)}${fraction.endsWith('0000') ? '' : fraction.slice(3)}`;
  if (type.name === 'date') return date;
  if (type.name === 'time') return time;
  return `${date}T${time}${type.name === 'datetimeoffset' ? 'Z' : ''}`;
}

export function driverValue(v: SqlValue, type: SqlType): unknown {
  if (v === null) return null;
  if (v instanceof Uint8Array)
    return `0x${[...v]
      .map((b) => b.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()}`;
  if (typeof v === 'bigint') return v.toString();
  if (typeof v === 'object') return momentText(v, type);
  if (typeof v === 'string' && ['decimal', 'numeric', 'money', 'smallmoney'].includes(type.name))
    return Number(v);
  return v;
}

function typeOf(text: string): SqlType {
  const [, base = '', args = ''] = /^(\w+)(?:\(([^)]*)\))?$/.exec(text.trim()) ?? [];
  const list =
    args === ''
      ? []
      : args.split(',').map((a) => (a.trim().toLowerCase() === 'max' ? ('max' as const) : Number(a)));
  const name = base.toLowerCase() as SqlType['name'];
  if (name === 'decimal' || name === 'numeric')
    return { name, precision: Number(list[0] ?? 18), scale: Number(list[1] ?? 0) };
  if (name === 'time' || name === 'datetime2' || name === 'datetimeoffset')
    return { name, scale: Number(list[0] ?? 7) };
  if (['char', 'varchar', 'nchar', 'nvarchar', 'binary', 'varbinary'].includes(name))
    return { name, length: list[0] ?? 'max' };
  return { name };
}

function valueOf(v: unknown, type: SqlType): SqlValue {
  if (v === null || v === undefined) return null;
  switch (type.name) {
    case 'bigint':
      return BigInt(v as string);
    case 'binary':
    case 'varbinary':
      return new Uint8Array(Buffer.from((v as string).replace(/^0x/i, ''), 'hex'));
    case 'date':
    case 'time':
    case 'datetime':
    case 'datetime2':
    case 'smalldatetime':
    case 'datetimeoffset':
      return parseMoment(v as string, type);
    default:
      return v as SqlValue;
  }
}

function parameters(step: CorpusStep): SqlParameter[] {
  return (step.params ?? []).map((p) => {
    const type = typeOf(p.type);
    return { name: `@${p.name}`, type, value: valueOf(p.value, type), output: p.output ?? false };
  });
}

const text = (s: string): SqlParameter => ({
  name: '',
  type: { name: 'nvarchar', length: 'max' },
  value: s,
  output: false,
});

function requestOf(step: CorpusStep): SqlRequest[] {
  const via = step.via ?? (step.params ? 'query' : 'batch');
  switch (via) {
    case 'execute':
      return [{ kind: 'procedure', name: step.procedure ?? '', parameters: parameters(step) }];
    case 'query': {
      const declared = (step.params ?? [])
        .map((p) => `@${p.name} ${p.type}${p.output ? ' OUTPUT' : ''}`)
        .join(', ');
      return [
        {
          kind: 'procedure',
          name: 'sp_executesql',
          parameters: [text(step.sql ?? ''), text(declared), ...parameters(step)],
        },
      ];
    }
    case 'bulk': {
      const columns: SqlColumn[] = (step.columns ?? []).map((c) => ({
        name: c.name,
        type: typeOf(c.type),
        nullable: c.nullable !== false,
      }));
      const rows = (step.rows ?? []).map((row) =>
        row.map((v, i) => valueOf(v, (columns[i] as SqlColumn).type)),
      );
      const listed = (step.columns ?? []).map((c) => `[${c.name}] ${c.type}`).join(', ');
      return [
        { kind: 'batch', text: `insert bulk ${step.table} (${listed})` },
        {
          kind: 'bulk',
          columns,
          rows: (async function* () {
            yield* rows;
          })(),
        },
      ];
    }
    default:
      return [{ kind: 'batch', text: step.sql ?? '' }];
  }
}

const never = new AbortController().signal;

/** Sends one step and collects the answer. */
export async function perform(
  session: SqlSession,
  step: CorpusStep,
  signal: AbortSignal = never,
): Promise<Answer> {
  const out: Answer = { recordsets: [], rowsAffected: [], errors: [], messages: [] };
  const output: Record<string, unknown> = {};
  for (const request of requestOf(step)) {
    if (out.errors.length > 0) break;
    let types: SqlColumn[] = [];
    for await (const event of session.execute(request, signal)) {
      collect(event, out, output, (columns) => (types = columns), types);
    }
  }
  if (Object.keys(output).length > 0) out.output = output;
  if (step.via !== 'execute') delete out.returnValue;
  return out;
}

function collect(
  event: SqlEvent,
  out: Answer,
  output: Record<string, unknown>,
  setTypes: (c: SqlColumn[]) => void,
  types: SqlColumn[],
): void {
  switch (event.kind) {
    case 'columns':
      setTypes([...event.columns]);
      out.recordsets.push({
        columns: event.columns.map((c) => ({ name: c.name, type: driverType(c.type), nullable: c.nullable })),
        rows: [],
      });
      return;
    case 'row':
      out.recordsets
        .at(-1)
        ?.rows.push(event.values.map((v, i) => driverValue(v, (types[i] as SqlColumn).type)));
      return;
    case 'done':
      if (event.count !== undefined) out.rowsAffected?.push(event.count);
      return;
    case 'message': {
      const m = { number: event.message.number, class: event.message.class, text: event.message.message };
      if (m.class > 10) out.errors.push(m);
      else if (![3621, 5701, 5703].includes(m.number)) out.messages.push(m);
      return;
    }
    case 'returnStatus':
      out.returnValue = event.value;
      return;
    case 'output':
      output[event.name.replace('@', '')] = driverValue(event.value, event.type);
      return;
    case 'transaction':
    case 'database':
      return;
  }
}

const show = (v: unknown): string => JSON.stringify(v);
const bare = (type: string): string => type.replace(/\(.*/, '');

/** Differences between an expectation and an answer, as lines; empty when they agree. */
export function differences(expect: Expectation, got: Answer): string[] {
  const diff: string[] = [];
  const error = got.errors.at(-1);
  if (expect.error && !error) diff.push(`error ${expect.error.number} expected, none raised`);
  else if (!expect.error && error)
    diff.push(`unexpected error ${error.number} class ${error.class}: ${error.text}`);
  else if (expect.error && error) {
    if (error.number !== expect.error.number && !expect.error.also?.includes(error.number))
      diff.push(`error ${expect.error.number} expected, got ${error.number}: ${error.text}`);
    else if (expect.error.class !== undefined && error.class !== expect.error.class)
      diff.push(`error ${error.number}: class ${expect.error.class} expected, got ${error.class}`);
    if (expect.error.text !== undefined && error.text !== expect.error.text)
      diff.push(`error text ${show(expect.error.text)} expected, got ${show(error.text)}`);
  }
  const sets = error ? got.recordsets.filter((r) => r.rows.length) : got.recordsets;
  const wanted = expect.recordsets ?? (expect.error ? [] : undefined);
  if (wanted) {
    if (wanted.length !== sets.length)
      diff.push(
        `${wanted.length} result set(s) expected, got ${sets.length}: ${show(sets.map((r) => r.rows))}`,
      );
    else {
      wanted.forEach((want, n) => {
        const have = sets[n]!;
        const wantCols = want.columns.map(
          (c) => c.name + ' ' + c.type + (c.nullable === undefined ? '' : c.nullable ? ' null' : ' not null'),
        );
        const haveCols = have.columns.map((g, i) => {
          const c = want.columns[i];
          return (
            g.name +
            ' ' +
            (c && !c.type.includes('(') ? bare(g.type) : g.type) +
            (c?.nullable === undefined ? '' : g.nullable ? ' null' : ' not null')
          );
        });
        if (show(wantCols) !== show(haveCols))
          diff.push(`result set ${n}: columns ${show(wantCols)} expected, got ${show(haveCols)}`);
        const order = (rows: unknown[][]): string[] =>
          want.anyOrder ? rows.map(show).sort() : rows.map(show);
        const a = order(want.rows);
        const b = order(have.rows);
        for (let i = 0; i < Math.max(a.length, b.length); i++)
          if (a[i] !== b[i])
            diff.push(`result set ${n} row ${i}: ${a[i] ?? '(none)'} expected, got ${b[i] ?? '(none)'}`);
      });
    }
  }
  if (expect.rowsAffected && !error && show(expect.rowsAffected) !== show(got.rowsAffected))
    diff.push(`rowsAffected ${show(expect.rowsAffected)} expected, got ${show(got.rowsAffected)}`);
  if (expect.messages && show(expect.messages) !== show(got.messages))
    diff.push(`messages ${show(expect.messages)} expected, got ${show(got.messages)}`);
  if (expect.output && show(expect.output) !== show(got.output))
    diff.push(`output ${show(expect.output)} expected, got ${show(got.output)}`);
  if (expect.returnValue !== undefined && expect.returnValue !== got.returnValue)
    diff.push(`return value ${expect.returnValue} expected, got ${got.returnValue}`);
  return diff;
}

export function expectation(test: CorpusCase, i: number): Expectation {
  return test.expectSqlServer?.[i] ?? test.steps[i]?.expect ?? {};
}

/** A turn of the event loop: in one process everything that can happen without waiting has happened after it. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Plays one case on fresh connections and lists what differs. */
export async function play(engine: SandboxSqlEngine, test: CorpusCase): Promise<string[]> {
  const sessions = new Map<string, SqlSession>();
  const waiting = new Map<string, { i: number; answer: Promise<Answer> }>();
  const lines: string[] = [];
  const open = (name: string): SqlSession => {
    const known = sessions.get(name) ?? connect(engine);
    sessions.set(name, known);
    return known;
  };
  const judge = (i: number, answer: Answer): void => {
    for (const d of differences(expectation(test, i), answer)) lines.push(`step ${i}: ${d}`);
  };
  const settle = async (name: string): Promise<void> => {
    const w = waiting.get(name);
    if (!w) return;
    waiting.delete(name);
    judge(w.i, await w.answer);
  };
  try {
    for (const batch of test.setup ?? []) {
      const r = await perform(open('A'), { sql: batch, via: 'batch' });
      if (r.errors.length > 0) return [`setup failed: ${show(r.errors)} in: ${batch}`];
    }
    for (const [i, step] of test.steps.entries()) {
      const name = step.session ?? 'A';
      const session = open(name);
      await settle(name);
      const answer = perform(session, step);
      if (expectation(test, i).blocks !== true) {
        judge(i, await answer);
        continue;
      }
      let answered = false;
      void answer.then(() => (answered = true));
      for (let n = 0; n < 5; n++) await turn();
      if (answered) lines.push(`step ${i}: was to wait for the other connection, but was answered at once`);
      waiting.set(name, { i, answer });
    }
    for (const name of waiting.keys()) await settle(name);
  } finally {
    for (const s of sessions.values()) s.close();
    const last = connect(engine);
    for (const batch of test.teardown ?? []) {
      const r = await perform(last, { sql: batch, via: 'batch' });
      if (r.errors.length > 0) lines.push(`teardown: ${show(r.errors)} in: ${batch}`);
    }
    last.close();
  }
  return lines;
}
