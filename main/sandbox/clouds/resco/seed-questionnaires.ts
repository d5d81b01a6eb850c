import type { Seeder } from './control.ts';
import { stableId } from './metadata/document.ts';

interface Question {
  readonly name: string;
  /** 1 text, 2 number, 3 yes or no. */
  readonly kind: 1 | 2 | 3;
  readonly answer?: string | undefined;
}

interface Group {
  readonly name: string;
  readonly repeatable: boolean;
  readonly questions: readonly Question[];
  readonly groups?: readonly Group[] | undefined;
}

export interface QuestionnaireContent {
  readonly id: string;
  readonly name: string;
  readonly version?: number | undefined;
  /** Id of the template it answers; without one it is a template itself. */
  readonly template?: string | undefined;
  /** -1 pending, 0 active, 1 completed, 2 cancelled. */
  readonly completion?: number | undefined;
  readonly questions: readonly Question[];
  readonly groups: readonly Group[];
}

/** Puts one template or answered questionnaire in with its groups and questions. */
export function seedQuestionnaire(seeder: Seeder, content: QuestionnaireContent): void {
  const { id, template } = content;
  const own = { resco_questionnaireid: `resco_questionnaire:${id}` };
  seeder.create(
    'resco_questionnaire',
    {
      resco_name: content.name,
      resco_istemplate: template === undefined ? 'True' : 'False',
      ...(content.version === undefined ? {} : { resco_version: String(content.version) }),
      ...(template === undefined ? {} : { resco_templateid: `resco_questionnaire:${template}` }),
      ...(content.completion === undefined ? {} : { resco_completionstatus: String(content.completion) }),
    },
    id,
  );
  const putQuestions = (questions: readonly Question[], group: Record<string, string>): void => {
    for (const [place, { name, kind, answer }] of questions.entries())
      seeder.create('resco_question', {
        ...own,
        ...group,
        resco_name: name,
        resco_datatype: String(kind),
        resco_index: String(place),
        ...(answer === undefined ? {} : { resco_value: answer }),
      });
  };
  const putGroups = (groups: readonly Group[], parent: Record<string, string>): void => {
    for (const [place, { name, repeatable, questions, groups: inner = [] }] of groups.entries()) {
      const group = seeder.create('resco_questiongroup', {
        ...own,
        ...parent,
        resco_name: name,
        resco_repeatable: repeatable ? 'True' : 'False',
        resco_index: String(place),
      });
      putQuestions(questions, { resco_questiongroupid: `resco_questiongroup:${group}` });
      putGroups(inner, { resco_parentgroupid: `resco_questiongroup:${group}` });
    }
  };
  putQuestions(content.questions, {});
  putGroups(content.groups, {});
}

/** Two versions of one template, and as many visits as said, answered in turn for the one and the other. */
export function seedQuestionnaires(seeder: Seeder, answered: number): void {
  const templates = [1, 2].map((version) => stableId(`visit report template ${version}`));
  const content = (version: number, visit?: number): Pick<QuestionnaireContent, 'questions' | 'groups'> => {
    const answer = (text: string): string | undefined => (visit === undefined ? undefined : text);
    const row = (article: string, counted: string): Group => ({
      name: 'Stock check',
      repeatable: true,
      questions: [
        { name: 'Article', kind: 1, answer: answer(article) },
        { name: 'Counted', kind: 2, answer: answer(counted) },
      ],
    });
    return {
      questions: [
        { name: 'Arrived on time', kind: 3, answer: answer('true') },
        ...(version === 2 ? [{ name: 'Remarks?', kind: 1 as const, answer: answer('All fine.') }] : []),
      ],
      groups: [row('A-0001', String(visit ?? 0)), ...(visit === undefined ? [] : [row('A-0002', '0')])],
    };
  };
  for (const [place, id] of templates.entries())
    seedQuestionnaire(seeder, { id, name: 'Visit report', version: place + 1, ...content(place + 1) });
  for (let n = 1; n <= answered; n++) {
    const version = 1 + (n % 2);
    seedQuestionnaire(seeder, {
      id: stableId(`answered visit report ${n}`),
      name: `Visit report 2026-11-${String(1 + (n % 28)).padStart(2, '0')}`,
      template: templates[version - 1],
      completion: 1,
      ...content(version, n),
    });
  }
}
