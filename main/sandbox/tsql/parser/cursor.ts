import { refused, syntaxNear } from '../errors.ts';
import type { SqlError } from '../errors.ts';
import { RESERVED } from '../tokens.ts';
import type { Token } from '../tokens.ts';
import type { Expr, ObjectName, Query, Statement } from './ast.ts';

/** The three mutually recursive rules, handed in so that the files of the grammar do not import each other in a ring. */
export interface Rules {
  expression(c: Cursor): Expr;
  query(c: Cursor): Query;
  statement(c: Cursor): Statement;
}

const END: Token = { kind: 'end', text: '', upper: '', start: 0, end: 0, line: 1 };

/** A position in the tokens of one batch, with the small questions a recursive-descent parser asks. */
export class Cursor {
  readonly source: string;
  readonly rules: Rules;
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(source: string, tokens: readonly Token[], rules: Rules) {
    this.source = source;
    this.tokens = tokens;
    this.rules = rules;
  }

  get token(): Token {
    return this.tokens[this.at] ?? END;
  }
  peek(ahead = 1): Token {
    return this.tokens[this.at + ahead] ?? END;
  }
  get atEnd(): boolean {
    return this.token.kind === 'end';
  }
  get position(): number {
    return this.at;
  }
  next(): Token {
    const token = this.token;
    this.at++;
    return token;
  }
  isWord(...words: readonly string[]): boolean {
    return this.token.kind === 'word' && words.includes(this.token.upper);
  }
  /** Whether the words stand here one after the other. */
  isWords(...words: readonly string[]): boolean {
    return words.every((w, i) => this.peek(i).kind === 'word' && this.peek(i).upper === w);
  }
  takeWord(...words: readonly string[]): boolean {
    if (!this.isWord(...words)) return false;
    this.at++;
    return true;
  }
  takeWords(...words: readonly string[]): boolean {
    if (!this.isWords(...words)) return false;
    this.at += words.length;
    return true;
  }
  expectWord(...words: readonly string[]): string {
    if (!this.isWord(...words)) throw this.fail();
    return this.next().upper;
  }
  isOp(...ops: readonly string[]): boolean {
    return this.token.kind === 'op' && ops.includes(this.token.text);
  }
  takeOp(...ops: readonly string[]): boolean {
    if (!this.isOp(...ops)) return false;
    this.at++;
    return true;
  }
  expectOp(op: string): void {
    if (!this.takeOp(op)) throw this.fail();
  }
  isName(): boolean {
    const t = this.token;
    return t.kind === 'quoted' || (t.kind === 'word' && !RESERVED.has(t.upper));
  }
  name(): string {
    if (!this.isName()) throw this.fail();
    return this.next().text;
  }
  variable(): string {
    if (this.token.kind !== 'variable') throw this.fail();
    return this.next().text;
  }
  /** A name of up to four parts; an empty part (`db..t`) stays empty. */
  objectName(): ObjectName {
    const parts = [this.name()];
    while (this.isOp('.')) {
      this.next();
      parts.push(this.isOp('.') ? '' : this.name());
    }
    return parts;
  }
  names(): string[] {
    this.expectOp('(');
    const list = [this.name()];
    while (this.takeOp(',')) list.push(this.name());
    this.expectOp(')');
    return list;
  }
  integer(): bigint {
    const negative = this.takeOp('-');
    if (!negative) this.takeOp('+');
    if (this.token.kind !== 'integer') throw this.fail();
    const value = BigInt(this.next().text);
    return negative ? -value : value;
  }
  /** Skips a parenthesised group whose content has no effect here (options of indexes, hints for the optimiser). */
  skipParens(): void {
    this.expectOp('(');
    for (let depth = 1; depth > 0;) {
      if (this.atEnd) throw this.fail();
      if (this.isOp('(')) depth++;
      if (this.isOp(')')) depth--;
      this.next();
    }
  }
  fail(): SqlError {
    const t = this.token;
    const error = syntaxNear(
      t.kind === 'end' ? (this.tokens[this.at - 1]?.text ?? '') : t.text,
      t.kind === 'word' && RESERVED.has(t.upper),
    );
    error.line = t.line;
    return error;
  }
  refuse(what: string): SqlError {
    const error = refused(what);
    error.line = this.token.line;
    return error;
  }
  textFrom(start: number): string {
    return this.source.slice(start, this.tokens[this.at - 1]?.end ?? start);
  }
}
