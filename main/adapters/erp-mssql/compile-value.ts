import type { WriteCall, WriteValue } from '../../core/packets/erp.ts';
import { castOf, checkValue, type CheckedValue } from './sql-value.ts';
import { Refused, type Scope } from './unit-scope.ts';

/** How a target is called for people. */
export const nameOf = ({ target }: Pick<WriteCall, 'target'>): string => `${target.schema}.${target.name}`;

/** A value as SQL: a parameter cast to its type, never text of the statement. */
export function expression(scope: Scope, call: WriteCall, { name, type, value }: WriteValue): string {
  if (value === null) return 'NULL';
  if (typeof value !== 'string') return headerKey(scope, call, name);
  const checked = checkedText(call, name, value, type);
  return castOf(scope.p.add(checked.type, checked.value), type);
}

/** The variable with what the header gave back. */
export function headerKey(scope: Scope, call: WriteCall, name: string): string {
  if (scope.keyVariable === undefined)
    throw new Refused(
      'no-header-key',
      'the line wants the key of its header, which returns none',
      nameOf(call),
      name,
    );
  return scope.keyVariable;
}

/** A text that its declared type holds, or a refusal. */
export function checkedText(
  call: WriteCall,
  name: string,
  value: string,
  type: WriteValue['type'],
): Extract<CheckedValue, { ok: true }> {
  const checked = checkValue(value, type);
  if (!checked.ok) throw new Refused(checked.code, checked.message, nameOf(call), name);
  return checked;
}
