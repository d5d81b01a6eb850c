import { Big } from 'big.js';
import type { Attribute } from '../metadata/entity-types.ts';
import { RescoFault } from './fault.ts';
import type { Switches } from '../switches.ts';

export interface Party {
  readonly address?: string | undefined;
  /** `entity:guid`; empty for somebody known by address only. */
  readonly target: string;
}

/** A value as a request gives it. Null, like an empty element, clears. */
export interface Input {
  readonly text: string | null;
  readonly parties?: readonly Party[] | undefined;
}

const GUID = /^\{?([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\}?$/i;
// What XML 1.0 cannot carry would make answers that nobody can read.
// oxlint-disable-next-line no-control-regex
const UNCARRIED = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

/** In small letters, without braces; undefined when it is none. */
export const guidOf = (text: string): string | undefined => GUID.exec(text)?.[1]?.toLowerCase();

/** Splits `entity:guid` with or without a label. */
export function splitLookup(text: string): { entity: string; id: string } | undefined {
  const first = text.indexOf(':');
  if (first < 1) return undefined;
  const second = text.indexOf(':', first + 1);
  const id = guidOf(text.slice(first + 1, second < 0 ? undefined : second));
  return id === undefined ? undefined : { entity: text.slice(0, first), id };
}

/** The canonical text of a value as kept; undefined for null. Throws `RescoFault` for what the attribute cannot hold. */
export function canonical(attribute: Attribute, input: Input, switches: Switches): string | undefined {
  if (attribute.type === 'PartyList') return partyList(attribute, input);
  const { text } = input;
  if (text === null || text === '') return undefined;
  const refuse = (what: string): never => {
    throw new RescoFault(`${attribute.name}: '${shown(text)}' is ${what}`);
  };
  switch (attribute.type) {
    case 'String':
      return string(attribute, text, switches);
    case 'UniqueIdentifier':
      return guidOf(text) ?? refuse('no unique identifier');
    case 'Integer':
      if (!/^-?\d{1,10}$/.test(text) || Math.abs(Number(text)) > 2_147_483_648) return refuse('no integer');
      return String(Number(inRange(attribute, text)));
    case 'Float':
      if (!/^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)) return refuse('no number with a decimal point');
      return inRange(attribute, text);
    case 'Decimal':
    case 'Money':
      if (!/^-?\d+(\.\d+)?$/.test(text)) return refuse('no number with a decimal point');
      return inRange(attribute, text);
    case 'Boolean':
      if (/^(true|1)$/i.test(text)) return 'true';
      return /^(false|0)$/i.test(text) ? 'false' : refuse('neither True nor False');
    case 'DateTime':
      return instant(text) ?? refuse('no date and time of RFC 3339');
    case 'Picklist':
    case 'PicklistMap': {
      const known = /^-?\d+$/.test(text) && attribute.options?.[Number(text)] !== undefined;
      return known ? String(Number(text)) : refuse('not among its values');
    }
    case 'Lookup': {
      const target = splitLookup(text) ?? refuse('no lookup of the form entity:id');
      if (!(attribute.targets ?? []).includes(target.entity)) refuse('a lookup to an entity it may not have');
      return `${target.entity}:${target.id}`;
    }
    case 'Binary':
      return /^[A-Za-z0-9+/\s]*={0,2}$/.test(text) ? text.replaceAll(/\s/g, '') : refuse('not Base64');
    case 'RowVersion':
      return refuse('not to be written');
  }
}

function string(attribute: Attribute, text: string, switches: Switches): string {
  if (UNCARRIED.test(text)) throw new RescoFault(`${attribute.name} has a character that cannot be kept`);
  const { length } = attribute;
  if (length === undefined || text.length <= length) return text;
  if (switches.overLength === 'truncate') return text.slice(0, length);
  throw new RescoFault(`${attribute.name}: ${text.length} characters, at most ${length} are allowed`);
}

function inRange(attribute: Attribute, text: string): string {
  const { min, max } = attribute;
  const value = new Big(text);
  if ((min !== undefined && value.lt(min)) || (max !== undefined && value.gt(max)))
    throw new RescoFault(`${attribute.name}: ${shown(text)} is outside ${min ?? ''} to ${max ?? ''}`);
  return text;
}

const RFC3339 = /^(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?([Zz]|[+-]\d{2}:\d{2})?$/;

/** UTC to the second; a time without offset is UTC. Undefined when it is no date. */
export function instant(text: string): string | undefined {
  const [, day, time, , offset = 'Z'] = RFC3339.exec(text) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const local = Date.parse(`${day}T${time}Z`);
  // The 31st of a short month rolls over instead of failing.
  if (Number.isNaN(local) || !new Date(local).toISOString().startsWith(day)) return undefined;
  const ms = Date.parse(`${day}T${time}${offset.toUpperCase()}`);
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString().replace('.000Z', 'Z');
}

function partyList(attribute: Attribute, input: Input): string | undefined {
  if (input.parties === undefined) {
    if (input.text === null || input.text === '') return undefined;
    throw new RescoFault(`${attribute.name} takes party elements`);
  }
  for (const { address, target } of input.parties) {
    if (target === '' && address === undefined)
      throw new RescoFault(`${attribute.name}: a party has neither record nor address`);
    if (target !== '' && splitLookup(target) === undefined)
      throw new RescoFault(`${attribute.name}: '${shown(target)}' is no lookup of the form entity:id`);
  }
  return input.parties.length === 0 ? undefined : JSON.stringify(input.parties);
}

export const partiesOf = (text: string): readonly Party[] => JSON.parse(text) as Party[];

const shown = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}...` : text);
