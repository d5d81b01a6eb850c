import type { Attribute, Entity } from '../metadata/entity-types.ts';
import { RescoFault, noRecord } from './fault.ts';
import { deleteRecord } from './delete.ts';
import { afterWrite } from './server-rules.ts';
import {
  attributeOf,
  demand,
  entityOf,
  find,
  lockedElsewhere,
  nextVersion,
  put,
  sees,
  tableOf,
  together,
} from './store.ts';
import { canonical, guidOf, splitLookup } from './values.ts';
import type { Input } from './values.ts';
import type { User, World } from './world.ts';

/** `UpdateOrCreate` is an update with `$create=true`, which no request can name. */
export type Action = 'Create' | 'Update' | 'Upsert' | 'UpdateOrCreate' | 'Delete';

export interface Write {
  readonly action: Action;
  readonly entity: string;
  readonly values: ReadonlyMap<string, Input>;
  /** Names of the key attributes where the request gives them. */
  readonly key?: readonly string[] | undefined;
}

export interface Written {
  readonly id: string;
  readonly created: boolean;
}

/** Performs one write with everything the server does about it, or nothing of it. Throws `RescoFault`. */
export function write(world: World, user: User, request: Write): Written {
  return together(world, () => {
    const entity = entityOf(world, request.entity);
    for (const name of request.values.keys()) attributeOf(entity, name);
    const id = identify(world, entity, request);
    if (id !== undefined && lockedElsewhere(world, entity.name, id))
      throw new RescoFault(`${entity.name} with id ${id} is locked by another transaction`);
    switch (request.action) {
      case 'Create':
        return create(world, user, entity, { ...request, id });
      case 'Update':
        return update(world, user, entity, { ...request, id });
      case 'Upsert':
      case 'UpdateOrCreate': {
        if (request.action === 'Upsert' && world.switches.upsert === 'fault')
          throw new RescoFault('Upsert is no action of this server');
        const known = id !== undefined && find(world, entity.name, id) !== undefined;
        return (known ? update : create)(world, user, entity, { ...request, id });
      }
      case 'Delete': {
        demand(world, user, entity.name, 'delete');
        if (id === undefined) throw new RescoFault(`the key of ${entity.name} is missing`);
        deleteRecord(world, user, entity, id);
        return { id, created: false };
      }
    }
  });
}

/** The record that the request is about: by its own key, or an intersect record by its pair. */
function identify(world: World, entity: Entity, request: Write): string | undefined {
  const names = request.key ?? [entity.key];
  if (entity.pair !== undefined && names.length === 2) {
    if (!names.every((name) => entity.pair?.includes(name)))
      throw new RescoFault(`${names.join(';')} is no key of ${entity.name}`);
    const wanted = names.map((name) => [name, lookupText(request.values.get(name)?.text)] as const);
    if (wanted.some(([, text]) => text === undefined))
      throw new RescoFault(`the key of ${entity.name} is missing`);
    for (const row of tableOf(world, entity.name).rows.values())
      if (wanted.every(([name, text]) => row.values[name] === text)) return row.id;
    return undefined;
  }
  if (names.length !== 1 || names[0] !== entity.key)
    throw new RescoFault(`${names.join(';')} is no key of ${entity.name}`);
  const text = request.values.get(entity.key)?.text ?? '';
  if (text === '') return undefined;
  const id = guidOf(text);
  if (id === undefined) throw new RescoFault(`${entity.key}: '${text}' is no unique identifier`);
  return id;
}

function lookupText(text: string | null | undefined): string | undefined {
  const target = splitLookup(text ?? '');
  return target === undefined ? undefined : `${target.entity}:${target.id}`;
}

type Identified = Write & { readonly id: string | undefined };

function create(world: World, user: User, entity: Entity, request: Identified): Written {
  demand(world, user, entity.name, 'create');
  const id = request.id ?? world.newId();
  if (find(world, entity.name, id) !== undefined)
    throw new RescoFault(`${entity.name} with id ${id} exists already`, { code: -2_147_220_937 });
  const values = accepted(world, entity, request, 'Create');
  settleStatus(entity, values, { ...values });
  for (const attribute of entity.all.values())
    if (attribute.default !== undefined && !request.values.has(attribute.name))
      values[attribute.name] ??= canonical(attribute, { text: attribute.default }, world.switches);
  if (entity.userOwned === true) {
    values['ownerid'] ??= `systemuser:${user.id}`;
    values['owningbusinessunit'] = `businessunit:${world.businessUnit}`;
  }
  checkRequired(entity, values);
  checkPair(world, entity, values);
  stamp(world, entity, values, user, true);
  const row = { id, version: nextVersion(world), values: withoutNulls(values) };
  put(world, entity.name, row);
  afterWrite(world, entity, row, 'create');
  return { id, created: true };
}

function update(world: World, user: User, entity: Entity, request: Identified): Written {
  demand(world, user, entity.name, 'write');
  const { id } = request;
  if (id === undefined) throw new RescoFault(`the key of ${entity.name} is missing`);
  const before = find(world, entity.name, id);
  if (before === undefined || !sees(user, entity, before)) throw noRecord(entity.name, id);
  const changes = accepted(world, entity, request, 'Update');
  const values: Record<string, string | undefined> = { ...before.values, ...changes };
  settleStatus(entity, values, changes);
  checkRequired(entity, values);
  const changed = Object.keys(values).some((name) => values[name] !== before.values[name]);
  if (!changed && !world.switches.touchOnNoChange) return { id, created: false };
  stamp(world, entity, values, user, false);
  const row = { id, version: nextVersion(world), values: withoutNulls(values) };
  put(world, entity.name, row);
  afterWrite(world, entity, row, 'update');
  return { id, created: false };
}

type Values = Record<string, string | undefined>;

/** What the request may set, in canonical form. */
function accepted(world: World, entity: Entity, request: Write, permission: 'Create' | 'Update'): Values {
  const values: Values = {};
  for (const [name, input] of request.values) {
    if (name === entity.key) continue;
    const attribute = attributeOf(entity, name);
    if (!attribute.permissions.includes(permission)) {
      if (world.switches.readOnlyWrite === 'fault') throw new RescoFault(`${name} is read-only`);
      continue;
    }
    const value = canonical(attribute, input, world.switches);
    if (value !== undefined && attribute.type === 'Lookup') checkTarget(world, attribute, value);
    values[name] = value;
  }
  return values;
}

function checkTarget(world: World, attribute: Attribute, value: string): void {
  const target = splitLookup(value);
  if (target === undefined || world.switches.danglingLookup === 'accept') return;
  if (find(world, target.entity, target.id) === undefined)
    throw new RescoFault(`${attribute.name}: ${noRecord(target.entity, target.id).message}`);
}

/** A reason brings its state with it; a state alone brings its first reason, unless its reason fits already. */
function settleStatus(entity: Entity, values: Values, changes: Values): void {
  const map = entity.all.get('statuscode')?.map;
  if (map === undefined) return;
  const groupOf = (state: string | undefined) => map.find(([number]) => String(number) === state);
  const fits = (): boolean =>
    groupOf(values['statecode'])?.slice(1).includes(Number(values['statuscode'])) === true;
  const { statuscode: reason, statecode: state } = changes;
  if (reason !== undefined && state === undefined) {
    const owner = map.find(([, ...reasons]) => reasons.includes(Number(reason)));
    values['statecode'] = owner === undefined ? undefined : String(owner[0]);
  } else if (reason === undefined && !('statuscode' in changes)) {
    values['statecode'] ??= String(map[0]?.[0] ?? 0);
    if (!fits()) values['statuscode'] = String(groupOf(values['statecode'])?.[1] ?? '');
  }
  if (!fits())
    throw new RescoFault(
      `statuscode ${values['statuscode'] ?? ''} does not belong to statecode ${values['statecode'] ?? ''}`,
    );
}

function checkRequired(entity: Entity, values: Values): void {
  for (const { name, required, type } of entity.all.values())
    if (required === true && type !== 'UniqueIdentifier' && values[name] === undefined)
      throw new RescoFault(`${name} of ${entity.name} is required`);
}

function checkPair(world: World, entity: Entity, values: Values): void {
  const { pair } = entity;
  if (pair === undefined) return;
  for (const row of tableOf(world, entity.name).rows.values())
    if (pair.every((name) => row.values[name] === values[name]))
      throw new RescoFault(`${entity.name} has this pair already`, { code: -2_147_220_937 });
}

function stamp(world: World, entity: Entity, values: Values, user: User, created: boolean): void {
  const now = new Date(world.now()).toISOString().replace(/\.\d+Z$/, 'Z');
  const who = `systemuser:${user.id}`;
  const set = (name: string, value: string): void => {
    if (entity.all.has(name)) values[name] = value;
  };
  if (created) {
    set('createdon', now);
    set('createdby', who);
  }
  set('modifiedon', now);
  set('modifiedby', who);
}

function withoutNulls(values: Values): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) if (value !== undefined) kept[name] = value;
  return kept;
}
