/**
 * What a column that is not Unicode can hold. The server puts something else in the place of a character its code page lacks,
 * a question mark or a letter that looks like it, and says nothing.
 */
export interface CodePage {
  /** The first character that would not be stored as it is; undefined when all would. */
  misfit(text: string): string | undefined;
  /** Bytes that a text takes which fits. */
  bytes(text: string): number;
}

const LABELS: Readonly<Record<number, string>> = {
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
  1250: 'windows-1250',
  1251: 'windows-1251',
  1252: 'windows-1252',
  1253: 'windows-1253',
  1254: 'windows-1254',
  1255: 'windows-1255',
  1256: 'windows-1256',
  1257: 'windows-1257',
  1258: 'windows-1258',
};
const DOUBLE = new Set([932, 936, 949, 950]);

/** The upper halves of two pages that no decoder of the platform knows. */
const DOS: Readonly<Record<number, string>> = {
  437: 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0',
  850: 'ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´≡±‗¾¶§÷¸°¨·¹³²■\u00a0',
};

const UTF8: CodePage = {
  misfit: (text) => /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.exec(text)?.[0],
  bytes: (text) => new TextEncoder().encode(text).length,
};

const pages = new Map<number, CodePage>();

/** By the server's number. Of a page that is not known only ASCII is certain. */
export function codePage(number: number): CodePage {
  if (number === 65001) return UTF8;
  const known = pages.get(number);
  if (known !== undefined) return known;
  const widths = DOUBLE.has(number) ? doubleByte(number) : singleByte(number);
  const page: CodePage = {
    misfit(text) {
      for (const char of text) if (char > '\u007f' && !widths.has(char)) return char;
      return undefined;
    },
    bytes(text) {
      let bytes = 0;
      for (const char of text) bytes += widths.get(char) ?? 1;
      return bytes;
    },
  };
  pages.set(number, page);
  return page;
}

/** Upper control characters are what a decoder makes of bytes that mean nothing. */
const means = (char: string): boolean => char > '\u009f' && char !== '\ufffd' && !/\p{Co}/u.test(char);

function singleByte(number: number): ReadonlyMap<string, number> {
  const label = LABELS[number];
  const upper =
    label === undefined
      ? (DOS[number] ?? '')
      : new TextDecoder(label).decode(Uint8Array.from({ length: 128 }, (_, index) => index + 128));
  return new Map(
    Array.from(upper)
      .filter(means)
      .map((char) => [char, 1]),
  );
}

function doubleByte(number: number): ReadonlyMap<string, number> {
  const decoder = new TextDecoder(LABELS[number]);
  const widths = new Map<string, number>();
  const learn = (...bytes: readonly number[]): void => {
    const chars = Array.from(decoder.decode(Uint8Array.from(bytes)));
    const [char] = chars;
    if (chars.length === 1 && char !== undefined && means(char) && !widths.has(char))
      widths.set(char, bytes.length);
  };
  for (let lead = 0x80; lead <= 0xff; lead += 1) {
    learn(lead);
    for (let trail = 0x40; trail <= 0xfe; trail += 1)
      if (number !== 950 || inBig5(lead * 256 + trail)) learn(lead, trail);
  }
  return widths;
}

/** The platform's Big5 holds additions of Hong Kong that the server's page lacks. */
const inBig5 = (code: number): boolean =>
  (code >= 0xa140 && code <= 0xa3bf) ||
  code === 0xa3e1 ||
  (code >= 0xa440 && code <= 0xc67e) ||
  (code >= 0xc9a1 && code <= 0xf9d5);
