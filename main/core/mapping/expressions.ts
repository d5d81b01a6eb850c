import { Environment } from '@marcbachmann/cel-js';
import type { Mapping } from '../../../shared/model/mapping.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { CONVERTER_NAMES } from './converters.ts';
import { EXPRESSION_FUNCTIONS, ExpressionRefusal, patternOf } from './expression-functions.ts';
import { nearestName } from './nearest-name.ts';

type Codes = Mapping['pull']['codes'];

export interface ExpressionProblem {
  readonly message: string;
  readonly hint: string;
}

/** Fields an expression reads, as it spells them. */
export interface ExpressionInput {
  readonly row: ReadonlyMap<string, string>;
  readonly header: ReadonlyMap<string, string>;
  readonly packet: { readonly user: string; readonly id: string; readonly company: string };
}

export interface Expression {
  readonly row: readonly string[];
  readonly header: readonly string[];
  /** What it gives, as far as that is known before it is worked out: `bool`, `string`, `dyn`. */
  readonly type: string;
  /** The result as text; null for none. Fails with code and words. Pure. */
  readonly run: (
    input: ExpressionInput,
  ) => Result<string | null, { readonly code: string; readonly message: string }>;
}

const LIMITS = {
  maxAstNodes: 300,
  maxDepth: 40,
  maxListElements: 100,
  maxMapEntries: 0,
  maxCallArguments: 4,
};
/** Characters of one field: an expression is for words and numbers, not for pictures. */
const MOST_FIELD_CHARS = 4000;
/** Each may take a few milliseconds on the longest text. */
const MOST_PATTERNS = 4;
const MOST_RESULT_CHARS = 100_000;

/** Nothing here loops, makes a floating-point number, or reads a clock. */
const CALLS: ReadonlySet<string> = new Set([
  ...EXPRESSION_FUNCTIONS.map(({ signature }) => /(\w+)\(/.exec(signature)?.[1] ?? ''),
  'codes',
  'has',
  'dyn',
  'size',
  'string',
  'int',
  'bool',
  'matches',
  'contains',
  'startsWith',
  'endsWith',
  'indexOf',
  'lastIndexOf',
  'substring',
]);
const CALL_NAMES = [...CALLS].filter((name) => name !== 'matchesPattern').sort();
const PACKET_FIELDS = new Set(['user', 'id', 'company']);

interface Engine {
  readonly environment: Environment;
  readonly compiled: Map<string, Result<Expression, ExpressionProblem>>;
}

/** An engine knows the code maps of its mapping; expressions are parsed once. */
const engines = new WeakMap<Codes, Engine>();

function engineOf(codes: Codes): Engine {
  const known = engines.get(codes);
  if (known !== undefined) return known;
  const environment = new Environment({ limits: LIMITS });
  for (const name of ['row', 'header', 'rowPresent', 'headerPresent', 'packet'])
    environment.registerVariable(name, name === 'packet' ? 'map<string, string>' : 'map<string, dyn>');
  for (const { signature, call } of EXPRESSION_FUNCTIONS) environment.registerFunction(signature, call);
  environment.registerFunction('codes(string, dyn): string', (name: unknown, value: unknown) =>
    decoded(codes, String(name), value),
  );
  const engine = { environment, compiled: new Map<string, Result<Expression, ExpressionProblem>>() };
  engines.set(codes, engine);
  return engine;
}

function decoded(codes: Codes, name: string, value: unknown): string {
  const map = Object.hasOwn(codes, name) ? codes[name] : undefined;
  const code = typeof value === 'bigint' ? value.toString() : value;
  if (typeof code !== 'string') throw new ExpressionRefusal(`there is no value for the code map "${name}"`);
  const trimmed = map !== undefined && Object.hasOwn(map, code) ? code : code.trim();
  const found = map !== undefined && Object.hasOwn(map, trimmed) ? map[trimmed] : undefined;
  if (found === undefined)
    throw new ExpressionRefusal(
      `${JSON.stringify(trimmed.slice(0, 60))} is not in the code map "${name}"`,
      'unmapped-code',
    );
  return found;
}

/** Parses and checks an expression of a mapping with these code maps. `place` says whether there is a `header`. */
export function compileExpression(
  source: string,
  codes: Codes,
  place: 'header' | 'line',
): Result<Expression, ExpressionProblem> {
  const { compiled, environment } = engineOf(codes);
  const key = `${place} ${source}`;
  const known = compiled.get(key);
  if (known !== undefined) return known;
  const made = compile(source, codes, place, environment);
  if (compiled.size < 2000) compiled.set(key, made);
  return made;
}

/** What the parser makes; its own type is not given to others. */
interface Ast {
  readonly op: string;
  args: unknown;
  readonly start?: number;
}
const isAst = (value: unknown): value is Ast =>
  typeof value === 'object' && value !== null && 'op' in value && 'args' in value;

class Unfit extends Error {
  readonly hint: string;

  constructor(message: string, hint: string, { start }: { readonly start?: number | undefined } = {}) {
    super(start === undefined ? message : `${message}, at character ${start + 1}`);
    this.hint = hint;
  }
}

function compile(
  source: string,
  codes: Codes,
  place: 'header' | 'line',
  environment: Environment,
): Result<Expression, ExpressionProblem> {
  try {
    const parsed = environment.parse(source);
    const fields = { row: new Set<string>(), header: new Set<string>() };
    const ast: unknown = parsed.ast;
    walk(ast, false, { codes, place, fields, patterns: { count: 0 } });
    const checked = parsed.check();
    if (!checked.valid) throw checked.error ?? new Error('it cannot be checked');
    const type = checked.type ?? 'dyn';
    if (!['string', 'int', 'uint', 'bool', 'dyn', 'null'].includes(type))
      throw new Unfit(`the result is ${type}`, 'make the result a text, a whole number or true or false');
    const [row, header] = [[...fields.row], [...fields.header]];
    return ok({ row, header, type, run: (input) => run(parsed, row, header, input) });
  } catch (error) {
    if (error instanceof Unfit) return fail({ message: error.message, hint: error.hint });
    return fail({ message: wordsOf(error), hint: 'correct the expression; docs/mapping.md shows how' });
  }
}

interface Walk {
  readonly codes: Codes;
  readonly place: 'header' | 'line';
  readonly fields: { readonly row: Set<string>; readonly header: Set<string> };
  readonly patterns: { count: number };
}

/** Collects the fields, refuses what is not allowed, and gives `has` and `matches` their meaning here. */
function walk(node: unknown, inHas: boolean, about: Walk): void {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, inHas, about);
    return;
  }
  if (!isAst(node)) return;
  const { op, args } = node;
  if (op === 'value') {
    if (typeof args === 'number')
      throw new Unfit('a number with a point is not exact', 'write it as text: add(row.price, "1.5")', node);
    return;
  }
  if (op === 'id') {
    if (args === 'row' || args === 'header')
      throw new Unfit(`"${args}" is used as a whole`, `name a field: ${args}.name`, node);
    if (args !== 'packet') {
      const near = nearestName(String(args), ['row', 'header', 'packet']);
      throw new Unfit(
        `there is no variable "${String(args)}"`,
        near === undefined ? 'use row, header (in lines) or packet' : `did you mean ${near}?`,
        node,
      );
    }
    return;
  }
  if ((op === '.' || op === '[]') && Array.isArray(args)) {
    const parts = args as readonly unknown[];
    if (access(parts[0], fieldName(op, parts[1]), inHas, about)) return;
    walk(args, false, about);
    return;
  }
  if ((op === 'call' || op === 'rcall') && Array.isArray(args)) {
    checkCall(node, args as unknown[], about);
    walk(args, args[0] === 'has', about);
    return;
  }
  walk(args, false, about);
}

function fieldName(op: string, part: unknown): string | undefined {
  if (op === '.') return typeof part === 'string' ? part : undefined;
  return isAst(part) && part.op === 'value' && typeof part.args === 'string' ? part.args : undefined;
}

/** True where it is a field of a variable. */
function access(left: unknown, field: string | undefined, inHas: boolean, about: Walk): boolean {
  if (!isAst(left) || left.op !== 'id') return false;
  const variable = left.args;
  if (variable === 'packet') {
    if (field !== undefined && PACKET_FIELDS.has(field)) return true;
    throw new Unfit(`packet has no "${field ?? '…'}"`, 'use packet.user, packet.id or packet.company', left);
  }
  if (variable !== 'row' && variable !== 'header') return false;
  if (field === undefined)
    throw new Unfit(
      'a field is named by a calculation',
      `name it: ${variable}.name or ${variable}["a name"]`,
      left,
    );
  if (variable === 'header' && about.place === 'header')
    throw new Unfit('a header has no header', 'use row here, and header in lines', left);
  about.fields[variable].add(field);
  // A field that is not there reads as null, and is not there for `has`: two views of one row.
  if (inHas) left.args = variable === 'row' ? 'rowPresent' : 'headerPresent';
  return true;
}

function checkCall(node: Ast, args: unknown[], about: Walk): void {
  const name = String(args[0]);
  if (!CALLS.has(name) || name === 'matchesPattern') {
    const near = nearestName(name, CALL_NAMES);
    const converter = CONVERTER_NAMES.includes(name) ? '; as a converter it stands in "convert"' : '';
    throw new Unfit(
      `there is no function "${name}"`,
      near === undefined ? `use one of ${CALL_NAMES.join(', ')}${converter}` : `did you mean ${near}?`,
      node,
    );
  }
  const given = (node.op === 'rcall' ? args[2] : args[1]) as readonly unknown[];
  const [first] = Array.isArray(given) ? given : [];
  const literal =
    isAst(first) && first.op === 'value' && typeof first.args === 'string' ? first.args : undefined;
  if (name === 'codes') {
    if (literal === undefined)
      throw new Unfit('the code map is not named', 'write codes("name", row.field)', node);
    if (!Object.hasOwn(about.codes, literal)) {
      const near = nearestName(literal, Object.keys(about.codes));
      throw new Unfit(
        `there is no code map "${literal}"`,
        near === undefined ? 'add it to pull.codes' : `did you mean ${near}?`,
        node,
      );
    }
  }
  if (name === 'matches') {
    const pattern = literal === undefined ? 'it is not written out' : patternOf(literal);
    if (typeof pattern === 'string')
      throw new Unfit(`the pattern cannot be used: ${pattern}`, 'write a plain pattern as a text', node);
    args[0] = 'matchesPattern';
    about.patterns.count += 1;
    if (about.patterns.count > MOST_PATTERNS)
      throw new Unfit('too many patterns', `use at most ${MOST_PATTERNS} in one expression`, node);
  }
}

function run(
  evaluate: (context: Record<string, unknown>) => unknown,
  row: readonly string[],
  header: readonly string[],
  input: ExpressionInput,
): ReturnType<Expression['run']> {
  const refused = (code: string, message: string): ReturnType<Expression['run']> => fail({ code, message });
  for (const [where, names, values] of [
    ['row', row, input.row],
    ['header', header, input.header],
  ] as const)
    for (const name of names)
      if ((values.get(name)?.length ?? 0) > MOST_FIELD_CHARS)
        return refused('expression-failed', `${where}.${name} has more than ${MOST_FIELD_CHARS} characters`);
  const { packet } = input;
  let value: unknown;
  try {
    value = evaluate({
      row: withNulls(row, input.row),
      header: withNulls(header, input.header),
      rowPresent: input.row,
      headerPresent: input.header,
      packet: new Map(Object.entries(packet)),
    });
  } catch (error) {
    if (error instanceof ExpressionRefusal) return refused(error.code, error.message);
    return refused('expression-failed', wordsOf(error));
  }
  switch (typeof value) {
    case 'string':
      return value.length > MOST_RESULT_CHARS
        ? refused('expression-failed', 'the result is too long')
        : ok(value);
    case 'bigint':
    case 'boolean':
      return ok(String(value));
    case 'number':
      return refused('expression-failed', 'the result is a floating-point number, which is not exact');
    default:
      return value === null ? ok(null) : refused('expression-failed', 'the result is no text');
  }
}

const withNulls = (
  names: readonly string[],
  values: ReadonlyMap<string, string>,
): ReadonlyMap<string, string | null> => new Map(names.map((name) => [name, values.get(name) ?? null]));

/** The library's sentence without the picture of the source it draws; with the place where it says one. */
function wordsOf(error: unknown): string {
  if (!(error instanceof Error)) return 'it cannot be worked out';
  const { summary, range } = error as {
    readonly summary?: unknown;
    readonly range?: { readonly start?: unknown };
  };
  const words = (typeof summary === 'string' ? summary : error.message).slice(0, 300);
  return typeof range?.start === 'number' ? `${words}, at character ${range.start + 1}` : words;
}
