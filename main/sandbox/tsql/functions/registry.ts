import { bindingError } from '../errors.ts';
import type { Binding, Compiled } from '../plan/context.ts';
import { DATE_FUNCTIONS } from './dates.ts';
import { NUMBER_FUNCTIONS } from './numbers.ts';
import type { Bind, Call } from './shape.ts';
import { SYSTEM_FUNCTIONS } from './system.ts';
import { TEXT_FUNCTIONS } from './text.ts';

const ALL: ReadonlyMap<string, Bind> = new Map(
  Object.entries({ ...TEXT_FUNCTIONS, ...NUMBER_FUNCTIONS, ...DATE_FUNCTIONS, ...SYSTEM_FUNCTIONS }),
);

/** Binds a call of a built-in function; a name that is none is error 195 (137 for @@names). */
export function bindFunction(call: Call, args: readonly Compiled[], binding: Binding): Compiled {
  const bind = ALL.get(call.name);
  if (bind) return bind(args, call, binding);
  if (call.name.startsWith('@@'))
    throw bindingError(137, `Must declare the scalar variable "${call.name}".`, 15);
  throw bindingError(195, `'${call.name.toLowerCase()}' is not a recognized built-in function name.`, 15);
}
