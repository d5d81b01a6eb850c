import { createHash } from 'node:crypto';
import { refused } from '../errors.ts';
import type { Compiled } from '../plan/context.ts';
import { convertTo } from '../plan/convert-node.ts';
import { family, varbinary, isText, isUnicode, INT, plainText, varchar } from '../types/sql-type.ts';
import { utf16Bytes, codePageBytes, codePageText, toCodePage } from '../types/text.ts';
import { strict, need, arg, asText } from './shape.ts';
import type { Bind } from './shape.ts';

function bytesOf(c: Compiled): Compiled {
  if (family(c.type) === 'binary') return c;
  const type = varbinary('max');
  if (!isText(c.type)) return convertTo(c, type, true);
  const unicode = isUnicode(c.type);
  return strict([{ c }], type, (s) =>
    unicode ? utf16Bytes(s as string) : codePageBytes(s as string, c.type.codePage),
  );
}

const HASHES: Readonly<Record<string, string>> = {
  SHA2_256: 'sha256',
  SHA2_512: 'sha512',
  SHA1: 'sha1',
  SHA: 'sha1',
  MD5: 'md5',
};

/** Texts and the numbers and bytes behind them. */
export const TEXT_CODES: Readonly<Record<string, Bind>> = {
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
