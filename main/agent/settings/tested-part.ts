import type { ConfigProblem, HopTarget } from '../../../shared/contract/settings-requests.ts';
import { settingsSchema, type Settings } from '../../../shared/model/settings.ts';
import { fieldOf, listOf } from './raw-settings.ts';

/** What a test needs of the settings, or what is wrong with just that part of a draft. */
export type TestedPart =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'wrong'; readonly paths: readonly string[] }
  /** The draft has no such ERP or link. */
  | { readonly kind: 'absent' };

const SITE = { schemaVersion: 1, site: { name: 'test', timeZone: 'UTC' }, erps: [], links: [] };

/**
 * Settings with the part under test alone, so that a draft that is not finished elsewhere can be tried. Pure.
 */
export function testedPart(target: HopTarget, data: unknown): TestedPart {
  switch (target.kind) {
    case 'erp':
      return ofList(data, 'erps', target.erp, (erp) => ({ ...SITE, erps: [erp] }));
    case 'cloud':
      return ofList(data, 'links', target.link, (link) => ({
        ...SITE,
        erps: [{ id: 'test', server: 'test', database: 'test', user: 'test', timeZone: 'UTC' }],
        links: [
          {
            id: fieldOf(link, 'id'),
            kind: fieldOf(link, 'kind'),
            cloud: fieldOf(link, 'cloud'),
            erp: 'test',
            mapping: 'test.json',
            push: { users: { query: 'SELECT 1' } },
          },
        ],
      }));
    case 'mail':
    case 'webhook':
      return parsed({ ...SITE, alerts: fieldOf(data, 'alerts') ?? {} }, (path) => path);
  }
}

function ofList(
  data: unknown,
  name: 'erps' | 'links',
  id: string,
  around: (one: unknown) => unknown,
): TestedPart {
  const index = listOf(data, name).findIndex((one) => fieldOf(one, 'id') === id);
  if (index === -1) return { kind: 'absent' };
  return parsed(around(listOf(data, name)[index]), (path) => path.replace(`${name}[0]`, `${name}[${index}]`));
}

function parsed(data: unknown, place: (path: string) => string): TestedPart {
  const result = settingsSchema.safeParse(data);
  if (result.success) return { kind: 'settings', settings: result.data };
  return { kind: 'wrong', paths: result.error.issues.map(({ path }) => place(pathOf(path))) };
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');

/** Those of a draft's problems that are about the part under test; without words of their own, the places. */
export function problemsOfPart(
  target: HopTarget,
  data: unknown,
  paths: readonly string[],
  all: readonly ConfigProblem[],
): readonly ConfigProblem[] {
  const within = prefixOf(target, data);
  const about = all.filter(({ file, path }) => file === 'site.json' && path.startsWith(within));
  return about.length > 0
    ? about
    : paths.map((path) => ({ file: 'site.json', path, reason: 'this value is not accepted' }));
}

function prefixOf(target: HopTarget, data: unknown): string {
  const at = (name: string, id: string): string =>
    `${name}[${listOf(data, name).findIndex((one) => fieldOf(one, 'id') === id)}]`;
  if (target.kind === 'erp') return at('erps', target.erp);
  if (target.kind === 'cloud') return at('links', target.link);
  return 'alerts';
}
