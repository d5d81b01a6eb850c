import { SqlError } from '../errors.ts';
import { lengthOf, INT, nvarchar, family, isUnicode, varbinary } from '../types/sql-type.ts';
import { trimEnd, likePattern, codePageBytes } from '../types/text.ts';
import { need, asText, arg, strict } from './shape.ts';
import type { Bind } from './shape.ts';
import { resized, searchable } from './text-shape.ts';

/** One text in, a text of the same type out. */
const mapped =
  (fn: (s: string) => string): Bind =>
  (args, call) => {
    need(call, args, 1);
    const type = asText(arg(args, 0));
    return strict([{ c: arg(args, 0), as: type }], type, (s) => fn(s as string));
  };

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
/** Lengths, parts and places of a text. */
export const TEXT_PARTS: Readonly<Record<string, Bind>> = {
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
        return strict([{ c }], INT, (s) =>
          isUnicode(c.type)
            ? (s as string).length * 2
            : c.type.codePage === undefined
              ? (s as string).length
              : codePageBytes(s as string, c.type.codePage).length,
        );
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
};
