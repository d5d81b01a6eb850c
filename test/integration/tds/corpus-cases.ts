import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

export interface Parameter {
  readonly name: string;
  readonly type: string;
  readonly value?: unknown;
  readonly output?: boolean;
}

export interface Step {
  readonly session?: string;
  readonly via?: 'batch' | 'query' | 'execute' | 'bulk';
  readonly sql?: string;
  readonly procedure?: string;
  readonly params?: readonly Parameter[];
  readonly table?: string;
  readonly columns?: readonly { readonly name: string; readonly type: string; readonly nullable?: boolean }[];
  readonly rows?: readonly (readonly unknown[])[];
  readonly expect?: Expectation;
}

export interface ExpectedSet {
  readonly columns: readonly { readonly name: string; readonly type: string; readonly nullable?: boolean }[];
  readonly rows: readonly (readonly unknown[])[];
  readonly anyOrder?: boolean;
}

/** Only the fields that are there are compared. */
export interface Expectation {
  readonly recordsets?: readonly ExpectedSet[];
  readonly rowsAffected?: readonly number[];
  readonly error?: {
    readonly number: number;
    readonly class?: number;
    readonly text?: string;
    readonly also?: readonly number[];
  };
  readonly blocks?: boolean;
  readonly messages?: readonly unknown[];
  readonly output?: Readonly<Record<string, unknown>>;
  readonly returnValue?: number;
}

export interface Case {
  readonly id: string;
  readonly topic: string;
  readonly setup?: readonly string[];
  readonly steps: readonly Step[];
  readonly teardown?: readonly string[];
  readonly expectSqlServer?: Readonly<Record<string, Expectation>>;
}

/** What counts for a step: SQL Server's documented answer where the recorded one differs from it. */
export function expectation(one: Case, step: number): Expectation {
  return one.expectSqlServer?.[step] ?? one.steps[step]?.expect ?? {};
}

/** The cases of every topic file (`01-select.json` and so on) in a folder. */
export function loadCases(folder: string): Case[] {
  return readdirSync(folder)
    .filter((name) => /^\d\d-.*\.json$/.test(name))
    .sort()
    .flatMap((name) => (JSON.parse(readFileSync(join(folder, name), 'utf8')) as { cases: Case[] }).cases);
}
