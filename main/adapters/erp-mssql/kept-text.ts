/**
 * A text of somebody else as the ledger keeps it: without what steers a terminal or turns the direction of writing, without
 * halves of characters, at most `length` UTF-16 units. Pure.
 */
export function keptText(text: string, length: number): string {
  const plain = text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '')
    .toWellFormed()
    .trim();
  if (plain.length <= length) return plain;
  const cut = plain.slice(0, length);
  // Ends between the halves of a character.
  return /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
}
