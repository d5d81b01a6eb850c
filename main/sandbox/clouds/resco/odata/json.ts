import { respond } from '../rest/answers.ts';
import type { RescoFault } from '../state/fault.ts';

/** A number with all its digits, as text. */
export class Digits {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Json =
  string | number | boolean | null | Digits | readonly Json[] | { readonly [name: string]: Json };

/** JSON in which decimals keep their digits. */
export function jsonText(value: Json): string {
  if (value instanceof Digits) return value.text;
  if (Array.isArray(value)) return `[${value.map((one) => jsonText(one as Json)).join(',')}]`;
  if (value !== null && typeof value === 'object')
    return `{${Object.entries(value)
      .map(([name, one]) => `${JSON.stringify(name)}:${jsonText(one as Json)}`)
      .join(',')}}`;
  return JSON.stringify(value);
}

/** Parses a body; numbers come as their own text. Undefined when it is no JSON object. */
export function parseJson(body: string): Readonly<Record<string, Json>> | undefined {
  // The third argument is younger than the type definitions.
  const reviver = (_: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? new Digits(context?.source ?? String(value)) : value;
  try {
    const value = JSON.parse(body, reviver) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value) || value instanceof Digits)
      return undefined;
    return value as Record<string, Json>;
  } catch {
    return undefined;
  }
}

const TYPE = 'application/json; odata.metadata=minimal; charset=utf-8';

export const json = (status: number, value: Json, headers: Readonly<Record<string, string>> = {}): Response =>
  respond(status, TYPE, jsonText(value), { 'odata-version': '4.0', ...headers });

export function odataError(status: number, code: string, message: string): Response {
  return json(status, { error: { code, message, target: '', details: [], innererror: {} } });
}

const STATUS = { record: 404, entity: 404, privilege: 403 } as const;

/** A refusal as OData words it. */
export function refusal(fault: RescoFault): Response {
  const status = fault.missing === undefined ? 500 : STATUS[fault.missing];
  return odataError(status, String(fault.code), fault.message);
}
