/** Splits a name given as text: brackets and quotes may enclose its parts. */
export function splitName(text: string): string[] {
  const parts: string[] = [];
  const pattern = /\s*(?:\[((?:[^\]]|\]\])*)\]|"((?:[^"]|"")*)"|([^.[\]"]*))\s*(\.|$)/gy;
  for (let m = pattern.exec(text); m; m = pattern.exec(text)) {
    parts.push(m[1]?.replaceAll(']]', ']') ?? m[2]?.replaceAll('""', '"') ?? (m[3] ?? '').trim());
    if (m[4] === '') break;
  }
  return parts;
}
