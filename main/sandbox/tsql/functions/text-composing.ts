import { bindingError } from '../errors.ts';
import { convertTo } from '../plan/convert-node.ts';
import {
  isUnicode,
  displayWidth,
  nvarchar,
  varchar,
  isText,
  lengthOf,
  INT,
  collationLike,
} from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { need, asText, arg, strict } from './shape.ts';
import type { Bind } from './shape.ts';
import { searchable, resized } from './text-shape.ts';

const concat: Bind = (args) => {
  const unicode = args.some((c) => isUnicode(c.type));
  const widths = args.map((c) => (c.untyped ? 1 : displayWidth(c.type)));
  const total = widths.includes('max') ? 'max' : widths.reduce<number>((n, w) => n + (w as number), 0);
  const limit = unicode ? 4000 : 8000;
  const type = unicode
    ? nvarchar(total === 'max' ? 'max' : Math.min(limit, total))
    : varchar(total === 'max' ? 'max' : Math.min(limit, total));
  const parts = args.map(
    (c) =>
      convertTo(
        c,
        isText(c.type) && isUnicode(c.type) === unicode ? c.type : unicode ? nvarchar('max') : varchar('max'),
      ).eval,
  );
  return { type, nullable: false, eval: (e) => parts.map((p) => (p(e) as string | null) ?? '').join('') };
};

/** Texts made of other texts. */
export const TEXT_COMPOSING: Readonly<Record<string, Bind>> = {
  REPLACE: (args, call) => {
    need(call, args, 3);
    const type = asText(arg(args, 0));
    const unicode = args.some((c) => isUnicode(c.type));
    const out: Type = {
      ...(unicode
        ? nvarchar(lengthOf(type) === 'max' ? 'max' : 4000)
        : varchar(lengthOf(type) === 'max' ? 'max' : 8000)),
      ...collationLike(type),
    };
    return strict(
      [
        { c: arg(args, 0), as: type },
        { c: arg(args, 1), as: asText(arg(args, 1)) },
        { c: arg(args, 2), as: asText(arg(args, 2)) },
      ],
      out,
      (s, what, by) => {
        const text = s as string;
        const pattern = searchable(what as string, type);
        if (pattern === '') return text;
        const folded = searchable(text, type);
        let result = '';
        let at = 0;
        for (let next = folded.indexOf(pattern); next >= 0; next = folded.indexOf(pattern, at)) {
          result += text.slice(at, next) + (by as string);
          at = next + pattern.length;
        }
        return result + text.slice(at);
      },
    );
  },
  STUFF: (args, call) => {
    need(call, args, 4);
    const type = asText(arg(args, 0));
    const insert = arg(args, 3);
    const out = resized(type, lengthOf(type) === 'max' ? 'max' : isUnicode(type) ? 4000 : 8000);
    const inserted = convertTo(insert, insert.untyped ? type : asText(insert)).eval;
    const core = strict(
      [
        { c: arg(args, 0), as: type },
        { c: arg(args, 1), as: INT },
        { c: arg(args, 2), as: INT },
      ],
      out,
      (s, start, count) => {
        const [text, at, n] = [s as string, start as number, count as number];
        return at < 1 || at > text.length || n < 0
          ? null
          : `${text.slice(0, at - 1)}\u0000${text.slice(at - 1 + n)}`;
      },
    );
    return {
      type: out,
      nullable: true,
      eval: (e) => {
        const v = core.eval(e) as string | null;
        return v === null ? null : v.replace('\u0000', () => (inserted(e) as string | null) ?? '');
      },
    };
  },
  REPLICATE: (args, call) => {
    need(call, args, 2);
    const type = asText(arg(args, 0));
    const limit = isUnicode(type) ? 4000 : 8000;
    const out = resized(type, lengthOf(type) === 'max' ? 'max' : limit);
    return strict(
      [
        { c: arg(args, 0), as: type },
        { c: arg(args, 1), as: INT },
      ],
      out,
      (s, n) => {
        if ((n as number) < 0) return null;
        const text = (s as string).repeat(
          Math.min(n as number, 100_000_000 / Math.max(1, (s as string).length)),
        );
        return out.length === 'max' ? text : text.slice(0, limit);
      },
    );
  },
  SPACE: (args, call) => {
    need(call, args, 1);
    return strict([{ c: arg(args, 0), as: INT }], varchar(8000), (n) =>
      (n as number) < 0 ? null : ' '.repeat(Math.min(8000, n as number)),
    );
  },
  CONCAT: concat,
  CONCAT_WS: (args, call, binding) => {
    const [separator, ...rest] = args;
    if (!separator) throw bindingError(189, 'The concat_ws function requires 3 to 254 arguments.', 15);
    const whole = concat(args, call, binding);
    const sep = convertTo(separator, nvarchar('max')).eval;
    const parts = rest.map((c) => convertTo(c, nvarchar('max')).eval);
    return {
      type: resized(whole.type, isUnicode(whole.type) ? 4000 : 8000),
      nullable: false,
      eval: (e) =>
        parts
          .map((p) => p(e) as string | null)
          .filter((s) => s !== null)
          .join((sep(e) as string | null) ?? ''),
    };
  },
  QUOTENAME: (args, call) => {
    need(call, args, 1, 2);
    const quote = args[1];
    return strict(
      [{ c: arg(args, 0), as: nvarchar(4000) }, ...(quote ? [{ c: quote, as: nvarchar(1) }] : [])],
      nvarchar(258),
      (s, q = '[') => {
        const text = s as string;
        if (text.length > 128) return null;
        const pairs: Record<string, [string, string]> = {
          '[': ['[', ']'],
          ']': ['[', ']'],
          "'": ["'", "'"],
          '"': ['"', '"'],
          '(': ['(', ')'],
          ')': ['(', ')'],
          '{': ['{', '}'],
          '}': ['{', '}'],
          '<': ['<', '>'],
          '>': ['<', '>'],
          '`': ['`', '`'],
        };
        const pair = pairs[q as string];
        return pair ? pair[0] + text.replaceAll(pair[1], pair[1] + pair[1]) + pair[1] : null;
      },
    );
  },
};
