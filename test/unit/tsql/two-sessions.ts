import { expect } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { perform } from './replay.ts';
import type { Answer } from './replay.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export async function sql(session: SqlSession, text: string): Promise<Answer> {
  return perform(session, { sql: text, via: 'batch' });
}

/** The rows of the last result set of a batch that has to succeed. */
export async function rows(session: SqlSession, text: string): Promise<unknown[][]> {
  const r = await sql(session, text);
  expect(r.errors).toEqual([]);
  return r.recordsets.at(-1)?.rows ?? [];
}

export async function errorOf(session: SqlSession, text: string): Promise<number | undefined> {
  return (await sql(session, text)).errors.at(-1)?.number;
}

/** Whether a request is over once everything has happened that can happen without it waiting. */
export async function settled(p: Promise<unknown>): Promise<boolean> {
  let done = false;
  void p.then(() => (done = true));
  for (let i = 0; i < 5; i++) await turn();
  return done;
}
