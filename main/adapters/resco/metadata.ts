import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { EntityShape, FieldShape, RecordType } from '../../core/records/record-store.ts';
import { descendantsNamed, type XmlNode } from '../protocols/xml-tree.ts';

/** What the metadata service says of an attribute. */
export interface RescoField {
  readonly name: string;
  /** Undefined: it is not carried, see `why`. */
  readonly type: RecordType | undefined;
  readonly why?: string | undefined;
  readonly shape: FieldShape | undefined;
  readonly rescoType: string;
}

export interface RescoEntity {
  readonly name: string;
  readonly key: string;
  readonly title: string;
  readonly fields: ReadonlyMap<string, RescoField>;
  /** The attribute that holds the row version. */
  readonly version: string | undefined;
  readonly modifiedOn: string | undefined;
  readonly modifiedBy: string | undefined;
  /** Why nothing of it is carried. */
  readonly why?: string | undefined;
  readonly shape: EntityShape;
}

export type RescoSchema = ReadonlyMap<string, RescoEntity>;

interface Raw {
  readonly name: string;
  readonly node: XmlNode;
  readonly parent: string | undefined;
  readonly attributes: ReadonlyMap<string, XmlNode>;
}

/** Every entity of the document, wherever it stands in it. The failure says why it is no metadata. Pure. */
export function readSchema(root: XmlNode): Result<RescoSchema, string> {
  const raw = new Map<string, Raw>();
  for (const node of descendantsNamed(root, 'Entity')) {
    const name = node.attributes.get('Name');
    if (name === undefined || name === '') return fail('an entity has no name');
    const attributes = new Map<string, XmlNode>();
    for (const attribute of descendantsNamed(node, 'Attribute')) {
      const own = attribute.attributes.get('Name');
      if (own === undefined || own === '') return fail(`an attribute of ${name} has no name`);
      attributes.set(own, attribute);
    }
    raw.set(name, { name, node, parent: node.attributes.get('EntityParent'), attributes });
  }
  if (raw.size === 0) return fail('it names no entity');
  return ok(new Map([...raw.values()].map((one) => [one.name, readEntity(one, raw)])));
}

const flags = (node: XmlNode, name: string): readonly string[] =>
  (node.attributes.get(name) ?? '').split(/[\s,;]+/).filter((flag) => flag !== '');

function readEntity(raw: Raw, all: ReadonlyMap<string, Raw>): RescoEntity {
  const { node, name } = raw;
  const key = node.attributes.get('PrimaryKeyName') ?? 'id';
  const title = node.attributes.get('PrimaryFieldName') ?? 'name';
  const intersect = flags(node, 'EntityAttributes').includes('Intersect');
  const why = intersect
    ? `${name} links records many to many, which is not carried`
    : name === 'activitymimeattachment'
      ? `${name} holds attachments, which are not carried`
      : undefined;
  const fields = new Map(
    [...inherited(raw, all)].map(([field, attribute]) => [
      field,
      readField(field, attribute, { key, entity: name }),
    ]),
  );
  const version = versionOf(fields);
  const has = (field: string): string | undefined => (fields.has(field) ? field : undefined);
  const carried = why === undefined ? [...fields.values()] : [];
  const remarks = [
    ...(why === undefined ? [] : [why]),
    ...carried.flatMap((field) => (field.why === undefined ? [] : [field.why])),
    ...(version === undefined
      ? [`${name} has no row version: changes are found by the moment of change, less surely`]
      : []),
  ];
  return {
    name,
    key,
    title,
    fields,
    version,
    modifiedOn: has('modifiedon'),
    modifiedBy: has('modifiedby'),
    why,
    shape: {
      entity: name,
      key: [key],
      title: has(title),
      fields: carried.flatMap(({ shape }) => shape ?? []),
      remarks,
    },
  };
}

/** Activities share the attributes of their parent, which need not be listed again. */
function inherited(
  raw: Raw,
  all: ReadonlyMap<string, Raw>,
  seen: ReadonlySet<string> = new Set(),
): ReadonlyMap<string, XmlNode> {
  const parent = raw.parent === undefined || seen.has(raw.name) ? undefined : all.get(raw.parent);
  if (parent === undefined) return raw.attributes;
  const parentKey = parent.node.attributes.get('PrimaryKeyName') ?? 'id';
  const key = raw.node.attributes.get('PrimaryKeyName') ?? 'id';
  const shared = [...inherited(parent, all, new Set([...seen, raw.name]))].filter(
    ([name]) => name !== parentKey || parentKey === key,
  );
  return new Map([...shared, ...raw.attributes]);
}

function versionOf(fields: ReadonlyMap<string, RescoField>): string | undefined {
  const typed = [...fields.values()].filter(({ rescoType }) => rescoType === 'RowVersion');
  if (typed.length === 1) return typed[0]?.name;
  return ['versionnumber', 'rowversion'].find((name) => fields.has(name));
}

const TYPES: Readonly<Record<string, RecordType>> = {
  UniqueIdentifier: 'guid',
  PrimaryKey: 'guid',
  String: 'text',
  Integer: 'int',
  Float: 'decimal',
  Double: 'decimal',
  Decimal: 'decimal',
  Money: 'decimal',
  DateTime: 'instant',
  Picklist: 'choice',
  PicklistMap: 'choice',
  Boolean: 'bool',
  Binary: 'binary',
  Lookup: 'reference',
  RowVersion: 'bigint',
};

/** Behaviour of a date, in the attribute `Precision`. */
const DATE_ONLY = '2';

function readField(
  name: string,
  node: XmlNode,
  { key, entity }: { readonly key: string; readonly entity: string },
): RescoField {
  const of = (attribute: string): string | undefined => node.attributes.get(attribute);
  const rescoType = of('Type') ?? (name === key ? 'UniqueIdentifier' : '');
  const refused = (what: string): RescoField => ({
    name,
    type: undefined,
    why: `${entity}.${name} ${what}, which is not carried`,
    shape: undefined,
    rescoType,
  });
  if (rescoType === 'PartyList') return refused('is a list of parties');
  if (
    of('IsBlobStorageEnabled')?.toLowerCase() === 'true' ||
    (entity === 'annotation' && name === 'documentbody')
  )
    return refused('is the body of an attachment');
  const plain = TYPES[rescoType];
  if (plain === undefined && rescoType !== '') return refused(`is of the type ${rescoType}`);
  const type = rescoType === 'DateTime' && of('Precision') === DATE_ONLY ? 'date' : (plain ?? 'text');
  const permissions = flags(node, 'Permissions');
  // Attributes of the system may say neither type nor permissions.
  const may = (what: string): boolean => rescoType !== '' && permissions.includes(what);
  const written = type !== 'bigint' || rescoType !== 'RowVersion';
  const scale = /^\d{1,2}$/.test(of('Precision') ?? '') ? Number(of('Precision')) : undefined;
  const length = /^[1-9]\d{0,8}$/.test(of('Length') ?? '') ? Number(of('Length')) : undefined;
  const shape: FieldShape = {
    name,
    type,
    length: type === 'text' ? length : undefined,
    scale: rescoType === 'Decimal' || rescoType === 'Money' ? scale : undefined,
    least: type === 'decimal' || type === 'int' ? decimalOf(of('Min')) : undefined,
    most: type === 'decimal' || type === 'int' ? decimalOf(of('Max')) : undefined,
    choices: type === 'choice' ? choicesOf(rescoType, of('OptionSetValues')) : undefined,
    targets: type === 'reference' ? listOf(of('LookupTargets')) : undefined,
    required: of('Required')?.toLowerCase() === 'true',
    can: {
      read: permissions.length === 0 || permissions.includes('Read'),
      create: written && may('Create'),
      update: written && may('Update') && name !== key,
      find: type !== 'binary' && !permissions.includes('NoQuery'),
    },
  };
  return { name, type, shape, rescoType };
}

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(';')
    .map((one) => one.trim())
    .filter((one) => one !== '');

function decimalOf(text: string | undefined): string | undefined {
  const value = text === undefined ? undefined : parseDecimal(text);
  return value === undefined ? undefined : shortestDecimal(value);
}

/** Of a map, the values of all states: the first number of a group is the state itself. */
function choicesOf(rescoType: string, text: string | undefined): readonly string[] | undefined {
  const groups = listOf(text);
  if (groups.length === 0) return undefined;
  const values = groups.flatMap((group) => {
    const numbers = group.split(',').map((one) => one.trim());
    return rescoType === 'PicklistMap' ? numbers.slice(1) : numbers;
  });
  const whole = values.filter((value) => /^-?\d+$/.test(value)).map((value) => String(BigInt(value)));
  return whole.length === 0 ? undefined : [...new Set(whole)];
}

/** The table that names deleted records, with its columns. */
export interface DeletionTable {
  readonly entity: string;
  readonly key: string;
  readonly entityName: string;
  readonly recordId: string;
  readonly version: string;
}

/** Its columns are not public: they are told by their types, and by their names where two have one type. Pure. */
export function deletionTableOf(schema: RescoSchema): DeletionTable | undefined {
  const table = schema.get('trackingdelete');
  if (table?.version === undefined) return undefined;
  const readable = [...table.fields.values()].filter(({ shape }) => shape?.can.read === true);
  const one = (types: readonly string[], words: RegExp): string | undefined => {
    const fit = readable.filter(({ name, rescoType }) => types.includes(rescoType) && name !== table.key);
    const [only, second] = fit;
    return second === undefined ? only?.name : fit.find(({ name }) => words.test(name))?.name;
  };
  const entityName = one(['String'], /entity|object|table/i);
  const recordId = one(['UniqueIdentifier', 'PrimaryKey'], /record|object|entity|deleted/i);
  return entityName === undefined || recordId === undefined
    ? undefined
    : { entity: table.name, key: table.key, entityName, recordId, version: table.version };
}
