import { fail, ok, type Result } from '../../../shared/model/result.ts';

/** One element of a list: its text as it came, and what it says. */
export interface JsonSlice {
  readonly raw: string;
  readonly value: unknown;
}

/** The elements of a JSON array with their own text, byte for byte: what is posted back must not be written anew. */
export function jsonSlices(text: string): Result<readonly JsonSlice[], string> {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  let whole: unknown;
  try {
    whole = JSON.parse(body);
  } catch {
    return fail(/^\s*</.test(body) ? 'it is markup, not JSON' : 'it is not JSON');
  }
  if (!Array.isArray(whole)) return fail('it is no JSON array');
  const values: readonly unknown[] = whole;
  const pieces = elementTexts(body);
  if (pieces.length !== values.length) throw new Error('the scanner and JSON.parse disagree');
  return ok(pieces.map((raw, index) => ({ raw, value: values[index] })));
}

/** Cuts a valid JSON array at its top-level commas. */
function elementTexts(text: string): string[] {
  const pieces: string[] = [];
  const end = text.lastIndexOf(']');
  let from = text.indexOf('[') + 1;
  let depth = 0;
  for (let i = from; i < end; i += 1) {
    const char = text.charAt(i);
    if (char === '"') i = stringEnd(text, i);
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    else if (char === ',' && depth === 0) {
      pieces.push(text.slice(from, i).trim());
      from = i + 1;
    }
  }
  const last = text.slice(from, end).trim();
  return last === '' ? pieces : [...pieces, last];
}

function stringEnd(text: string, open: number): number {
  let i = open + 1;
  while (text.charAt(i) !== '"') i += text.charAt(i) === '\\' ? 2 : 1;
  return i;
}
