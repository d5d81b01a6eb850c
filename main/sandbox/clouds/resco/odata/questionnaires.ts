import type { Attribute } from '../metadata/entity-types.ts';
import { tableOf } from '../state/store.ts';
import type { Row } from '../state/table.ts';
import type { World } from '../state/world.ts';
import { Digits } from './json.ts';
import type { Json } from './json.ts';

export interface QuestionnaireSet {
  readonly name: string;
  readonly title: string;
  /** The templates whose answers are in it: one version, or all of them. */
  readonly templates: readonly string[];
}

export type Answer = Readonly<Record<string, Json>>;

/** Spaces and special characters become `_`; a name that is taken already gets `_2`, `_3` and so on. */
export function adjusted(name: string, taken: Set<string>): string {
  const plain = name.replaceAll(/[^A-Za-z0-9_]/g, '_');
  let unique = plain;
  for (let n = 2; taken.has(unique); n++) unique = `${plain}_${n}`;
  taken.add(unique);
  return unique;
}

const rowsOf = (world: World, entity: string): Row[] => [...tableOf(world, entity).rows.values()];

/** A merged set for each template, and one for each of its versions. */
export function questionnaireSets(world: World): QuestionnaireSet[] {
  const byTitle = new Map<string, Row[]>();
  const templates = rowsOf(world, 'resco_questionnaire').filter(
    (row) => row.values['resco_istemplate'] === 'true',
  );
  for (const row of templates.sort((a, b) => (a.id < b.id ? -1 : 1))) {
    const title = row.values['resco_name'] ?? '';
    byTitle.set(title, [...(byTitle.get(title) ?? []), row]);
  }
  const taken = new Set<string>();
  return [...byTitle]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([title, versions]) => {
      const name = adjusted(title, taken);
      return [
        { name, title, templates: versions.map((row) => row.id) },
        ...versions.map((row) => {
          const version = row.values['resco_version'] ?? '1';
          return {
            name: adjusted(`${name}_v${version}`, taken),
            title: `${title} v${version}`,
            templates: [row.id],
          };
        }),
      ];
    });
}

/** The answered questionnaires of a set, each with its tree of answers, in the order of their ids. */
export function answersOf(world: World, set: QuestionnaireSet, only?: string): Answer[] {
  const wanted = new Set(set.templates.map((id) => `resco_questionnaire:${id}`));
  const questions = byQuestionnaire(rowsOf(world, 'resco_question'));
  const groups = byQuestionnaire(rowsOf(world, 'resco_questiongroup'));
  return rowsOf(world, 'resco_questionnaire')
    .filter(
      (row) => wanted.has(row.values['resco_templateid'] ?? '') && (only === undefined || row.id === only),
    )
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map((row) => ({
      id: row.id,
      name: row.values['resco_name'] ?? null,
      createdon: row.values['createdon'] ?? null,
      modifiedon: row.values['modifiedon'] ?? null,
      ...level(row, undefined, { questions: questions.get(row.id) ?? [], groups: groups.get(row.id) ?? [] }),
    }));
}

function byQuestionnaire(rows: readonly Row[]): Map<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const id = row.values['resco_questionnaireid']?.split(':')[1] ?? '';
    const list = found.get(id);
    if (list === undefined) found.set(id, [row]);
    else list.push(row);
  }
  for (const list of found.values())
    list.sort((a, b) => Number(a.values['resco_index'] ?? 0) - Number(b.values['resco_index'] ?? 0));
  return found;
}

interface Parts {
  readonly questions: readonly Row[];
  readonly groups: readonly Row[];
}

/** Answers and groups directly below one group, or below the questionnaire. */
function level(owner: Row, group: Row | undefined, parts: Parts): Record<string, Json> {
  const parent = group === undefined ? undefined : `resco_questiongroup:${group.id}`;
  const taken = new Set(group === undefined ? RECORD_FIELDS.map(({ name }) => name) : []);
  const json: Record<string, Json> = {};
  for (const question of parts.questions)
    if (question.values['resco_questiongroupid'] === parent)
      json[adjusted(question.values['resco_name'] ?? '', taken)] = answerValue(question);
  const repeated = new Map<string, { name: string; items: Json[] }>();
  for (const inner of parts.groups) {
    if (inner.values['resco_parentgroupid'] !== parent) continue;
    const title = inner.values['resco_name'] ?? '';
    const value = level(owner, inner, parts);
    if (inner.values['resco_repeatable'] !== 'true') {
      json[adjusted(title, taken)] = value;
      continue;
    }
    const list = repeated.get(title) ?? { name: adjusted(title, taken), items: [] };
    list.items.push(value);
    repeated.set(title, list);
    json[list.name] = list.items;
  }
  return json;
}

function answerValue({ values }: Row): Json {
  const text = values['resco_value'];
  if (text === undefined) return null;
  if (values['resco_datatype'] === '2' && /^-?\d+(\.\d+)?$/.test(text)) return new Digits(text);
  return values['resco_datatype'] === '3' ? text === 'true' : text;
}

/** What every answered questionnaire has besides its answers; filters may use these. */
export const RECORD_FIELDS: readonly Attribute[] = [
  { name: 'id', type: 'UniqueIdentifier', permissions: ['Read'] },
  { name: 'name', type: 'String', permissions: ['Read'] },
  { name: 'createdon', type: 'DateTime', permissions: ['Read'] },
  { name: 'modifiedon', type: 'DateTime', permissions: ['Read'] },
];
