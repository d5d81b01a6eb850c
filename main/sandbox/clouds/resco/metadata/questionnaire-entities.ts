import { OWNED, bool, integer, lookup, moment, picklist, text } from './attributes.ts';
import type { EntityDefinition } from './entity-types.ts';

/** What kind of answer a question takes. */
export const ANSWER_KINDS = { 1: 'Text', 2: 'Number', 3: 'Yes or no' } as const;

/** Templates and answered questionnaires in one table, with their groups and questions. */
export const QUESTIONNAIRE_ENTITIES: readonly EntityDefinition[] = [
  {
    name: 'resco_questionnaire',
    description: 'Questionnaires',
    key: 'resco_questionnaireid',
    title: 'resco_name',
    userOwned: true,
    attributes: [
      ...OWNED,
      text('resco_name', 200, { required: true }),
      bool('resco_istemplate', { default: 'False' }),
      integer('resco_version', { min: '1' }),
      lookup('resco_templateid', ['resco_questionnaire']),
      lookup('resco_regardingid', ['account', 'fs_workorder', 'fs_visitreport']),
      picklist('resco_completionstatus', { [-1]: 'Pending', 0: 'Active', 1: 'Completed', 2: 'Cancelled' }),
    ],
  },
  {
    name: 'resco_questiongroup',
    description: 'Question groups',
    key: 'resco_questiongroupid',
    title: 'resco_name',
    userOwned: true,
    attributes: [
      ...OWNED,
      text('resco_name', 200, { required: true }),
      lookup('resco_questionnaireid', ['resco_questionnaire'], { required: true, cascade: true }),
      lookup('resco_parentgroupid', ['resco_questiongroup'], { cascade: true }),
      bool('resco_repeatable', { default: 'False' }),
      integer('resco_index'),
    ],
  },
  {
    name: 'resco_question',
    description: 'Questions',
    key: 'resco_questionid',
    title: 'resco_name',
    userOwned: true,
    attributes: [
      ...OWNED,
      text('resco_name', 200, { required: true }),
      lookup('resco_questionnaireid', ['resco_questionnaire'], { required: true, cascade: true }),
      lookup('resco_questiongroupid', ['resco_questiongroup'], { cascade: true }),
      picklist('resco_datatype', ANSWER_KINDS),
      integer('resco_index'),
      text('resco_value', 4000),
      text('resco_valuelabel', 4000),
      moment('resco_answeredon'),
    ],
  },
];
