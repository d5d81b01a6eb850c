/** The known name that was probably meant; undefined when none is near. Pure. */
export function nearestName(wanted: string, known: readonly string[]): string | undefined {
  const folded = wanted.toLowerCase().slice(0, 60);
  let best: { readonly name: string; readonly steps: number } | undefined;
  for (const name of known) {
    const steps = distance(folded, name.toLowerCase());
    if (steps <= Math.max(1, Math.floor(name.length / 3)) && (best === undefined || steps < best.steps))
      best = { name, steps };
  }
  return best?.name;
}

/** Letters to insert, remove or replace. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= other.length; j += 1)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (one[i - 1] === other[j - 1] ? 0 : 1),
        ),
      );
    row = next;
  }
  return row[other.length] ?? 0;
}
