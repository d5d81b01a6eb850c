import type { SqlParameter, SqlValue } from '../face.ts';
import { SqlError, refused } from '../errors.ts';
import type { AppLockMode, AppLockOwner } from '../locks.ts';
import type { Statement } from '../parser/ast.ts';
import { Scope } from '../plan/context.ts';
import { convertTo } from '../plan/convert-node.ts';
import { resolveName } from '../plan/names.ts';
import { addMember } from '../security/statements.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Procedure } from '../storage/schema-objects.ts';
import { INT, nvarchar, resolveType, plainText } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import type { Interp, Program } from './interp.ts';
import type { Frame } from './session.ts';

/** An argument with its value. `write` puts an OUTPUT value back where it came from. */
export interface Given {
  readonly name: string | undefined;
  readonly type: Type;
  readonly value: SqlValue;
  readonly output: boolean;
  readonly isDefault: boolean;
  /** NULL as written: it has no type, and fits every parameter. */
  readonly untyped?: boolean | undefined;
  readonly write: (value: SqlValue, type: Type) => void;
}

function convertOnce(value: SqlValue, from: Type, to: Type): SqlValue {
  return convertTo({ type: from, nullable: true, eval: () => value }, to).eval({} as never);
}

interface Formal {
  readonly name: string;
  readonly type: Type;
  readonly output: boolean;
  readonly hasDefault: boolean;
  readonly fallback: () => SqlValue;
}

/** Puts arguments into the frame's variables, by position and then by name. */
function bind(
  frame: Frame,
  procedure: string,
  formals: readonly Formal[],
  given: readonly Given[],
): { formal: Formal; given: Given | undefined }[] {
  const byFormal = new Map<Formal, Given>();
  given.forEach((g, i) => {
    const formal =
      g.name === undefined || g.name === ''
        ? formals[i]
        : formals.find((f) => f.name === g.name?.toLowerCase());
    if (!formal) {
      throw g.name
        ? new SqlError(8145, `${g.name} is not a parameter for procedure ${procedure}.`)
        : new SqlError(
            8144,
            `Procedure or function ${procedure} has too many arguments specified.`,
            16,
            'statement',
            2,
          );
    }
    if (byFormal.has(formal))
      throw new SqlError(8143, `Parameter '${formal.name}' was supplied multiple times.`);
    if (g.output && !formal.output)
      throw new SqlError(
        8162,
        `The formal parameter "${formal.name}" was not declared as an OUTPUT parameter, but the actual parameter passed in requested output.`,
      );
    byFormal.set(formal, g);
  });
  return formals.map((formal) => {
    const g = byFormal.get(formal);
    const missing = !g || g.isDefault;
    if (missing && !formal.hasDefault)
      throw new SqlError(
        201,
        `Procedure or function '${procedure}' expects parameter '${formal.name}', which was not supplied.`,
        16,
        'statement',
        4,
      );
    const value = missing ? formal.fallback() : g.untyped ? null : convertOnce(g.value, g.type, formal.type);
    frame.types.set(formal.name, formal.type);
    frame.variables.set(formal.name, { type: formal.type, value });
    return { formal, given: g };
  });
}

/** Runs a body in a frame of its own; afterwards OUTPUT arguments are written and the transaction count is compared. */
function* call(
  interp: Interp,
  frame: Frame,
  body: readonly Statement[],
  setup: () => { formal: Formal; given: Given | undefined }[],
): Program<number> {
  const { session } = interp;
  const { options, errors } = session;
  const before = {
    nocount: options.nocount,
    xactAbort: options.xactAbort,
    lockTimeout: options.lockTimeout,
    isolation: options.isolation,
  };
  const open = session.trancount;
  const errorDepth = errors.length;
  let bound: { formal: Formal; given: Given | undefined }[];
  try {
    bound = setup();
    interp.hoist(body, frame);
    yield* interp.scope(body, frame);
  } finally {
    while (session.frames.length > frame.depth) interp.endFrame(session.frame);
    // SET inside a procedure or dynamic text ends with it.
    Object.assign(options, before);
    errors.length = errorDepth;
  }
  for (const { formal, given } of bound) {
    const variable = frame.variables.get(formal.name);
    if (given?.output && formal.output && variable) given.write(variable.value, formal.type);
  }
  if (session.trancount !== open && !(options.xactAbort && session.trancount === 0)) {
    throw new SqlError(
      266,
      `Transaction count after EXECUTE indicates a mismatching number of BEGIN and COMMIT statements. Previous count = ${open}, current count = ${session.trancount}.`,
      16,
      'statement',
      2,
    );
  }
  return frame.returned;
}

export function* runProcedure(
  interp: Interp,
  procedure: Procedure,
  given: readonly Given[],
): Program<number> {
  const frame = interp.newFrame({ kind: 'procedure', body: procedure.body, object: procedure });
  const binding = interp.binding(frame);
  const formals: Formal[] = procedure.parameters.map((p) => ({
    name: p.name,
    type: p.resolved,
    output: p.output,
    hasDefault: p.fallback !== undefined,
    fallback: () =>
      p.fallback
        ? convertTo(binding.scalar(p.fallback, new Scope(null)), p.resolved).eval({} as never)
        : null,
  }));
  return yield* call(interp, frame, procedure.body, () => bind(frame, procedure.name, formals, given));
}

/** sp_executesql and EXEC ('text'): a scope of its own that sees none of the caller's variables. */
export function* executeText(
  interp: Interp,
  text: string,
  given: readonly Given[],
  caller: Frame,
  declaration = '',
): Program<number> {
  const { server } = interp.session;
  const body = server.parse(text, declaration);
  const parameters = declaration === '' ? [] : server.parseDeclaration(declaration);
  const formals: Formal[] = parameters.map((p) => ({
    name: p.name,
    type: resolveType(p.type, 1),
    output: p.output,
    hasDefault: p.fallback !== undefined,
    fallback: () => null,
  }));
  const frame = interp.newFrame({ kind: 'text', body, database: caller.database });
  const result = yield* call(interp, frame, body, () => bind(frame, 'sp_executesql', formals, given));
  return result;
}

type SystemProcedure = (interp: Interp, given: readonly Given[], frame: Frame) => Program<number>;

function named(given: readonly Given[], name: string, position: number): Given | undefined {
  return (
    given.find((g) => g.name?.toLowerCase() === name) ?? (given[position]?.name ? undefined : given[position])
  );
}
function text(g: Given | undefined): string | undefined {
  if (!g || g.value === null) return undefined;
  return plainText(convertOnce(g.value, g.type, nvarchar('max')));
}

const MODES: readonly AppLockMode[] = ['Shared', 'Update', 'IntentShared', 'IntentExclusive', 'Exclusive'];

function owner(given: Given | undefined): AppLockOwner | undefined {
  const name = (text(given) ?? 'Transaction').toLowerCase();
  return name === 'session' ? 'Session' : name === 'transaction' ? 'Transaction' : undefined;
}

const getAppLock: SystemProcedure = function* (interp, given, frame) {
  const { session } = interp;
  const resource = text(named(given, '@resource', 0));
  const mode = MODES.find((m) => m.toLowerCase() === text(named(given, '@lockmode', 1))?.toLowerCase());
  const who = owner(named(given, '@lockowner', 2));
  const timeoutGiven = named(given, '@locktimeout', 3);
  const timeout =
    timeoutGiven && timeoutGiven.value !== null
      ? Number(convertOnce(timeoutGiven.value, timeoutGiven.type, INT))
      : session.options.lockTimeout;
  if (resource === undefined || !mode || !who || timeout < -1) return -999;
  if (who === 'Transaction' && session.trancount === 0) return -999;
  const request = { resource: `${frame.database.id}:${resource.slice(0, 255)}`, owner: who, mode, timeout };
  if (session.server.appLocks.tryGrant({ ...request, party: session })) return 0;
  return Number(yield { k: 'applock', ...request });
};

const releaseAppLock: SystemProcedure = function* (interp, given, frame) {
  yield* [];
  const { session } = interp;
  const resource = text(named(given, '@resource', 0));
  const who = owner(named(given, '@lockowner', 1));
  if (resource === undefined || !who) return -999;
  if (session.server.appLocks.release(`${frame.database.id}:${resource.slice(0, 255)}`, session, who))
    return 0;
  throw new SqlError(
    1223,
    `Cannot release the application lock (Database Principal: 'public', Resource: '${resource}') because it is not currently held.`,
  );
};

const executeSql: SystemProcedure = function* (interp, given, frame) {
  const [statement, declaration, ...rest] = given;
  if (!statement)
    throw new SqlError(
      201,
      "Procedure or function 'sp_executesql' expects parameter '@statement', which was not supplied.",
    );
  return yield* executeText(
    interp,
    text(statement) ?? '',
    rest,
    frame,
    declaration ? (text(declaration) ?? '') : '',
  );
};

const addRoleMember: SystemProcedure = function* (interp, given, frame) {
  const role = text(named(given, '@rolename', 0)) ?? '';
  const member = text(named(given, '@membername', 1)) ?? '';
  yield* interp.atomic(frame, (w) => addMember(w, frame.database, role, member));
  return 0;
};

const SYSTEM_PROCEDURES: Readonly<Record<string, SystemProcedure>> = {
  sp_addrolemember: addRoleMember,
  sp_executesql: executeSql,
  sp_getapplock: getAppLock,
  sp_releaseapplock: releaseAppLock,
};

/** Runs a procedure by name: a built-in one, or one of the database. */
export function* runNamed(
  interp: Interp,
  name: readonly string[],
  given: readonly Given[],
  frame: Frame,
): Program<number> {
  const key = nameKey(name.at(-1) ?? '');
  const system = SYSTEM_PROCEDURES[key];
  if (system) return yield* system(interp, given, frame);
  const procedure = interp.procedureNamed(name, frame);
  if (procedure) {
    const at = interp.binding(frame);
    at.system.access?.checkExecute(resolveName(name, at).database, procedure, at.chain);
    return yield* runProcedure(interp, procedure, given);
  }
  if (/^(sp|xp)_/.test(key)) throw refused(`the system procedure ${key}`);
  throw new SqlError(2812, `Could not find stored procedure '${name.join('.')}'.`, 16, 'statement', 62);
}

/** EXEC in a batch. */
export function* callProcedure(interp: Interp, s: Statement & { k: 'exec' }, frame: Frame): Program<void> {
  const given: Given[] = [];
  for (const a of s.args) {
    const isDefault = a.value.k === 'default';
    const evaluated = isDefault ? { value: null, type: INT } : yield* interp.evaluate(frame, a.value);
    const { value } = a;
    given.push({
      name: a.name,
      type: evaluated.type,
      value: evaluated.value,
      output: a.output,
      isDefault,
      untyped: value.k === 'lit' && value.value === null,
      write: (v, type) => {
        if (value.k !== 'var')
          throw new SqlError(
            179,
            'Cannot use the OUTPUT option when passing a constant to a stored procedure.',
            15,
          );
        const target = interp.variable(value.name, frame);
        target.value = convertOnce(v, type, target.type);
      },
    });
  }
  let name: readonly string[];
  if (typeof s.procedure === 'string') {
    const variable = interp.variable(s.procedure, frame);
    name = plainText(variable.value ?? '')
      .split('.')
      .map((part) => part.replace(/^\[(.*)\]$/, '$1'));
  } else name = s.procedure;
  const status = yield* runNamed(interp, name, given, frame);
  if (s.result !== undefined) {
    const target = interp.variable(s.result, frame);
    target.value = convertOnce(status, INT, target.type);
  }
}

/** Arguments of a remote call. OUTPUT values go to the client. */
export function givenByClient(
  parameters: readonly SqlParameter[],
  send: (p: SqlParameter, value: SqlValue, type: Type) => void,
): Given[] {
  return parameters.map((p) => ({
    name: p.name === '' ? undefined : p.name,
    type: p.type,
    value: p.value,
    output: p.output,
    isDefault: false,
    write: (v, type) => send(p, v, type),
  }));
}
