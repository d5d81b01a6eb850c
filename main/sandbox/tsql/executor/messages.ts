import { plainText } from '../types/sql-type.ts';
import type { SqlValue } from '../face.ts';

/** RAISERROR's placeholders: %s, %d, %i, %u, %o, %x, %X, with flags, width and precision; %% is a percent sign. */
export function formatMessage(template: string, args: readonly SqlValue[]): string {
  let next = 0;
  return template.replace(
    /%(?:%|([-+0# ]*)(\d+|\*)?(?:\.(\d+|\*))?(?:I64|[hl])?([sdiuoxX]))/g,
    (
      whole,
      flags: string | undefined,
      width: string | undefined,
      precision: string | undefined,
      kind: string | undefined,
    ) => {
      if (whole === '%%') return '%';
      const size = width === '*' ? Number(args[next++] ?? 0) : Number(width ?? 0);
      const limit =
        precision === '*'
          ? Number(args[next++] ?? 0)
          : precision === undefined
            ? undefined
            : Number(precision);
      const value = args[next++];
      let text: string;
      if (value === null || value === undefined) text = '(null)';
      else if (kind === 's') text = limit === undefined ? plainText(value) : plainText(value).slice(0, limit);
      else if (kind === 'x' || kind === 'X' || kind === 'o') {
        text = Number(value).toString(kind === 'o' ? 8 : 16);
        if (kind === 'X') text = text.toUpperCase();
      } else text = `${flags?.includes('+') && Number(value) >= 0 ? '+' : ''}${plainText(value)}`;
      if (flags?.includes('-')) return text.padEnd(size, ' ');
      return text.padStart(size, flags?.includes('0') && kind !== 's' ? '0' : ' ');
    },
  );
}
