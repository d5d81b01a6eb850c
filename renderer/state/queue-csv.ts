/** A spreadsheet takes what begins so for a formula; the second half are the same signs as East Asian keyboards write them. */
const FORMULA = /^[\s\uFEFF]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]/;
const CONTROL = /^[\t\r\n]/;

/** Tells spreadsheets that the file is UTF-8. */
export const CSV_MARK = '\uFEFF';

/** Where a comma divides whole from parts, spreadsheets expect semicolons between cells. */
export function csvSeparator(locale: string): ',' | ';' {
  const decimal = new Intl.NumberFormat(locale).formatToParts(1.5).find((part) => part.type === 'decimal');
  return decimal?.value === ',' ? ';' : ',';
}

/** One cell: what a spreadsheet could run is text by a leading apostrophe, what holds separators is quoted. */
export function csvCell(value: string | number, separator: string): string {
  const text = String(value);
  const harmless =
    typeof value === 'string' && (FORMULA.test(text) || CONTROL.test(text)) ? `'${text}` : text;
  return harmless.includes(separator) || /["\r\n\t;,']|^\s|\s$/.test(harmless)
    ? `"${harmless.replaceAll('"', '""')}"`
    : harmless;
}

export const csvLine = (cells: readonly (string | number)[], separator: string): string =>
  `${cells.map((cell) => csvCell(cell, separator)).join(separator)}\r\n`;
