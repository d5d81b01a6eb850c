import { sqlTokens, type Token } from './sql-tokens.ts';
import {
  AFTER_FROM,
  BEFORE_GROUP,
  CLOCK_FUNCTIONS,
  CLOCK_WORDS,
  FOR_OPTIONS,
  HARMLESS_HINTS,
  JOIN_WORDS,
  NOT_UNDERSTOOD,
  PURE_FUNCTIONS,
  SET_OPERATORS,
  TYPES,
} from './sql-words.ts';

/** As written; without a schema it is whatever the server finds under that name. */
export interface ObjectName {
  readonly schema?: string | undefined;
  readonly name: string;
}

/** What a text names after its FROMs. `unknown`: not all of it was understood, so no list is given. */
export type Named =
  | {
      readonly kind: 'known';
      readonly objects: readonly ObjectName[];
      /** Whether the clock, the session or chance has a say in what it gives. */
      readonly clock: boolean;
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** What a SELECT (or a query with CTEs) reads directly. Pure; never a list that lacks something. */
export const namedInSelect = (text: string): Named => named(text, (walk, tokens) => walk.query(tokens, []));

/** The same for the text of a view, from CREATE on. */
export const namedInView = (text: string): Named =>
  named(text, (walk, tokens) => walk.query(viewBody(tokens), []));

/** The same for an expression, such as that of a computed column. */
export const namedInExpression = (text: string): Named =>
  named(text, (walk, tokens) => walk.expression(tokens, []));

class NotUnderstood extends Error {}

function named(text: string, read: (walk: Walk, tokens: readonly Token[]) => void): Named {
  const tokens = sqlTokens(text);
  if (tokens === undefined) return { kind: 'unknown', why: 'the text' };
  const walk = new Walk();
  try {
    read(walk, tokens);
  } catch (error) {
    if (!(error instanceof NotUnderstood)) throw error;
    return { kind: 'unknown', why: error.message };
  }
  return { kind: 'known', objects: walk.objects, clock: walk.clock };
}

function refuse(token: Token | undefined): never {
  if (token === undefined) throw new NotUnderstood('the end');
  throw new NotUnderstood('text' in token ? token.text : token.kind);
}

const isWord = (token: Token | undefined, ...words: readonly string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);
const isIn = (token: Token | undefined, words: ReadonlySet<string>): boolean =>
  token?.kind === 'word' && words.has(token.text);
const isSymbol = (token: Token | undefined, text: string): boolean =>
  token?.kind === 'symbol' && token.text === text;
const nameOf = (token: Token | undefined): string | undefined =>
  token?.kind === 'quoted' ? token.text : token?.kind === 'word' ? token.spelled : undefined;

/** `CREATE [OR ALTER] VIEW name [(columns)] [WITH attributes] AS body [WITH CHECK OPTION]`. */
function viewBody(tokens: readonly Token[]): readonly Token[] {
  if (!isWord(tokens[0], 'CREATE')) refuse(tokens[0]);
  const at = tokens.findIndex((token) => isWord(token, 'AS'));
  if (at < 0 || !tokens.slice(0, at).some((token) => isWord(token, 'VIEW'))) refuse(tokens[1]);
  const body = tokens.slice(at + 1);
  while (isSymbol(body.at(-1), ';')) body.pop();
  if (isWord(body.at(-1), 'OPTION') && isWord(body.at(-2), 'CHECK') && isWord(body.at(-3), 'WITH'))
    body.splice(-3);
  return body;
}

/** Walks every token once: each is either understood, or the whole text is not. */
class Walk {
  readonly objects: ObjectName[] = [];
  clock = false;

  query(given: readonly Token[], outer: readonly string[]): void {
    const tokens = [...given];
    while (isSymbol(tokens[0], ';')) tokens.shift();
    while (isSymbol(tokens.at(-1), ';')) tokens.pop();
    const { at: start, ctes } = this.#ctes(tokens, outer);
    let at = start;
    let before: 'start' | 'set' | 'select' | 'query' = 'start';
    while (at < tokens.length) {
      const token = tokens[at];
      if ((before === 'start' || before === 'set') && !isWord(token, 'ALL')) {
        if (isWord(token, 'SELECT')) before = 'select';
        else if (token?.kind === 'group') {
          this.query(token.tokens, ctes);
          before = 'query';
        } else refuse(token);
        at += 1;
      } else if (isIn(token, SET_OPERATORS)) {
        before = 'set';
        at += 1;
      } else if (isWord(token, 'FROM') && !isDistinctFrom(tokens, at)) {
        at = this.#from(tokens, at + 1, ctes);
      } else if (isWord(token, 'FOR')) {
        if (!isWord(tokens[at + 1], 'XML', 'JSON', 'BROWSE')) refuse(tokens[at + 1]);
        at += 2;
        for (; at < tokens.length; at += 1) {
          const option = tokens[at];
          const plain = option?.kind === 'group' && option.tokens.every(({ kind }) => kind === 'literal');
          if (!plain && !isSymbol(option, ',') && !isIn(option, FOR_OPTIONS)) refuse(option);
        }
      } else if (isWord(token, 'SELECT') || before === 'start') refuse(token);
      else at = this.#term(tokens, at, ctes);
    }
    if (before === 'start' || before === 'set') refuse(undefined);
  }

  expression(tokens: readonly Token[], ctes: readonly string[]): void {
    for (let at = 0; at < tokens.length;) {
      const token = tokens[at];
      if (isWord(token, 'SELECT', 'FOR') || (isWord(token, 'FROM') && !isDistinctFrom(tokens, at)))
        refuse(token);
      at = this.#term(tokens, at, ctes);
    }
  }

  #ctes(
    tokens: readonly Token[],
    outer: readonly string[],
  ): { readonly at: number; readonly ctes: readonly string[] } {
    if (!isWord(tokens[0], 'WITH')) return { at: 0, ctes: outer };
    let ctes = outer;
    let at = 0;
    do {
      at += 1;
      const name = nameOf(tokens[at]);
      if (name === undefined || isWord(tokens[at], 'XMLNAMESPACES')) refuse(tokens[at]);
      at += 1;
      if (tokens[at]?.kind === 'group') at += 1;
      const body = tokens[at + 1];
      if (!isWord(tokens[at], 'AS') || body?.kind !== 'group') refuse(tokens[at]);
      // It knows those before it, and itself where it is recursive; a later one hides no table from it.
      const recursive = body.tokens.some((token) => isWord(token, 'UNION'));
      this.query(body.tokens, recursive ? [...ctes, name] : ctes);
      ctes = [...ctes, name];
      at += 2;
    } while (isSymbol(tokens[at], ','));
    return { at, ctes };
  }

  /** One token of an expression, or a name with its parts and arguments. Returns where to go on. */
  #term(tokens: readonly Token[], at: number, ctes: readonly string[]): number {
    const token = tokens[at];
    switch (token?.kind) {
      case 'literal':
        return at + 1;
      case 'group':
        this.#group(token.tokens, ctes);
        return isXmlMethod(tokens, at + 1) ? at + 4 : at + 1;
      case 'symbol':
        // A star may be all columns of a name; a dot stands only inside a name.
        if (token.text === '.' || token.text === ';') refuse(token);
        return at + 1;
      case 'variable':
        if (token.text.startsWith('@@')) this.clock = true;
        if (isSymbol(tokens[at + 1], '.') || tokens[at + 1]?.kind === 'group') refuse(token);
        return at + 1;
      case 'word':
      case 'quoted':
        return this.#name(tokens, at, ctes);
      case undefined:
        return refuse(token);
      default:
        return token satisfies never;
    }
  }

  #name(tokens: readonly Token[], from: number, ctes: readonly string[]): number {
    const token = tokens[from];
    let at = from;
    while (isSymbol(tokens[at + 1], '.')) {
      at += 2;
      if (isSymbol(tokens[at], '.')) at -= 1;
      else if (isSymbol(tokens[at], '*')) return at + 1;
      else if (nameOf(tokens[at]) === undefined) refuse(tokens[at]);
    }
    const next = tokens[at + 1];
    if (at > from || token?.kind !== 'word') {
      // A column. With arguments it is a function of the database or a method, unless it is a type in brackets.
      const type = at === from && token?.kind === 'quoted' && TYPES.has(token.text.toUpperCase());
      if (next?.kind === 'group' && !type) refuse(token);
      return at + 1;
    }
    if (NOT_UNDERSTOOD.has(token.text)) refuse(token);
    if (token.text === 'NEXT' && isWord(next, 'VALUE')) refuse(token);
    if (CLOCK_WORDS.has(token.text)) this.clock = true;
    if (next?.kind !== 'group') return at + 1;
    if (CLOCK_FUNCTIONS.has(token.text)) this.clock = true;
    else if (token.text === 'TRIM') {
      this.expression(
        next.tokens.filter((one) => !isWord(one, 'FROM', 'LEADING', 'TRAILING', 'BOTH')),
        ctes,
      );
      return at + 2;
    } else if (!PURE_FUNCTIONS.has(token.text) && !TYPES.has(token.text) && !BEFORE_GROUP.has(token.text))
      refuse(token);
    return at + 1;
  }

  #group(tokens: readonly Token[], ctes: readonly string[]): void {
    if (isQuery(tokens)) this.query(tokens, ctes);
    else this.expression(tokens, ctes);
  }

  /** Table sources with their joins, up to the end of the clause. Returns where it ended. */
  #from(tokens: readonly Token[], start: number, ctes: readonly string[]): number {
    let at = this.#source(tokens, start, ctes);
    while (at < tokens.length && !isIn(tokens[at], AFTER_FROM)) {
      const token = tokens[at];
      if (isSymbol(token, ',')) at = this.#source(tokens, at + 1, ctes);
      else if (isWord(token, 'ON')) {
        at += 1;
        while (at < tokens.length && !this.#endsCondition(tokens, at)) {
          if (isWord(tokens[at], 'FROM')) {
            if (!isDistinctFrom(tokens, at)) refuse(tokens[at]);
            at += 1;
          } else at = this.#term(tokens, at, ctes);
        }
      } else if (isIn(token, JOIN_WORDS)) {
        while (isIn(tokens[at], JOIN_WORDS) && !isWord(tokens[at], 'JOIN', 'APPLY')) at += 1;
        if (!isWord(tokens[at], 'JOIN', 'APPLY')) refuse(tokens[at]);
        at = this.#source(tokens, at + 1, ctes);
      } else refuse(token);
    }
    return at;
  }

  #endsCondition(tokens: readonly Token[], at: number): boolean {
    const token = tokens[at];
    if (isSymbol(token, ',') || isWord(token, 'ON') || isIn(token, AFTER_FROM)) return true;
    // LEFT and RIGHT are functions too.
    if (isWord(token, 'LEFT', 'RIGHT') && tokens[at + 1]?.kind === 'group') return false;
    return isIn(token, JOIN_WORDS);
  }

  #source(tokens: readonly Token[], start: number, ctes: readonly string[]): number {
    const token = tokens[start];
    let at: number;
    if (token?.kind === 'group') {
      at = start + 1;
      if (isWord(token.tokens[0], 'VALUES')) this.expression(token.tokens, ctes);
      else if (isQuery(token.tokens)) this.query(token.tokens, ctes);
      else if (this.#from(token.tokens, 0, ctes) !== token.tokens.length) refuse(token);
    } else at = this.#object(tokens, start, ctes);
    return this.#decoration(tokens, at, token?.kind === 'group');
  }

  #object(tokens: readonly Token[], start: number, ctes: readonly string[]): number {
    const parts: string[] = [];
    let at = start;
    for (;;) {
      const token = tokens[at];
      const part = nameOf(token);
      // `#` is a temporary table; a word that means something is no name, even where the server would take it for one.
      if (part === undefined || part.startsWith('#') || isReserved(token)) return refuse(token);
      parts.push(part);
      at += 1;
      if (!isSymbol(tokens[at], '.')) break;
      at += 1;
    }
    const [first = '', second] = parts;
    // With more parts it is in another database, or on another server.
    if (parts.length > 2 || tokens[at]?.kind === 'group') return refuse(tokens[start]);
    if (second !== undefined) this.objects.push({ schema: first, name: second });
    else if (!ctes.includes(first)) this.objects.push({ name: first });
    return at;
  }

  /** Alias, its columns, hints. */
  #decoration(tokens: readonly Token[], start: number, derived: boolean): number {
    let at = start;
    if (isWord(tokens[at], 'AS')) {
      at += 1;
      if (nameOf(tokens[at]) === undefined) refuse(tokens[at]);
      at += 1;
    } else if (tokens[at]?.kind === 'quoted' || (tokens[at]?.kind === 'word' && !isReserved(tokens[at])))
      at += 1;
    const columns = tokens[at];
    if (columns?.kind === 'group') {
      // Behind a table it is a hint in an old form: `t AS x (NOLOCK)`.
      if (!derived) refuse(columns);
      if (columns.tokens.some((one) => nameOf(one) === undefined && !isSymbol(one, ','))) refuse(columns);
      at += 1;
    }
    const hints = tokens[at + 1];
    if (isWord(tokens[at], 'WITH') && hints?.kind === 'group') {
      for (const hint of hints.tokens)
        if (
          hint.kind === 'word'
            ? !HARMLESS_HINTS.has(hint.text) && !indexName(hints.tokens, hint)
            : hint.kind === 'variable'
        )
          refuse(hint);
      at += 2;
    }
    return at;
  }
}

/** `(SELECT ... FOR XML PATH(''), TYPE).value('.', 'nvarchar(max)')`: takes a text out of what is there already. */
const isXmlMethod = (tokens: readonly Token[], at: number): boolean => {
  const given = tokens[at + 2];
  return (
    isSymbol(tokens[at], '.') &&
    isWord(tokens[at + 1], 'VALUE') &&
    given?.kind === 'group' &&
    given.tokens.every((one) => one.kind === 'literal' || isSymbol(one, ','))
  );
};

/** `INDEX = name`; names in parentheses are a group and no words here. */
function indexName(tokens: readonly Token[], hint: Token): boolean {
  const at = tokens.indexOf(hint);
  return isSymbol(tokens[at - 1], '=') && isWord(tokens[at - 2], 'INDEX');
}

const isReserved = (token: Token | undefined): boolean =>
  isIn(token, AFTER_FROM) ||
  isIn(token, JOIN_WORDS) ||
  isIn(token, NOT_UNDERSTOOD) ||
  isIn(token, BEFORE_GROUP) ||
  isWord(token, 'FROM', 'WITH', 'CONTAINSTABLE', 'FREETEXTTABLE', 'LATERAL', 'ONLY');

const isDistinctFrom = (tokens: readonly Token[], at: number): boolean =>
  isWord(tokens[at - 1], 'DISTINCT') &&
  (isWord(tokens[at - 2], 'IS') || (isWord(tokens[at - 2], 'NOT') && isWord(tokens[at - 3], 'IS')));

/** Whether what stands in parentheses is a query: possibly with parentheses of its own around its first part. */
function isQuery(tokens: readonly Token[]): boolean {
  const [first, second] = tokens;
  if (isWord(first, 'SELECT', 'WITH')) return true;
  if (first?.kind !== 'group' || !isQuery(first.tokens)) return false;
  return second === undefined || isIn(second, SET_OPERATORS) || isWord(second, 'ORDER');
}
