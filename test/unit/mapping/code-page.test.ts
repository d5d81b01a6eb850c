import { describe, expect, it } from 'vitest';
import { codePage } from '../../../main/core/mapping/code-page.ts';

const PAGES = [
  437, 850, 874, 932, 936, 949, 950, 1250, 1251, 1252, 1253, 1254, 1255, 1256, 1257, 1258, 65001,
];

describe('code pages', () => {
  it.each([
    [1252, 'Müller – 5 €', undefined],
    [1252, 'Želka', undefined],
    [1252, 'Łódź', 'Ł'],
    [1252, 'ａ', 'ａ'],
    [1252, '\u0081', '\u0081'],
    [1252, 'ok \u{1F600}', '\u{1F600}'],
    [1250, 'Łódź', undefined],
    [1250, 'Ж', 'Ж'],
    [1251, 'Здравей', undefined],
    [1251, 'é', 'é'],
    [1253, 'Καλημέρα', undefined],
    [1254, 'İstanbul ğ', undefined],
    [1257, 'Žemaitė', undefined],
    [874, 'สวัสดี', undefined],
    [932, '日本語カナｶﾅ', undefined],
    [932, '한', '한'],
    [936, '中文€', undefined],
    [949, '한국어', undefined],
    [950, '繁體中文', undefined],
    [437, '±░é', undefined],
    [850, 'ãØ', undefined],
    [850, '€', '€'],
    [65001, 'all \u{1F600} of Ж 商', undefined],
    [65001, 'half \ud83d', '\ud83d'],
    [20127, 'plain', undefined],
    [20127, 'é', 'é'],
  ])('%i and %j', (page, text, misfit) => {
    expect(codePage(page).misfit(text)).toBe(misfit);
  });

  it.each([
    [1252, 'Müller', 6],
    [932, '日本ｶa', 6],
    [936, '中a', 3],
    [65001, 'Жé商\u{1F600}', 11],
  ])('bytes in %i of %j', (page, text, bytes) => {
    expect(codePage(page).bytes(text)).toBe(bytes);
  });

  it.each(PAGES)('%i holds ASCII, in one byte each', (page) => {
    const ascii = String.fromCharCode(...Array.from({ length: 128 }, (_, index) => index));
    expect(codePage(page).misfit(ascii)).toBeUndefined();
    expect(codePage(page).bytes(ascii)).toBe(128);
  });

  it.each([437, 850])('%i has its 128 upper characters, each once', (page) => {
    const held = Array.from({ length: 0x2600 - 0x80 }, (_, index) =>
      String.fromCharCode(index + 0x80),
    ).filter((char) => codePage(page).misfit(char) === undefined);
    expect(held).toHaveLength(128);
  });
});
