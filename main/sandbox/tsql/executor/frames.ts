import { SqlError, bindingError } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import { Table } from '../storage/schema-objects.ts';
import { resolveType } from '../types/sql-type.ts';
import type { FrameStart, Interp } from './interp.ts';
import { buildTable } from './schema-build.ts';
import type { Frame, Session } from './session.ts';

/** A frame on top of the session's frames. */
export function newFrame(session: Session, at: FrameStart): Frame {
  if (session.frames.length > 32)
    throw new SqlError(
      217,
      'Maximum stored procedure, function, trigger, or view nesting level exceeded (limit 32).',
      16,
      'batch',
    );
  const frame: Frame = {
    kind: at.kind,
    depth: session.frames.length,
    variables: new Map(),
    types: new Map(),
    tables: new Map(),
    temps: [],
    database: at.database ?? session.frames.at(-1)?.database ?? session.database,
    object: at.object,
    trigger: at.trigger,
    scopeIdentity: null,
    returned: 0,
  };
  session.frames.push(frame);
  return frame;
}

/** DECLARE holds for the whole batch, wherever it stands; the value is set when it is reached. */
export function hoist(interp: Interp, list: readonly Statement[], frame: Frame): void {
  for (const s of list) {
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- only these hold declarations
    switch (s.k) {
      case 'declare':
        for (const item of s.items) {
          if (frame.types.has(item.name))
            throw bindingError(134, `The variable name '${item.name}' has already been declared.`, 15);
          const type = resolveType(item.type, 1);
          frame.types.set(item.name, type);
          frame.variables.set(item.name, { type, value: null });
        }
        break;
      case 'declareTable': {
        const table = new Table({ schema: 'dbo', name: s.name, objectId: 0, created: 0, local: true });
        buildTable(
          {
            session: interp.session,
            database: frame.database,
            binding: interp.binding(frame),
            run: undefined,
          },
          undefined,
          table,
          s.body,
        );
        frame.tables.set(s.name, table);
        break;
      }
      case 'block':
        hoist(interp, s.body, frame);
        break;
      case 'if':
        hoist(interp, s.other ? [s.body, s.other] : [s.body], frame);
        break;
      case 'while':
        hoist(interp, [s.body], frame);
        break;
      case 'try':
        hoist(interp, [...s.body, ...s.handler], frame);
        break;
    }
  }
}
