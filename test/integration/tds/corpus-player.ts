import sql from 'mssql';
import type { Case, Expectation, Parameter, Step } from './corpus-cases.ts';
import { expectation } from './corpus-cases.ts';

export interface SetSeen {
  readonly columns: { readonly name: string; readonly type: string; readonly nullable: boolean }[];
  readonly rows: unknown[][];
}

export interface Answer {
  readonly sets: SetSeen[];
  readonly errors: { readonly number: number; readonly class: number; readonly text: string }[];
  readonly messages: { readonly number: number; readonly class: number; readonly text: string }[];
  rowsAffected?: number[];
  output?: Record<string, unknown>;
  returnValue?: number;
}

export interface Played {
  readonly answers: (Answer | undefined)[];
  /** What went wrong beside the answers: a failed setup, a step that did not wait. */
  readonly complaints: string[];
}

/** Round trips after which a statement that is still unanswered is taken to wait: it needs none to be answered. */
const PROBES = 12;
/** Information every server sends in passing: statement terminated, database and language changed. */
const IN_PASSING = new Set([3621, 5701, 5703]);

const pad = (value: number, width = 2) => String(value).padStart(width, '0');

function typeText(column: sql.IColumnMetadata[string]): string {
  const type = column.type as unknown as { declaration?: string; name?: string };
  const base = String(type.declaration ?? type.name).toLowerCase();
  switch (base) {
    case 'decimal':
    case 'numeric':
      return `decimal(${column.precision},${column.scale})`;
    case 'datetime2':
    case 'time':
    case 'datetimeoffset':
      return `${base}(${column.scale})`;
    case 'nvarchar':
    case 'nchar':
      return `${base}(${column.length === 65_535 ? 'max' : column.length / 2})`;
    case 'varchar':
    case 'char':
    case 'varbinary':
    case 'binary':
      return `${base}(${column.length === 65_535 ? 'max' : column.length})`;
    default:
      return base;
  }
}

/** The corpus writes values as JSON: dates in ISO form, seven digits only where there is something to show. */
function plain(value: unknown, type: string): unknown {
  if (value === undefined || value === null) return null;
  if (Buffer.isBuffer(value)) return `0x${value.toString('hex').toUpperCase()}`;
  if (typeof value === 'bigint') return value.toString();
  if (!(value instanceof Date)) return value;
  const below = Math.round(((value as { nanosecondsDelta?: number }).nanosecondsDelta ?? 0) * 1e7);
  const iso = value.toISOString();
  const time = iso.slice(11, 23) + (below === 0 ? '' : pad(below, 4));
  if (type === 'date') return iso.slice(0, 10);
  if (type.startsWith('time')) return time;
  return `${iso.slice(0, 10)}T${time}${type.startsWith('datetimeoffset') ? 'Z' : ''}`;
}

function declared(text: string): sql.ISqlType {
  const match = /^(\w+)(?:\(([^)]*)\))?$/.exec(text.trim());
  const [, base, args] = match ?? [];
  const name = Object.keys(sql.TYPES).find((key) => key.toLowerCase() === base?.toLowerCase());
  if (name === undefined) throw new Error(`the corpus names an unknown type: ${text}`);
  const make = sql.TYPES[name as keyof typeof sql.TYPES] as (...sizes: unknown[]) => sql.ISqlType;
  const sizes =
    args === undefined ? [] : args.split(',').map((size) => (size.trim() === 'max' ? sql.MAX : Number(size)));
  return make(...sizes);
}

function native(value: unknown, type: string): unknown {
  if (typeof value !== 'string') return value ?? null;
  if (/binary/i.test(type)) return Buffer.from(value.slice(2), 'hex');
  if (/^time/i.test(type)) return new Date(`1970-01-01T${value}Z`);
  if (/^date$/i.test(type)) return new Date(`${value}T00:00:00Z`);
  if (/^(small)?date/i.test(type)) return new Date(/Z$|[+-]\d\d:\d\d$/.test(value) ? value : `${value}Z`);
  return value;
}

/** Sends one step and gathers whatever the server says to it, errors included. Never rejects. */
export async function perform(pool: sql.ConnectionPool, step: Step): Promise<Answer> {
  const answer: Answer = { sets: [], errors: [], messages: [] };
  const request = pool.request();
  if (step.via === 'bulk') {
    const table = new sql.Table(step.table);
    for (const { name, type, nullable } of step.columns ?? [])
      table.columns.add(name, declared(type), { nullable: nullable !== false });
    for (const row of step.rows ?? [])
      table.rows.add(...(row.map((value, n) => native(value, step.columns?.[n]?.type ?? '')) as never[]));
    try {
      answer.rowsAffected = [(await request.bulk(table)).rowsAffected];
    } catch (error) {
      answer.errors.push(said(error));
    }
    return answer;
  }
  for (const { name, type, value, output } of step.params ?? []) {
    if (output === true) request.output(name, declared(type), native(value, type));
    else request.input(name, declared(type), native(value, type));
  }
  request.stream = true;
  request.arrayRowMode = true;
  let current: SetSeen | undefined;
  request.on('recordset', (columns: unknown) => {
    const metadata = columns as sql.IColumnMetadata[string][];
    current = {
      columns: metadata.map((column) => ({
        name: column.name,
        type: typeText(column),
        nullable: column.nullable as boolean,
      })),
      rows: [],
    };
    answer.sets.push(current);
  });
  request.on('row', (row: unknown) => {
    current?.rows.push((row as unknown[]).map((value, n) => plain(value, current?.columns[n]?.type ?? '')));
  });
  request.on('info', (info: { number: number; class: number; message: string }) => {
    if (!IN_PASSING.has(info.number))
      answer.messages.push({ number: info.number, class: info.class, text: info.message });
  });
  request.on('error', (error: unknown) => answer.errors.push(said(error)));
  const finished = new Promise<{
    rowsAffected: number[];
    output?: Record<string, unknown>;
    returnValue?: number;
  }>((resolve) => {
    request.on('done', resolve as (result: unknown) => void);
  });
  const via = step.via ?? (step.params ? 'query' : 'batch');
  const text = step.sql ?? '';
  const sent =
    via === 'execute'
      ? request.execute(step.procedure ?? '')
      : via === 'query'
        ? request.query(text)
        : request.batch(text);
  // In streaming mode the events tell everything; the promise only repeats the error.
  (sent as Promise<unknown> | undefined)?.catch(() => {});
  const result = await finished;
  answer.rowsAffected = result.rowsAffected;
  if (step.params?.some((parameter) => parameter.output) === true)
    answer.output = outputs(step.params, result.output ?? {});
  if (via === 'execute' && result.returnValue !== undefined) answer.returnValue = result.returnValue;
  return answer;
}

function outputs(parameters: readonly Parameter[], values: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    parameters
      .filter(({ output }) => output === true)
      .map(({ name, type }) => [name, plain(values[name], type)]),
  );
}

function said(error: unknown): Answer['errors'][number] {
  const { number, class: severity, message } = error as { number: number; class: number; message: string };
  return { number, class: severity, text: message };
}

interface Waiting {
  readonly step: number;
  readonly answer: Promise<Answer>;
}

/** Plays a case on fresh connections, `open` giving one pool of one connection for each session. */
export async function play(one: Case, open: () => Promise<sql.ConnectionPool>): Promise<Played> {
  const played: Played = { answers: one.steps.map(() => undefined), complaints: [] };
  const sessions = new Map<string, sql.ConnectionPool>();
  const waiting = new Map<string, Waiting>();
  const session = async (name: string): Promise<sql.ConnectionPool> => {
    const pool = sessions.get(name) ?? (await open());
    sessions.set(name, pool);
    return pool;
  };
  const settle = async (name: string): Promise<void> => {
    const blocked = waiting.get(name);
    waiting.delete(name);
    if (blocked) played.answers[blocked.step] = await blocked.answer;
  };
  const run = async (): Promise<void> => {
    for (const text of one.setup ?? []) {
      const { errors } = await perform(await session('A'), { via: 'batch', sql: text });
      if (errors.length > 0) {
        played.complaints.push(`setup: ${errors.map((e) => `${e.number} ${e.text}`).join('; ')} in ${text}`);
        return;
      }
    }
    for (const [n, step] of one.steps.entries()) {
      const name = step.session ?? 'A';
      const pool = await session(name);
      await settle(name);
      const answer = perform(pool, step);
      const expected: Expectation = expectation(one, n);
      if (expected.blocks !== true) {
        played.answers[n] = await answer;
        continue;
      }
      waiting.set(name, { step: n, answer });
      if (await answeredAtOnce(answer, await session('probe')))
        played.complaints.push(`step ${n}: should have waited for the other connection`);
    }
    for (const name of sessions.keys()) await settle(name);
  };
  await run();
  await Promise.all([...sessions.values()].map((pool) => pool.close()));
  return played;
}

async function answeredAtOnce(answer: Promise<Answer>, probe: sql.ConnectionPool): Promise<boolean> {
  let answered = false;
  void answer.then(() => (answered = true));
  for (let n = 0; n < PROBES; n += 1) await probe.request().batch('SELECT 1 AS probe');
  return answered;
}
