/** A number from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** The same numbers for the same seed, on every machine. For data and play, not for secrets. */
export function seededRandom(seed: number | string): Random {
  let state = 0x9e3779b9;
  for (const character of String(seed)) state = mix(state ^ (character.codePointAt(0) ?? 0));
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    return (mix(state) >>> 0) / 4294967296;
  };
}

function mix(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}

/** A whole number from `low` to `high`, both included. */
export const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1));

/** One of a list that has at least one. */
export function pick<T>(random: Random, list: readonly T[]): T {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
}

export const chance = (random: Random, share: number): boolean => random() < share;

/** `count` digits as text, so that no number type cuts them. */
export function digits(random: Random, count: number): string {
  let text = '';
  for (let i = 0; i < count; i++) text += String(between(random, 0, 9));
  return text;
}

/** A lower-case GUID drawn from `random`: the ids of a seeded play repeat with it. */
export function seededGuid(random: Random): string {
  let hex = '';
  for (let i = 0; i < 32; i++) hex += between(random, 0, 15).toString(16);
  const variant = ['8', '9', 'a', 'b'][between(random, 0, 3)] ?? '8';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`;
}
