/** Sections of characters are text; a comment or tag is one piece. */
const PIECES = /<!\[CDATA\[[\s\S]*?\]\]>|<!--[\s\S]*?-->|<[^>]*>|[^<]+|</g;

/**
 * The same XML with a line for each row and field, for reading and editing. Only white space between tags is put in or taken
 * out: an empty field stays empty, and no value gets another letter.
 */
export function laidOut(xml: string): string {
  const pieces = xml.match(PIECES) ?? [];
  const solid = pieces.filter((piece, n) => piece.trim() !== '' || !isGap(pieces, n));
  let depth = 0;
  return solid
    .map((piece, n) => {
      const next = solid[n + 1];
      if (isClosing(piece)) depth = Math.max(0, depth - 1);
      else if (isOpening(piece)) depth += 1;
      if (next === undefined || !isTag(piece) || !isTag(next) || isEmptyField(piece, next)) return piece;
      return `${piece}\n${'  '.repeat(Math.max(0, isClosing(next) ? depth - 1 : depth))}`;
    })
    .join('');
}

const isTag = (piece: string | undefined): boolean =>
  piece !== undefined && piece.startsWith('<') && !piece.startsWith('<![CDATA[') && piece.length > 1;
const isClosing = (piece: string): boolean => piece.startsWith('</');
const isOpening = (piece: string): boolean => isTag(piece) && !/^<[/!?]|\/>$/.test(piece);
const isEmptyField = (piece: string, next: string): boolean => isOpening(piece) && isClosing(next);

/** White space that stands between tags and is nobody's value. */
function isGap(pieces: readonly string[], n: number): boolean {
  const [before, after] = [pieces[n - 1], pieces[n + 1]];
  if (before === undefined || after === undefined) return true;
  return isTag(before) && isTag(after) && !isEmptyField(before, after);
}
