/**
 * Regular expressions whose time grows with the text and never faster: all ways through the pattern are walked side by side.
 * Letters, `.`, classes, `\d \w \s`, groups, `|`, `* + ? {n,m}`, `^` and `$`; nothing that looks back or ahead.
 */
export type Pattern = (text: string) => boolean;

type Step =
  | { readonly kind: 'char'; readonly holds: (char: string) => boolean }
  | { readonly kind: 'start' | 'end' | 'match' }
  | { readonly kind: 'split'; readonly to: readonly number[] };

type Node =
  | { readonly kind: 'char'; readonly holds: (char: string) => boolean }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'all'; readonly parts: readonly Node[] }
  | { readonly kind: 'one'; readonly parts: readonly Node[] }
  | { readonly kind: 'times'; readonly of: Node; readonly least: number; readonly most: number };

const MOST_STEPS = 150;
const MOST_TIMES = 100;

class PatternError extends Error {}

const CLASSES: Readonly<Record<string, (char: string) => boolean>> = {
  d: (char) => char >= '0' && char <= '9',
  w: (char) => /^\w$/.test(char),
  s: (char) => /^\s$/.test(char),
};
const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function parse(source: string): Node {
  const chars = Array.from(source);
  let at = 0;
  let depth = 0;
  const peek = (): string | undefined => chars[at];
  const take = (): string => {
    const char = chars[at];
    if (char === undefined) throw new PatternError('it ends too early');
    at += 1;
    return char;
  };

  const escape = (): ((char: string) => boolean) => {
    const char = take();
    const known = CLASSES[char.toLowerCase()];
    if (known !== undefined) return char === char.toLowerCase() ? known : (one) => !known(one);
    if (/[A-Za-z0-9]/.test(char) && ESCAPED[char] === undefined)
      throw new PatternError(`\\${char} is not known`);
    const plain = ESCAPED[char] ?? char;
    return (one) => one === plain;
  };

  const set = (): Node => {
    const not = peek() === '^';
    if (not) at += 1;
    const tests: ((char: string) => boolean)[] = [];
    for (let first = true; first || peek() !== ']'; first = false) {
      const low = take();
      if (low === '\\') {
        tests.push(escape());
        continue;
      }
      if (peek() === '-' && chars[at + 1] !== undefined && chars[at + 1] !== ']') {
        at += 1;
        const high = take();
        if (high === '\\' || high < low) throw new PatternError(`${low}-${high} is no range`);
        tests.push((char) => char >= low && char <= high);
      } else tests.push((char) => char === low);
    }
    at += 1;
    return { kind: 'char', holds: (char) => tests.some((test) => test(char)) !== not };
  };

  const atom = (): Node => {
    const char = take();
    switch (char) {
      case '(': {
        if (peek() === '?') {
          if (chars[at + 1] !== ':') throw new PatternError('groups with (? are not known');
          at += 2;
        }
        depth += 1;
        if (depth > 10) throw new PatternError('it is nested too deep');
        const inner = choice();
        if (take() !== ')') throw new PatternError('a bracket is not closed');
        depth -= 1;
        return inner;
      }
      case '[':
        return set();
      case '.':
        return { kind: 'char', holds: (one) => one !== '\n' };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '\\':
        return { kind: 'char', holds: escape() };
      case '*':
      case '+':
      case '?':
        throw new PatternError(`nothing stands before ${char}`);
      default:
        return { kind: 'char', holds: (one) => one === char };
    }
  };

  const bounds = (): readonly [number, number] | undefined => {
    const char = peek();
    const simple = { '*': [0, Infinity], '+': [1, Infinity], '?': [0, 1] } as const;
    if (char === '*' || char === '+' || char === '?') {
      at += 1;
      return simple[char];
    }
    const found = /^\{(\d{1,3})(,(\d{0,3}))?\}/.exec(chars.slice(at, at + 10).join(''));
    if (found === null) return undefined;
    at += found[0].length;
    const least = Number(found[1]);
    const most = found[2] === undefined ? least : found[3] === '' ? Infinity : Number(found[3]);
    if (least > MOST_TIMES || most < least || (most !== Infinity && most > MOST_TIMES))
      throw new PatternError(`${found[0]} is out of bounds`);
    return [least, most];
  };

  const sequence = (): Node => {
    const parts: Node[] = [];
    while (peek() !== undefined && peek() !== '|' && peek() !== ')') {
      const one = atom();
      const times = bounds();
      parts.push(times === undefined ? one : { kind: 'times', of: one, least: times[0], most: times[1] });
      if (times !== undefined && bounds() !== undefined) throw new PatternError('two repetitions in a row');
    }
    return { kind: 'all', parts };
  };

  const choice = (): Node => {
    const parts = [sequence()];
    while (peek() === '|') {
      at += 1;
      parts.push(sequence());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { kind: 'one', parts };
  };

  const whole = choice();
  if (at < chars.length) throw new PatternError('a bracket is closed that was not opened');
  return whole;
}

function compile(node: Node, steps: Step[]): void {
  const add = (step: Step): number => {
    if (steps.length >= MOST_STEPS) throw new PatternError('it is too long');
    return steps.push(step) - 1;
  };
  switch (node.kind) {
    case 'char':
    case 'start':
    case 'end':
      add(node);
      return;
    case 'all':
      for (const part of node.parts) compile(part, steps);
      return;
    case 'one': {
      const starts: number[] = [];
      const ends: number[] = [];
      const split = add({ kind: 'match' });
      for (const part of node.parts) {
        starts.push(steps.length);
        compile(part, steps);
        ends.push(add({ kind: 'match' }));
      }
      steps[split] = { kind: 'split', to: starts };
      for (const end of ends) steps[end] = { kind: 'split', to: [steps.length] };
      return;
    }
    case 'times': {
      for (let count = 0; count < node.least; count += 1) compile(node.of, steps);
      if (node.most === Infinity) {
        const loop = add({ kind: 'match' });
        compile(node.of, steps);
        add({ kind: 'split', to: [loop] });
        steps[loop] = { kind: 'split', to: [loop + 1, steps.length] };
        return;
      }
      const skips: number[] = [];
      for (let count = node.least; count < node.most; count += 1) {
        skips.push(add({ kind: 'match' }));
        compile(node.of, steps);
      }
      for (const skip of skips) steps[skip] = { kind: 'split', to: [skip + 1, steps.length] };
      return;
    }
    default:
      node satisfies never;
  }
}

/** Whether a text holds the pattern somewhere. A pattern that is none gives why in words. */
export function linearPattern(source: string): Pattern | string {
  const steps: Step[] = [];
  try {
    compile(parse(source), steps);
  } catch (error) {
    if (error instanceof PatternError) return error.message;
    throw error;
  }
  steps.push({ kind: 'match' });
  return (text) => matches(steps, Array.from(text));
}

function matches(steps: readonly Step[], chars: readonly string[]): boolean {
  let now = new Set<number>();
  for (let at = 0; at <= chars.length; at += 1) {
    // A match may begin at every place.
    const open = [...now, 0];
    now = new Set();
    const reached = new Set<number>();
    const char = chars[at];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      const step = steps[next];
      switch (step?.kind) {
        case 'match':
          return true;
        case 'split':
          open.push(...step.to);
          break;
        case 'start':
          if (at === 0) open.push(next + 1);
          break;
        case 'end':
          if (at === chars.length) open.push(next + 1);
          break;
        case 'char':
          if (char !== undefined && step.holds(char)) now.add(next + 1);
          break;
        case undefined:
          break;
        default:
          step satisfies never;
      }
    }
  }
  return false;
}
