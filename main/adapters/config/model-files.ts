import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { sha256, type Sha256 } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { appModelSchema, type AppModel } from '../../core/packets/push/app-model/app-model.ts';
import { FIELD_SALES } from '../../core/packets/push/app-model/field-sales.ts';
import { syncFolder, writeDurably } from '../secrets/site-key.ts';
import { ABSENT, readJson } from './read-json.ts';
import { problemsOf } from './problems.ts';

export interface LoadedModel {
  readonly model: AppModel;
  /** Of its text: what was accepted under another model is sent again. */
  readonly hash: Sha256;
}

const hashOf = (text: string): Sha256 => sha256(createHash('sha256').update(text).digest('hex'));

const FIELD_SALES_TEXT = `${JSON.stringify(FIELD_SALES, undefined, 2)}\n`;
const BUILT_IN_TEXTS: ReadonlyMap<string, string> = new Map([['field-sales.json', FIELD_SALES_TEXT]]);

/** Models the program has itself, by file name: in force until there is a file of that name. */
export const BUILT_IN_MODELS: ReadonlyMap<string, LoadedModel> = new Map([
  ['field-sales.json', { model: appModelSchema.parse(FIELD_SALES), hash: hashOf(FIELD_SALES_TEXT) }],
]);

/** The model of this name: the file's, else the built-in one. */
export function loadModel(dataDir: string, name: string): Result<LoadedModel, readonly ConfigProblem[]> {
  const file = `models/${name}`;
  const read = readJson(dataDir, file);
  if (!read.ok) {
    const builtIn = read.failure.reason === ABSENT ? BUILT_IN_MODELS.get(name) : undefined;
    return builtIn === undefined ? fail([read.failure]) : ok(builtIn);
  }
  const problems = [...problemsOf(file, appModelSchema, read.value.data)];
  if (problems.length > 0) return fail(problems);
  return ok({ model: appModelSchema.parse(read.value.data), hash: hashOf(read.value.text) });
}

/**
 * Writes a built-in model out where it is used and there is no file, so that it can be edited. Never replaces one. The cause
 * where it could not: the built-in one holds all the same.
 */
export function writeOutModel(dataDir: string, name: string): string | undefined {
  const text = BUILT_IN_TEXTS.get(name);
  const folder = join(dataDir, 'models');
  const path = join(folder, name);
  try {
    if (text === undefined || statSync(path, { throwIfNoEntry: false }) !== undefined) return undefined;
    mkdirSync(folder, { recursive: true });
    const temporary = `${path}.tmp`;
    rmSync(temporary, { force: true });
    writeDurably(temporary, new TextEncoder().encode(text));
    renameSync(temporary, path);
    syncFolder(folder);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
}
