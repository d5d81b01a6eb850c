import { parseFieldType, type FieldType } from '../../../../shared/model/field-type.ts';
import type { RecordEntity, RecordField, RecordMapping } from '../../../../shared/model/record-mapping.ts';
import { compileExpression, type Expression } from '../../mapping/expressions.ts';
import type { EntityShape, FieldShape, FieldTexts, RecordType, Side } from '../record-store.ts';
import type { Carried, Carry, EntityPlan, FieldPlan, References } from './entity-plan.ts';
import { canBecome, fitValue, type FitRules } from './fit-value.ts';

/** Why a mapped entity cannot be carried, where in the mapping, and what helps. */
export interface PlanProblem {
  readonly entity: string;
  readonly field: string;
  readonly message: string;
  readonly hint: string;
}

export interface CompiledEntity {
  readonly plan: EntityPlan;
  readonly problems: readonly PlanProblem[];
}

const TYPES: Readonly<Record<FieldType['kind'], RecordType>> = {
  text: 'text',
  decimal: 'decimal',
  int: 'int',
  bigint: 'bigint',
  bool: 'bool',
  datetime: 'instant',
  date: 'date',
  dateOfTime: 'date',
  guid: 'guid',
  binary: 'binary',
};

/**
 * One mapped entity with what both sides have of it. Fields with a problem are left out of the plan: with problems the entity
 * is not to be run. `zone`: in which a day of one side is a moment of the other. Pure.
 */
export function compileEntity(
  mapping: RecordMapping,
  entity: RecordEntity,
  shapes: Readonly<Record<Side, EntityShape>>,
  zone: string,
): CompiledEntity {
  const problems: PlanProblem[] = [];
  const fields: FieldPlan[] = [];
  for (const field of entity.fields) {
    const report = (message: string, hint: string): void => {
      problems.push({ entity: entity.entity, field: field.name, message, hint });
    };
    const plan = compileField(mapping, entity, field, { shapes, zone }, report);
    if (plan !== undefined) fields.push(plan);
  }
  const constants = new Map(Object.entries(entity.cloud.constants));
  const plan: EntityPlan = {
    entity: entity.entity,
    on: { erp: erpName(entity), cloud: entity.cloud.entity },
    fields,
    merge: entity.merge,
    owner: entity.owner,
    match: entity.match,
    may: { erp: entity.toErp, cloud: entity.toCloud },
    onDelete: { erp: entity.onDelete.inCloud, cloud: entity.onDelete.inErp },
    mark: {
      erp: entity.erp.mark === undefined ? undefined : valuesOf(entity.erp.mark),
      cloud: entity.cloud.mark === undefined ? undefined : new Map(Object.entries(entity.cloud.mark)),
    },
    constants: { erp: valuesOf(entity.erp.constants), cloud: constants },
    unpairedParent: entity.unpairedParent,
    foreignKey: entity.cloud.foreignKey,
  };
  return { plan, problems };
}

export const erpName = ({ erp }: RecordEntity): string => `${erp.table.schema}.${erp.table.name}`;

const valuesOf = (record: Readonly<Record<string, { readonly value: string }>>): FieldTexts =>
  new Map(Object.entries(record).map(([name, { value }]) => [name, value]));

type Report = (message: string, hint: string) => void;

function compileField(
  mapping: RecordMapping,
  entity: RecordEntity,
  field: RecordField,
  { shapes, zone }: { readonly shapes: Readonly<Record<Side, EntityShape>>; readonly zone: string },
  report: Report,
): FieldPlan | undefined {
  const type = parseFieldType(field.type);
  const onCloud = shapes.cloud.fields.find(({ name }) => name === field.cloud);
  const onErp = shapes.erp.fields.find(({ name }) => name.toLowerCase() === field.erp.toLowerCase());
  if (onErp === undefined) report(`${erpName(entity)} has no column ${field.erp}`, 'correct "erp"');
  if (onCloud === undefined) report(`${entity.cloud.entity} has no field ${field.cloud}`, 'correct "cloud"');
  if (onErp === undefined || onCloud === undefined || type === undefined) return undefined;
  const asErp: FieldShape = { ...onErp, type: TYPES[type.kind], length: type.length ?? onErp.length };
  const rules: FitRules = { tooLong: field.tooLong, zone };
  const codes = field.codes === undefined ? undefined : mapping.codes[field.codes];
  if (field.codes !== undefined && codes === undefined)
    report(`there is no code map "${field.codes}"`, 'name one of "codes"');
  const parent = mapping.entities.find((one) => one.entity === field.reference);
  if (field.reference !== undefined && parent === undefined)
    report(`no entity is called "${field.reference}"`, 'name one of "entities"');
  const made =
    parent === undefined
      ? plainWays({ entity, field, asErp, asCloud: onCloud, rules, codes, mapping }, report)
      : referenceWays(entity, field, parent);
  return {
    name: field.name,
    on: { erp: field.erp, cloud: field.cloud },
    direction: field.direction,
    owner: field.owner ?? entity.owner,
    group: field.group === undefined ? `field ${field.name}` : `group ${field.group}`,
    private: field.private,
    to: made,
    defaults: field.defaults,
  };
}

interface PlainField {
  readonly entity: RecordEntity;
  readonly field: RecordField;
  readonly asErp: FieldShape;
  readonly asCloud: FieldShape;
  readonly rules: FitRules;
  readonly codes: Readonly<Record<string, string>> | undefined;
  readonly mapping: RecordMapping;
}

function plainWays(given: PlainField, report: Report): Readonly<Record<Side, Carry>> {
  const { entity, field, asErp, asCloud, rules, codes, mapping } = given;
  const way = (from: Side): Carry => {
    const [source, target] = from === 'erp' ? [asErp, asCloud] : [asCloud, asErp];
    const cel = from === 'erp' ? field.toCloud : field.toErp;
    const column = from === 'erp' ? field.erp : field.cloud;
    const where = `${entity.entity}.${field.name}`;
    if (cel !== undefined) {
      const expression = compileExpression(cel.cel, mapping.codes, 'header');
      if (!expression.ok) {
        report(expression.failure.message, expression.failure.hint);
        return () => ({ kind: 'unknown' });
      }
      return byExpression(expression.value, where, (text) => fitted(text, 'text', target, rules, where));
    }
    const translate = codes === undefined ? undefined : codeMap(codes, from);
    const type = translate === undefined ? source.type : 'text';
    const used = field.direction === 'both' || field.direction === (from === 'erp' ? 'to-cloud' : 'to-erp');
    if (used && !canBecome(type, target.type))
      report(`${type} cannot become ${target.type}`, 'choose another type, an expression or a code map');
    return (values) => {
      const value = values.get(column);
      if (value === undefined) return { kind: 'unknown' };
      if (value === null) return { kind: 'value', value: null };
      if (translate === undefined) return fitted(value, type, target, rules, where);
      const code = translate.get(value);
      return code === undefined
        ? refused(
            'unmapped-code',
            where,
            field.name,
            `the code map has no ${JSON.stringify(value.slice(0, 60))}`,
          )
        : fitted(code, type, target, rules, where);
    };
  };
  return { cloud: way('erp'), erp: way('cloud') };
}

const codeMap = (codes: Readonly<Record<string, string>>, from: Side): ReadonlyMap<string, string> =>
  new Map(Object.entries(codes).map(([erp, cloud]) => (from === 'erp' ? [erp, cloud] : [cloud, erp])));

function fitted(value: string, from: RecordType, to: FieldShape, rules: FitRules, where: string): Carried {
  const made = fitValue(value, from, to, rules);
  return made.ok
    ? { kind: 'value', value: made.value.value, ...(made.value.cut ? { cut: true } : {}) }
    : refused(made.failure.code, where, to.name, made.failure.message);
}

function byExpression(expression: Expression, where: string, fit: (text: string) => Carried): Carry {
  return (values) => {
    const row = new Map(
      [...values].flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    );
    if (expression.row.some((name) => !values.has(name))) return { kind: 'unknown' };
    const made = expression.run({ row, header: new Map(), packet: { user: '', id: '', company: '' } });
    if (!made.ok) return refused(made.failure.code, where, '', made.failure.message);
    return made.value === null ? { kind: 'value', value: null } : fit(made.value);
  };
}

function referenceWays(
  entity: RecordEntity,
  field: RecordField,
  parent: RecordEntity,
): Readonly<Record<Side, Carry>> {
  const where = `${entity.entity}.${field.name}`;
  const prefix = `${parent.cloud.entity}:`;
  return {
    cloud: (values, references: References) => {
      const id = values.get(field.erp);
      if (id === undefined) return { kind: 'unknown' };
      if (id === null) return { kind: 'value', value: null };
      const other = references.other(parent.entity, 'erp', id);
      return other === undefined
        ? { kind: 'parent', entity: parent.entity, id }
        : { kind: 'value', value: `${prefix}${other}` };
    },
    erp: (values, references) => {
      const text = values.get(field.cloud);
      if (text === undefined) return { kind: 'unknown' };
      if (text === null) return { kind: 'value', value: null };
      if (!text.startsWith(prefix))
        return refused(
          'other-target',
          where,
          field.name,
          `it refers to ${JSON.stringify(text.slice(0, 60))}`,
        );
      const id = text.slice(prefix.length);
      const other = references.other(parent.entity, 'cloud', id);
      return other === undefined
        ? { kind: 'parent', entity: parent.entity, id }
        : { kind: 'value', value: other };
    },
  };
}

const refused = (code: string, where: string, field: string, message: string): Carried => ({
  kind: 'refused',
  failure: { kind: 'rejected', code, where, field, message },
});
