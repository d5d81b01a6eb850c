import { createHash } from 'node:crypto';
import { SqlError, bindingError, refused } from '../errors.ts';
import { convertTo } from '../plan/convert-node.ts';
import type { Compiled } from '../plan/context.ts';
import {
  INT,
  displayWidth,
  family,
  isText,
  isUnicode,
  lengthOf,
  nvarchar,
  varbinary,
  varchar,
  plainText,
} from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { codePageBytes, codePageText, likePattern, toCodePage, trimEnd, utf16Bytes } from '../types/text.ts';
import { arg, asText, need, strict } from './shape.ts';
import type { Bind } from './shape.ts';

const resized = (type: Type, length: number | 'max'): Type => ({
  ...(isUnicode(type) ? nvarchar(length) : varchar(length)),
  collation: type.collation,
});

/** One text in, a text of the same type out. */
const mapped =
  (fn: (s: string) => string): Bind =>
  (args, call) => {
    need(call, args, 1);
    const type = asText(arg(args, 0));
    return strict([{ c: arg(args, 0), as: type }], type, (s) => fn(s as string));
  };

/** Matching ignores case the way the collation does; the folded text must keep its length for that. */
function searchable(s: string, type: Type): string {
  return type.collation ? s : s.toLowerCase().length === s.length ? s.toLowerCase() : s;
}

const side =
  (from: 'left' | 'right'): Bind =>
  (args, call) => {
    need(call, args, 2);
    const type = asText(arg(args, 0));
    const n = arg(args, 1);
    const length = typeof n.constant?.value === 'number' ? Math.max(1, n.constant.value) : lengthOf(type);
    return strict(
      [
        { c: arg(args, 0), as: type },
        { c: n, as: INT },
      ],
      resized(
        type,
        length === 'max' || lengthOf(type) === 'max' ? length : Math.min(length, lengthOf(type) as number),
      ),
      (s, count) => {
        if ((count as number) < 0)
          throw new SqlError(537, `Invalid length parameter passed to the ${from.toUpperCase()} function.`);
        const text = s as string;
        return from === 'left'
          ? text.slice(0, count as number)
          : text.slice(Math.max(0, text.length - (count as number)));
      },
    );
  };

const trim =
  (start: boolean, end: boolean): Bind =>
  (args, call) => {
    need(call, args, 1, 2);
    const type = asText(arg(args, 0));
    const chars = args[1];
    return strict(
      [{ c: arg(args, 0), as: type }, ...(chars ? [{ c: chars, as: nvarchar(4000) }] : [])],
      type,
      (s, set = ' ') => {
        let text = s as string;
        const drop = set as string;
        if (start) while (text !== '' && drop.includes(text[0] as string)) text = text.slice(1);
        if (end) while (text !== '' && drop.includes(text.at(-1) as string)) text = text.slice(0, -1);
        return text;
      },
    );
  };

function bytesOf(c: Compiled): Compiled {
  if (family(c.type) === 'binary') return c;
  const type = varbinary('max');
  if (!isText(c.type)) return convertTo(c, type, true);
  const unicode = isUnicode(c.type);
  return strict([{ c }], type, (s) => (unicode ? utf16Bytes(s as string) : codePageBytes(s as string)));
}

const HASHES: Readonly<Record<string, string>> = {
  SHA2_256: 'sha256',
  SHA2_512: 'sha512',
  SHA1: 'sha1',
  SHA: 'sha1',
  MD5: 'md5',
};

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

export const TEXT_FUNCTIONS: Readonly<Record<string, Bind>> = {
  LEN: (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    if (family(c.type) === 'binary') return strict([{ c }], INT, (v) => (v as Uint8Array).length);
    return strict([{ c, as: asText(c) }], INT, (s) => trimEnd(s as string).length);
  },
  DATALENGTH: (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    switch (family(c.type)) {
      case 'text':
        return strict([{ c }], INT, (s) => (s as string).length * (isUnicode(c.type) ? 2 : 1));
      case 'binary':
        return strict([{ c }], INT, (v) => (v as Uint8Array).length);
      case 'decimal':
        return strict([{ c }], INT, () =>
          c.type.name === 'money'
            ? 8
            : c.type.name === 'smallmoney'
              ? 4
              : (c.type.precision ?? 18) <= 9
                ? 5
                : (c.type.precision ?? 18) <= 19
                  ? 9
                  : (c.type.precision ?? 18) <= 28
                    ? 13
                    : 17,
        );
      default: {
        const sizes: Record<string, number> = {
          bit: 1,
          tinyint: 1,
          smallint: 2,
          int: 4,
          bigint: 8,
          real: 4,
          float: 8,
          uniqueidentifier: 16,
          date: 3,
          smalldatetime: 4,
          datetime: 8,
        };
        const scale = c.type.scale ?? 7;
        const time = scale <= 2 ? 3 : scale <= 4 ? 4 : 5;
        const size =
          sizes[c.type.name] ??
          (c.type.name === 'time' ? time : c.type.name === 'datetime2' ? time + 3 : time + 5);
        return strict([{ c }], INT, () => size);
      }
    }
  },
  UPPER: mapped((s) =>
    Array.from(s, (c) => (c.toUpperCase().length === c.length ? c.toUpperCase() : c)).join(''),
  ),
  LOWER: mapped((s) =>
    Array.from(s, (c) => (c.toLowerCase().length === c.length ? c.toLowerCase() : c)).join(''),
  ),
  REVERSE: mapped((s) => s.split('').reverse().join('')),
  LTRIM: trim(true, false),
  RTRIM: trim(false, true),
  TRIM: trim(true, true),
  LEFT: side('left'),
  RIGHT: side('right'),
  SUBSTRING: (args, call) => {
    need(call, args, 3);
    const c = arg(args, 0);
    const binary = family(c.type) === 'binary';
    const type = binary ? varbinary(lengthOf(c.type)) : asText(c);
    return strict(
      [
        { c, as: type },
        { c: arg(args, 1), as: INT },
        { c: arg(args, 2), as: INT },
      ],
      type,
      (s, start, count) => {
        if ((count as number) < 0)
          throw new SqlError(537, 'Invalid length parameter passed to the SUBSTRING function.');
        const from = (start as number) - 1;
        const end = Math.max(0, from + (count as number));
        return binary
          ? (s as Uint8Array).slice(Math.max(0, from), end)
          : (s as string).slice(Math.max(0, from), end);
      },
    );
  },
  REPLACE: (args, call) => {
    need(call, args, 3);
    const type = asText(arg(args, 0));
    const unicode = args.some((c) => isUnicode(c.type));
    const out: Type = {
      ...(unicode
        ? nvarchar(lengthOf(type) === 'max' ? 'max' : 4000)
        : varchar(lengthOf(type) === 'max' ? 'max' : 8000)),
      collation: type.collation,
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
  CHARINDEX: (args, call) => {
    need(call, args, 2, 3);
    const type = asText(arg(args, 1));
    const start = args[2];
    return strict(
      [
        { c: arg(args, 0), as: asText(arg(args, 0)) },
        { c: arg(args, 1), as: type },
        ...(start ? [{ c: start, as: INT }] : []),
      ],
      INT,
      (what, s, from = 1) => {
        const pattern = searchable(what as string, type);
        return pattern === ''
          ? 0
          : searchable(s as string, type).indexOf(pattern, Math.max(0, (from as number) - 1)) + 1;
      },
    );
  },
  PATINDEX: (args, call) => {
    need(call, args, 2);
    return strict(
      [
        { c: arg(args, 0), as: nvarchar('max') },
        { c: arg(args, 1), as: asText(arg(args, 1)) },
      ],
      INT,
      (p, s) => {
        const [pattern, text] = [p as string, s as string];
        if (!pattern.startsWith('%')) return likePattern(pattern, undefined, undefined).test(text) ? 1 : 0;
        const anchored = likePattern(pattern.slice(1), undefined, undefined);
        for (let i = 0; i <= text.length; i++) if (anchored.test(text.slice(i))) return i + 1;
        return 0;
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
  CHAR: (args, call) => {
    need(call, args, 1);
    return strict([{ c: arg(args, 0), as: INT }], { name: 'char', length: 1 }, (n) =>
      (n as number) < 0 || (n as number) > 255 ? null : codePageText(new Uint8Array([n as number])),
    );
  },
  NCHAR: (args, call) => {
    need(call, args, 1);
    return strict([{ c: arg(args, 0), as: INT }], { name: 'nchar', length: 1 }, (n) =>
      (n as number) < 0 || (n as number) > 65535 ? null : String.fromCharCode(n as number),
    );
  },
  ASCII: (args, call) => {
    need(call, args, 1);
    return strict([{ c: arg(args, 0), as: asText(arg(args, 0)) }], INT, (s) =>
      s === '' ? null : (codePageBytes(toCodePage(s as string))[0] ?? null),
    );
  },
  UNICODE: (args, call) => {
    need(call, args, 1);
    return strict([{ c: arg(args, 0), as: asText(arg(args, 0)) }], INT, (s) =>
      s === '' ? null : (s as string).charCodeAt(0),
    );
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
  HASHBYTES: (args, call) => {
    need(call, args, 2);
    const name = arg(args, 0).constant?.value;
    const algorithm = typeof name === 'string' ? HASHES[name.toUpperCase()] : undefined;
    if (!algorithm) throw refused(`HASHBYTES with the algorithm ${plainText(name)}`);
    return strict(
      [{ c: bytesOf(arg(args, 1)) }],
      varbinary(8000),
      (bytes) =>
        new Uint8Array(
          createHash(algorithm)
            .update(bytes as Uint8Array)
            .digest(),
        ),
    );
  },
  ISNUMERIC: (args, call) => {
    need(call, args, 1);
    const c = arg(args, 0);
    if (!isText(c.type))
      return {
        type: INT,
        nullable: false,
        eval: (e) => (c.eval(e) === null || family(c.type) === 'date' || family(c.type) === 'guid' ? 0 : 1),
      };
    return {
      type: INT,
      nullable: false,
      eval: (e) => {
        const s = ((c.eval(e) as string | null) ?? '').trim();
        return /^[+-]?[$€£]?(\d[\d,]*\.?\d*|\.\d+)([eEdD][+-]?\d+)?$/.test(s) ? 1 : 0;
      },
    };
  },
  STR: (args, call) => {
    need(call, args, 1, 3);
    return strict(
      [{ c: arg(args, 0), as: { name: 'float' } }, ...args.slice(1).map((c) => ({ c, as: INT }))],
      varchar(8000),
      (n, width = 10, scale = 0) => {
        const text = (n as number).toFixed(scale as number);
        return text.length > (width as number)
          ? '*'.repeat(width as number)
          : text.padStart(width as number, ' ');
      },
    );
  },
  FORMAT: () => {
    throw refused('FORMAT');
  },
};
