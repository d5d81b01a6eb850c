declare const decimalBrand: unique symbol;

/**
 * An exact decimal as text: optional minus, digits, optional point and digits; no exponent, no grouping, no leading
 * zeros, trailing zeros kept as given. Money and quantities are this from SQL to XML and back, never a JS number.
 */
export type DecimalString = string & { readonly [decimalBrand]: true };

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/;

/** Reads decimal text in any usual spelling (`+1`, `.5`, `1.`, `1e3`); undefined when it is not a number. */
export function parseDecimal(text: string): DecimalString | undefined {
  const m = DECIMAL.exec(text.trim());
  if (m === null) return undefined;
  let whole = m[2] ?? '';
  let fraction = m[3] ?? '';
  if (whole === '' && fraction === '') return undefined;
  const exponent = Number(m[4] ?? 0);
  if (exponent > 0) {
    const moved = fraction.padEnd(exponent, '0');
    whole += moved.slice(0, exponent);
    fraction = moved.slice(exponent);
  } else if (exponent < 0) {
    const moved = whole.padStart(-exponent, '0');
    fraction = moved.slice(moved.length + exponent) + fraction;
    whole = moved.slice(0, moved.length + exponent);
  }
  whole = whole.replace(/^0+(?=\d)/, '');
  if (whole === '') whole = '0';
  const zero = /^0*$/.test(whole + fraction);
  const sign = m[1] === '-' && !zero ? '-' : '';
  return `${sign}${whole}${fraction === '' ? '' : `.${fraction}`}` as DecimalString;
}

/** Without zeros that say nothing: `1.500` is `1.5`, `2.000` is `2`. The form packets carry and comparisons use. */
export function shortestDecimal(value: DecimalString): DecimalString {
  return (value.includes('.') ? value.replace(/0+$/, '').replace(/\.$/, '') : value) as DecimalString;
}

/** Whether the value fits decimal(precision, scale) without rounding. */
export function fitsDecimal(value: DecimalString, precision: number, scale: number): boolean {
  const [whole = '', fraction = ''] = shortestDecimal(value).replace('-', '').split('.');
  return fraction.length <= scale && (whole === '0' ? 0 : whole.length) <= precision - scale;
}
