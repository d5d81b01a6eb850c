import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';

/** A configuration is kilobytes; what is larger is another file. */
const MAX_BYTES = 8 * 1024 * 1024;

/** The words of `readJson` for a file that is not there. */
export const ABSENT = 'the file does not exist';

/** The text and data of a configuration file of the data folder. */
export function readJson(
  dataDir: string,
  file: string,
): Result<{ readonly text: string; readonly data: unknown }, ConfigProblem> {
  const path = join(dataDir, file);
  let bytes: Uint8Array;
  try {
    if (statSync(path).size > MAX_BYTES)
      return fail({ file, path: '', reason: 'the file is too large', hint: 'is it the right one?' });
    bytes = readFileSync(path);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    return code === 'ENOENT'
      ? fail({
          file,
          path: '',
          reason: ABSENT,
          hint: `create ${path}, or name another data folder with --data-dir`,
        })
      : fail({
          file,
          path: '',
          reason: `the file cannot be read (${code ?? 'unknown'})`,
          hint: 'check its rights',
        });
  }
  return parseJson(file, bytes);
}

/** The text and data of a configuration file's bytes. */
export function parseJson(
  file: string,
  bytes: Uint8Array,
): Result<{ readonly text: string; readonly data: unknown }, ConfigProblem> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return fail({ file, path: '', reason: 'the file is not UTF-8', hint: 'save it as UTF-8' });
  }
  const json = text.replace(/^\uFEFF/, '');
  try {
    return ok({ text, data: JSON.parse(json) as unknown });
  } catch (error) {
    return fail({
      file,
      path: '',
      reason: `the file is not JSON: ${placeOf(error, json)}`,
      hint: 'look for a missing comma, quote or bracket, or a comma too many',
    });
  }
}

/** Where, but not what stands there: the parser's own words quote the text, and somebody may have typed a password into it. */
function placeOf(error: unknown, text: string): string {
  const position = /position (\d+)/.exec(wordsOf(error))?.[1];
  const at = position === undefined ? strangeToken(text) : Number(position);
  if (at === undefined || at >= text.trimEnd().length) return 'it ends too early';
  const before = text.slice(0, at).split('\n');
  return `see line ${before.length}, character ${(before.at(-1) ?? '').length + 1}`;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : '');

/** For a token that cannot stand where it does the parser gives no position: the shortest beginning that has it ends with it. */
function strangeToken(text: string): number | undefined {
  const strange = (length: number): boolean => {
    try {
      JSON.parse(text.slice(0, length));
      return false;
    } catch (error) {
      return wordsOf(error).startsWith('Unexpected token');
    }
  };
  if (!strange(text.length)) return undefined;
  let [without, within] = [0, text.length];
  while (within - without > 1) {
    const middle = Math.floor((without + within) / 2);
    if (strange(middle)) within = middle;
    else without = middle;
  }
  return within - 1;
}
