import { createHash } from 'node:crypto';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { settingsSchema, type Settings } from '../../../shared/model/settings.ts';
import { loadMapping, type LoadedMapping } from '../../core/mapping/load-mapping.ts';
import { loadModel, type LoadedModel } from './model-files.ts';
import { problemsOf } from './problems.ts';
import { ABSENT, readJson } from './read-json.ts';

export interface LoadedSite {
  readonly settings: Settings;
  /** By file name, as links name them. */
  readonly mappings: ReadonlyMap<string, LoadedMapping>;
  /** By file name, as links name them. */
  readonly models: ReadonlyMap<string, LoadedModel>;
}

export const SITE_FILE = 'site.json';

/** Reads and checks the configuration of a data folder. All of it or the problems: nothing is half loaded. */
export function loadSite(dataDir: string): Result<LoadedSite, readonly ConfigProblem[]> {
  const site = readJson(dataDir, SITE_FILE);
  return site.ok ? checkSite(dataDir, site.value.data) : fail([site.failure]);
}

/** The same for the data of a `site.json` that is not on the disk: a draft, with the mappings that are there. */
export function checkSite(dataDir: string, data: unknown): Result<LoadedSite, readonly ConfigProblem[]> {
  const problems = problemsOf(SITE_FILE, settingsSchema, data);
  if (problems.length > 0) return fail(problems);
  const settings = settingsSchema.parse(data);

  const mappings = new Map<string, LoadedMapping>();
  const models = new Map<string, LoadedModel>();
  const wrong: ConfigProblem[] = [];
  settings.links.forEach(({ push: { model } }, index) => {
    if (models.has(model)) return;
    const loaded = loadModel(dataDir, model);
    if (loaded.ok) models.set(model, loaded.value);
    else
      wrong.push(
        ...loaded.failure.map((problem) =>
          problem.reason === ABSENT ? notThere(problem, `links[${index}].push.model`) : problem,
        ),
      );
  });
  settings.links.forEach((link, index) => {
    if (mappings.has(link.mapping)) return;
    const file = `mappings/${link.mapping}`;
    const read = readJson(dataDir, file);
    if (!read.ok) {
      wrong.push(
        read.failure.reason === ABSENT ? notThere(read.failure, `links[${index}].mapping`) : read.failure,
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
  return wrong.length > 0 ? fail(wrong) : ok({ settings, mappings, models });
}

/** Said of the place that names the file. */
const notThere = (problem: ConfigProblem, path: string): ConfigProblem => ({
  ...problem,
  file: SITE_FILE,
  path,
  reason: `${problem.file} does not exist`,
});
