import { SqlError, syntaxNear } from './errors.ts';

export type TokenKind =
  | 'word'
  | 'quoted'
  | 'variable'
  | 'integer'
  | 'decimal'
  | 'float'
  | 'money'
  | 'text'
  | 'ntext'
  | 'hex'
  | 'op'
  | 'end';

export interface Token {
  readonly kind: TokenKind;
  /** The value: identifier without quotes, text without quotes, number as written. */
  readonly text: string;
  /** Upper case for words, else the same as text. */
  readonly upper: string;
  readonly start: number;
  readonly end: number;
  readonly line: number;
}

const WORD_START = /[\p{L}_#]/u;
const WORD_PART = /[\p{L}\p{N}\p{M}_#$@]/u;
const SPACE = new Set([' ', '\t', '\r', '\n', '\f', '\v', '\u00a0', '\ufeff']);
const TWO = new Set([
  '<=',
  '>=',
  '<>',
  '!=',
  '!<',
  '!>',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '&=',
  '|=',
  '^=',
  '::',
]);
const ONE = new Set('+-*/%&|^~=<>(),;.:{}'.split(''));

/** Splits T-SQL into tokens. Comments nest; errors are 102, 105 and 113 as a server states them. */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let line = 1;
  const push = (kind: TokenKind, text: string, start: number, startLine: number): void => {
    tokens.push({
      kind,
      text,
      upper: kind === 'word' || kind === 'variable' ? text.toUpperCase() : text,
      start,
      end: at,
      line: startLine,
    });
  };
  /** Reads up to the closing quote, which stands for itself when doubled. */
  const quoted = (close: string): string => {
    let value = '';
    for (;;) {
      const next = source.indexOf(close, at);
      if (next < 0)
        throw new SqlError(
          105,
          `Unclosed quotation mark after the character string '${source.slice(at, at + 40)}'.`,
          15,
          'batch',
        );
      const part = source.slice(at, next);
      for (let i = 0; i < part.length; i++) if (part.charCodeAt(i) === 10) line++;
      value += part;
      at = next + 1;
      if (source[at] !== close) return value;
      value += close;
      at++;
    }
  };
  while (at < source.length) {
    const c = source[at] as string;
    if (c === '\n') line++;
    if (SPACE.has(c)) {
      at++;
      continue;
    }
    const two = source.slice(at, at + 2);
    if (two === '--') {
      const end = source.indexOf('\n', at);
      at = end < 0 ? source.length : end;
      continue;
    }
    if (two === '/*') {
      let depth = 1;
      at += 2;
      while (depth > 0) {
        if (at >= source.length) throw new SqlError(113, "Missing end comment mark '*/'.", 15, 'batch');
        const pair = source.slice(at, at + 2);
        if (pair === '/*') {
          depth++;
          at += 2;
        } else if (pair === '*/') {
          depth--;
          at += 2;
        } else {
          if (source[at] === '\n') line++;
          at++;
        }
      }
      continue;
    }
    const start = at;
    const startLine = line;
    if (c === "'") {
      at++;
      const value = quoted("'");
      push('text', value, start, startLine);
      continue;
    }
    if ((c === 'N' || c === 'n') && source[at + 1] === "'") {
      at += 2;
      const value = quoted("'");
      push('ntext', value, start, startLine);
      continue;
    }
    if (c === '[') {
      at++;
      const value = quoted(']');
      push('quoted', value, start, startLine);
      continue;
    }
    if (c === '"') {
      at++;
      const value = quoted('"');
      push('quoted', value, start, startLine);
      continue;
    }
    if (c === '0' && /[xX]/.test(source[at + 1] ?? '')) {
      at += 2;
      while (/[0-9a-fA-F]/.test(source[at] ?? '')) at++;
      push('hex', source.slice(start + 2, at), start, startLine);
      continue;
    }
    if (/[0-9]/.test(c) || (c === '.' && /[0-9]/.test(source[at + 1] ?? ''))) {
      while (/[0-9]/.test(source[at] ?? '')) at++;
      let kind: TokenKind = 'integer';
      if (source[at] === '.') {
        kind = 'decimal';
        at++;
        while (/[0-9]/.test(source[at] ?? '')) at++;
      }
      const exponent = /^[eE][+-]?[0-9]*/.exec(source.slice(at, at + 6));
      if (exponent) {
        kind = 'float';
        at += exponent[0].length;
        while (/[0-9]/.test(source[at] ?? '')) at++;
      }
      push(kind, source.slice(start, at), start, startLine);
      continue;
    }
    if (c === '$' && /[0-9]/.test(source[at + 1] ?? '')) {
      at++;
      while (/[0-9.]/.test(source[at] ?? '')) at++;
      push('money', source.slice(start + 1, at), start, startLine);
      continue;
    }
    if (c === '@') {
      at++;
      while (at < source.length && WORD_PART.test(source[at] as string)) at++;
      push('variable', source.slice(start, at), start, startLine);
      continue;
    }
    const point = String.fromCodePoint(source.codePointAt(at) as number);
    if (WORD_START.test(point)) {
      while (at < source.length) {
        const next = String.fromCodePoint(source.codePointAt(at) as number);
        if (!WORD_PART.test(next)) break;
        at += next.length;
      }
      push('word', source.slice(start, at), start, startLine);
      continue;
    }
    if (TWO.has(two)) {
      at += 2;
      push('op', two, start, startLine);
      continue;
    }
    if (ONE.has(c)) {
      at++;
      push('op', c, start, startLine);
      continue;
    }
    throw syntaxNear(c, false);
  }
  push('end', '', at, line);
  return tokens;
}

/** Words that cannot be names unless quoted. */
export const RESERVED: ReadonlySet<string> = new Set(
  (
    'ADD ALL ALTER AND ANY AS ASC AUTHORIZATION BACKUP BEGIN BETWEEN BREAK BROWSE BULK BY CASCADE CASE CHECK CHECKPOINT ' +
    'CLOSE CLUSTERED COALESCE COLLATE COLUMN COMMIT COMPUTE CONSTRAINT CONTAINS CONTINUE CONVERT CREATE CROSS CURRENT ' +
    'CURRENT_DATE CURRENT_TIME CURRENT_TIMESTAMP CURRENT_USER CURSOR DATABASE DBCC DEALLOCATE DECLARE DEFAULT DELETE DENY ' +
    'DESC DISTINCT DISTRIBUTED DOUBLE DROP ELSE END ESCAPE EXCEPT EXEC EXECUTE EXISTS EXIT EXTERNAL FETCH FILLFACTOR FOR ' +
    'FOREIGN FREETEXT FROM FULL FUNCTION GOTO GRANT GROUP HAVING HOLDLOCK IDENTITY IDENTITY_INSERT IF IN INDEX INNER ' +
    'INSERT INTERSECT INTO IS JOIN KEY KILL LEFT LIKE MERGE NATIONAL NOCHECK NONCLUSTERED NOT NULL NULLIF OF OFF OFFSETS ON ' +
    'OPEN OPTION OR ORDER OUTER OVER PERCENT PIVOT PLAN PRIMARY PRINT PROC PROCEDURE PUBLIC RAISERROR READ READTEXT ' +
    'RECONFIGURE REFERENCES REPLICATION RESTORE RESTRICT RETURN REVERT REVOKE RIGHT ROLLBACK ROWCOUNT ROWGUIDCOL RULE SAVE ' +
    'SCHEMA SELECT SESSION_USER SET SETUSER SHUTDOWN SOME STATISTICS SYSTEM_USER TABLE TABLESAMPLE TEXTSIZE THEN TO TOP ' +
    'TRAN TRANSACTION TRIGGER TRUNCATE TRY_CONVERT TSEQUAL UNION UNIQUE UNPIVOT UPDATE UPDATETEXT USE USER VALUES VARYING ' +
    'VIEW WAITFOR WHEN WHERE WHILE WITH WRITETEXT'
  ).split(' '),
);
