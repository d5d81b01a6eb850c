import { ok, type Result } from '../../../shared/model/result.ts';
import { compileExpression, type Expression } from './expressions.ts';
import { fieldText, type Placed, type ValueContext } from './plan-row.ts';

/** An expression worked out over one row. */
export interface Evaluated {
  readonly result: ReturnType<Expression['run']>;
  /** What it read: `row.quantity`, and the text there. */
  readonly read: readonly (readonly [field: string, value: string | null])[];
}

/** Works an expression of the mapping out. Fails where a field cannot be read; pure. */
export function evaluate(
  at: Placed,
  cel: string,
  context: Pick<ValueContext, 'codes' | 'header' | 'user' | 'packetId' | 'company'>,
): Result<Evaluated> {
  const { header } = context;
  const expression = compileExpression(cel, context.codes, header === undefined ? 'header' : 'line');
  if (!expression.ok) throw new Error(`the mapping holds an expression that cannot be read: ${cel}`);
  const input = { row: new Map<string, string>(), header: new Map<string, string>() };
  const read: (readonly [string, string | null])[] = [];
  for (const [part, place] of [
    ['row', at],
    ['header', header],
  ] as const)
    for (const field of place === undefined ? [] : expression.value[part]) {
      const text = fieldText(place ?? at, field);
      if (!text.ok) return text;
      if (text.value !== undefined) input[part].set(field, text.value);
      read.push([`${part}.${field}`, text.value ?? null]);
    }
  const { user, packetId: id, company } = context;
  return ok({ result: expression.value.run({ ...input, packet: { user, id, company } }), read });
}
