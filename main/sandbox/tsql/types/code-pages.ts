/** Beginnings of collations' names and the code page in which such a collation keeps `char` and `varchar`. */
const PAGES: readonly (readonly [number, string])[] = [
  [
    1250,
    'Albanian Bosnian_Latin Croatian Czech Hungarian Hungarian_Technical Polish Romanian Serbian_Latin Slovak Slovenian SQL_Croatian SQL_Czech SQL_Hungarian SQL_Polish SQL_Romanian SQL_Slovak SQL_Slovenian SQL_Latin1_General_CP1250',
  ],
  [
    1251,
    'Azeri_Cyrillic Bashkir Bosnian_Cyrillic Cyrillic_General Kazakh Macedonian_FYROM Serbian_Cyrillic Tatar Ukrainian SQL_Latin1_General_CP1251 SQL_Ukrainian',
  ],
  [
    1252,
    'Latin1_General SQL_Latin1_General_CP1 Danish_Greenlandic Danish_Norwegian Faroese Finnish_Swedish Breton Corsican French Frisian German_PhoneBook Icelandic Mapudungan Modern_Spanish Mohawk Norwegian Romansh Sami_Norway Sami_Sweden_Finland Traditional_Spanish Upper_Sorbian Welsh SQL_AltDiction SQL_Danish SQL_EBCDIC SQL_Icelandic SQL_Swedish SQL_1xCompat SQL_Scandinavian',
  ],
  [1253, 'Greek SQL_Latin1_General_CP1253 SQL_AltDiction_CP1253'],
  [1254, 'Azeri_Latin Turkish Uzbek_Latin Tatar_Latin SQL_Latin1_General_CP1254'],
  [1255, 'Hebrew SQL_Latin1_General_CP1255'],
  [1256, 'Arabic Dari Persian Uighur Urdu SQL_Latin1_General_CP1256'],
  [1257, 'Estonian Latvian Lithuanian SQL_Latin1_General_CP1257 SQL_Estonian SQL_Latvian SQL_Lithuanian'],
  [1258, 'Vietnamese'],
  [874, 'Thai'],
  [932, 'Japanese'],
  [936, 'Chinese_PRC Chinese_Simplified_Pinyin Chinese_Simplified_Stroke_Order'],
  [949, 'Korean Korean_Wansung'],
  [950, 'Chinese_Taiwan Chinese_Traditional Chinese_Hong_Kong'],
];
const FAMILIES: readonly (readonly [string, number])[] = PAGES.flatMap(([page, names]) =>
  names.split(' ').map((name) => [name.toLowerCase(), page] as const),
).toSorted(([a], [b]) => b.length - a.length);

const DECODERS: Readonly<Record<number, string>> = {
  874: 'windows-874',
  932: 'shift_jis',
  936: 'gbk',
  949: 'euc-kr',
  950: 'big5',
};

/** The page of the server's own collation. */
export const SERVER_PAGE = 1252;
const UTF8 = 65001;
const QUESTION_MARK = 0x3f;

/** The code page of a collation by its name; undefined for a name of no known family. */
export function codePageOf(collation: string): number | undefined {
  const name = collation.toLowerCase();
  if (name.endsWith('_utf8')) return UTF8;
  return FAMILIES.find(([family]) => name.startsWith(`${family}_`))?.[1];
}

interface Page {
  readonly bytesOf: ReadonlyMap<string, readonly number[]>;
  readonly textOf: (bytes: Uint8Array) => string;
}
const pages = new Map<number, Page>();

/** Every character of a page with its bytes, found by reading each of them. */
function pageOf(codePage: number): Page {
  const known = pages.get(codePage);
  if (known) return known;
  const decoder = new TextDecoder(DECODERS[codePage] ?? `windows-${String(codePage)}`);
  const bytesOf = new Map<string, readonly number[]>();
  const add = (bytes: readonly number[]): boolean => {
    const text = decoder.decode(Uint8Array.from(bytes));
    if (text.includes('\uFFFD') || Array.from(text).length !== 1) return false;
    if (!bytesOf.has(text)) bytesOf.set(text, bytes);
    return true;
  };
  const double = codePage < SERVER_PAGE - 2 && codePage !== 874;
  for (let lead = 0; lead < 256; lead++)
    if (!add([lead]) && double) for (let trail = 0x40; trail < 0xff; trail++) add([lead, trail]);
  const page: Page = { bytesOf, textOf: (bytes) => decoder.decode(bytes) };
  pages.set(codePage, page);
  return page;
}

/** Characters outside the page are question marks, one for each of their UTF-16 units, as on a server. */
export function pageBytes(text: string, codePage: number): Uint8Array {
  if (codePage === UTF8) return new TextEncoder().encode(text);
  const { bytesOf } = pageOf(codePage);
  const out: number[] = [];
  for (const c of text) {
    const bytes = bytesOf.get(c);
    if (bytes) out.push(...bytes);
    else for (let i = 0; i < c.length; i++) out.push(QUESTION_MARK);
  }
  return Uint8Array.from(out);
}

export function pageText(bytes: Uint8Array, codePage: number): string {
  return codePage === UTF8 ? new TextDecoder().decode(bytes) : pageOf(codePage).textOf(bytes);
}

/** What is left of a text in that page. */
export function inPage(text: string, codePage: number): string {
  if (codePage === UTF8) return text.toWellFormed();
  const { bytesOf } = pageOf(codePage);
  let out = '';
  for (const c of text) out += bytesOf.has(c) ? c : '?'.repeat(c.length);
  return out;
}

/** The longest beginning of a text whose bytes in that page are no more than `bytes`. */
export function cutToBytes(text: string, bytes: number, codePage: number): string {
  let left = bytes;
  let end = 0;
  for (const c of text) {
    left -= pageBytes(c, codePage).length;
    if (left < 0) break;
    end += c.length;
  }
  return text.slice(0, end);
}
