import type { FieldType } from '../../../shared/model/field-type.ts';
import type { WriteCall } from '../../core/packets/erp.ts';
import { nameOf } from './compile-value.ts';
import {
  countByKey,
  insertIfNone,
  readByKey,
  refuseNull,
  refuseTwins,
  updateByKey,
} from './queries/unit-upsert.ts';
import type { Named } from './queries/unit-writes.ts';
import { Refused, type Scope } from './unit-scope.ts';

/** Variables for what a write gives back. */
export interface Returned {
  readonly key?: string | undefined;
  readonly number?: string | undefined;
}

export interface Wanted {
  readonly variable: string;
  /** Column of the row. */
  readonly name: string;
  readonly type: FieldType;
  /** Its column in the table variable an insert puts it into. */
  readonly as: string;
}

/** What is to be read of the row, the key first. */
export const wantedOf = (call: WriteCall, returned: Returned): readonly Wanted[] =>
  [
    { variable: returned.key, from: call.returnsKey, as: 'k' },
    { variable: returned.number, from: call.returnsNumber, as: 'n' },
  ].flatMap(({ variable, from, as }) =>
    variable === undefined || from === undefined ? [] : [{ variable, name: from.name, type: from.type, as }],
  );

export interface RowWrite {
  /** In the order of `call.values`. */
  readonly values: readonly Named[];
  /** The statements of a plain insert. */
  readonly insert: string;
}

/**
 * A guarded update, then an insert. Two writers may both find no row: where the key is unique one of them fails as a
 * duplicate, which is told from others by its step.
 */
export function writeByKey(
  scope: Scope,
  call: WriteCall,
  { values, insert }: RowWrite,
  returned: Returned,
): void {
  if (call.upsert === undefined) throw new Error('an upsert without its key');
  const { onExisting } = call.upsert;
  const key = keyOf(call, values);
  // What a header gave back is known to the server only.
  for (const one of key)
    if (one.expression === scope.keyVariable) scope.body.push(refuseNull(one.expression));
  const changes = values.filter((value) => !key.includes(value));
  scope.body.push(
    onExisting === 'update' && changes.length > 0
      ? updateByKey(call.target, key, changes)
      : countByKey(call.target, key),
    refuseTwins,
  );
  const wanted = wantedOf(call, returned).map(({ name, variable }) => ({ name, expression: variable }));
  scope.body.push(
    insertIfNone(insert, wanted.length === 0 ? undefined : readByKey(call.target, key, wanted)),
  );
}

function keyOf(call: WriteCall, values: readonly Named[]): readonly Named[] {
  const names = call.upsert?.key ?? [];
  return names.map((name) => {
    const found = values.find((value) => value.name.toLowerCase() === name.toLowerCase());
    if (found === undefined || found.expression === 'NULL')
      throw new Refused(
        'upsert-no-key',
        'the row has no value in a column of the key it is found by',
        nameOf(call),
        name,
      );
    return found;
  });
}
