import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { settingsSchema, type Settings } from '../../../shared/model/settings.ts';
import { loadMapping, type LoadedMapping } from '../../core/mapping/load-mapping.ts';
import { problemsOf } from './problems.ts';

export interface LoadedSite {
  readonly settings: Settings;
  /** By file name, as links name them. */
  readonly mappings: ReadonlyMap<string, LoadedMapping>;
}

export const SITE_FILE = 'site.json';

/** A configuration is kilobytes; what is larger is another file. */
const MAX_BYTES = 8 * 1024 * 1024;

/** Reads and checks the configuration of a data folder. All of it or the problems: nothing is half loaded. */
export function loadSite(dataDir: string): Result<LoadedSite, readonly ConfigProblem[]> {
  const site = readJson(dataDir, SITE_FILE);
  if (!site.ok) return fail([site.failure]);
  const problems = problemsOf(SITE_FILE, settingsSchema, site.value.data);
  if (problems.length > 0) return fail(problems);
  const settings = settingsSchema.parse(site.value.data);

  const mappings = new Map<string, LoadedMapping>();
  const wrong: ConfigProblem[] = [];
  settings.links.forEach((link, index) => {
    if (mappings.has(link.mapping)) return;
    const file = `mappings/${link.mapping}`;
    const read = readJson(dataDir, file);
    if (!read.ok) {
      wrong.push(
        read.failure.reason === ABSENT
          ? {
              ...read.failure,
              file: SITE_FILE,
              path: `links[${index}].mapping`,
              reason: `${file} does not exist`,
            }
          : read.failure,
      );
      return;
    }
    const complaints = problemsOf(file, mappingSchema, read.value.data);
    if (complaints.length > 0) {
      wrong.push(...complaints);
      return;
    }
    const loaded = loadMapping(read.value.text, (text) =>
      sha256(createHash('sha256').update(text).digest('hex')),
    );
    if (loaded.ok) mappings.set(link.mapping, loaded.value);
    else
      wrong.push(...loaded.failure.map(({ path, message, hint }) => ({ file, path, reason: message, hint })));
  });
  return wrong.length > 0 ? fail(wrong) : ok({ settings, mappings });
}

const ABSENT = 'the file does not exist';

function readJson(
  dataDir: string,
  file: string,
): Result<{ readonly text: string; readonly data: unknown }, ConfigProblem> {
  const path = join(dataDir, file);
  let text: string;
  try {
    if (statSync(path).size > MAX_BYTES)
      return fail({ file, path: '', reason: 'the file is too large', hint: 'is it the right one?' });
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT')
      return fail({
        file,
        path: '',
        reason: ABSENT,
        hint: `create ${path}, or name another data folder with --data-dir`,
      });
    return code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      ? fail({ file, path: '', reason: 'the file is not UTF-8', hint: 'save it as UTF-8' })
      : fail({
          file,
          path: '',
          reason: `the file cannot be read (${code ?? 'unknown'})`,
          hint: 'check its rights',
        });
  }
  try {
    return ok({ text, data: JSON.parse(text.replace(/^\uFEFF/, '')) as unknown });
  } catch (error) {
    return fail({
      file,
      path: '',
      reason: `the file is not JSON: ${error instanceof Error ? error.message : ''}`,
      hint: 'look for a missing comma, quote or bracket, or a comma too many',
    });
  }
}
