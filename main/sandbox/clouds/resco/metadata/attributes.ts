import type { Attribute, Permission } from './entity-types.ts';

type Extra = Partial<Omit<Attribute, 'name' | 'type'>>;
const WRITABLE: readonly Permission[] = ['Read', 'Create', 'Update'];
const make =
  (type: Attribute['type'], fixed: Extra = {}) =>
  (name: string, extra: Extra = {}): Attribute => ({
    name,
    type,
    permissions: WRITABLE,
    ...fixed,
    ...extra,
  });

export const text = (name: string, length: number, extra: Extra = {}): Attribute =>
  make('String', { length })(name, extra);
export const integer = make('Integer', { min: '-2147483648', max: '2147483647' });
export const float = make('Float');
export const decimal = make('Decimal', { min: '-100000000000', max: '100000000000' });
export const money = make('Money', {
  precision: -2,
  min: '-922337203685477.5807',
  max: '922337203685477.5807',
});
export const bool = make('Boolean');
export const moment = make('DateTime', { precision: 1 });
export const date = make('DateTime', { precision: 2, format: 'DateOnly' });
export const binary = make('Binary');
export const parties = make('PartyList');
export const picklist = (
  name: string,
  options: Readonly<Record<number, string>>,
  extra: Extra = {},
): Attribute => make('Picklist', { options })(name, extra);
export const lookup = (name: string, targets: readonly string[], extra: Extra = {}): Attribute =>
  make('Lookup', { targets })(name, extra);

const SERVER: Extra = { system: true, permissions: ['Read'] };

/** What the server keeps about every record. */
export const STAMPS: readonly Attribute[] = [
  moment('createdon', { ...SERVER, precision: 1 }),
  lookup('createdby', ['systemuser'], SERVER),
  moment('modifiedon', { ...SERVER, precision: 1 }),
  lookup('modifiedby', ['systemuser'], SERVER),
];

export const OWNED: readonly Attribute[] = [
  ...STAMPS,
  lookup('ownerid', ['systemuser'], { system: true }),
  lookup('owningbusinessunit', ['businessunit'], SERVER),
];

/** State and reason; `map` as `[state, default reason, ...]`. */
export function status(
  states: Readonly<Record<number, string>>,
  reasons: Readonly<Record<number, string>>,
  map: readonly (readonly [number, ...number[]])[],
): readonly Attribute[] {
  return [
    picklist('statecode', states, { system: true, default: String(map[0]?.[0] ?? 0) }),
    {
      name: 'statuscode',
      type: 'PicklistMap',
      options: reasons,
      map,
      system: true,
      default: String(map[0]?.[1] ?? 1),
      permissions: WRITABLE,
    },
  ];
}

export const ACTIVE_OR_NOT: readonly Attribute[] = status(
  { 0: 'Active', 1: 'Inactive' },
  { 1: 'Active', 2: 'Inactive', 5: 'On hold' },
  [
    [0, 1, 5],
    [1, 2],
  ],
);
