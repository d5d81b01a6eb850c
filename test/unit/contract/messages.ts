import type { z } from 'zod';
import { contract, type RequestName } from '../../../shared/contract/contract.ts';

export interface Message {
  readonly name: string;
  readonly args: unknown;
}

export const REQUESTS = Object.keys(contract) as RequestName[];

/** What a schema is made of, as far as the contract uses it. */
interface Definition {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodType>>;
  readonly innerType?: z.ZodType;
  readonly element?: z.ZodType;
  readonly options?: readonly z.ZodType[];
  readonly entries?: Readonly<Record<string, string>>;
  readonly values?: readonly unknown[];
}

const ODD_TEXTS = [
  '',
  ' ',
  'field-sales',
  'P-1',
  '__proto__',
  'constructor',
  '../../etc/passwd',
  "'; DROP TABLE item; --",
  '%',
  '\u0000',
  '\ud800',
  '🚚'.repeat(60),
  '{{constructor}}',
] as const;
const ODD_NUMBERS = [0, 1, 2, 3, -1, 0.5, 1e9, 2 ** 31, 2 ** 53, -0, NaN, Infinity, 1_000, 60_000] as const;

/** Makes messages that are nearly, and sometimes quite, what the contract asks for. */
export class MessageMaker {
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  next(): Message {
    const known = this.#pick(REQUESTS);
    const name = this.#chance(0.9) ? known : this.#oddName(known);
    let args: unknown = this.#chance(0.85) ? this.#like(contract[known].args) : this.#junk(3);
    // Most by far: one that is in order costs the store a look.
    const breaks = this.#chance(0.15) ? 0 : 1 + Math.floor(this.#random() * 3);
    for (let count = 0; count < breaks; count += 1) args = this.#broken(args);
    return { name, args };
  }

  #oddName(name: string): string {
    const cut = Math.floor(this.#random() * name.length);
    return this.#pick([
      '',
      '__proto__',
      'constructor',
      'toString',
      'hasOwnProperty',
      name.toUpperCase(),
      `${name} `,
      `${name}\u0000`,
      `${name.slice(0, cut)}x${name.slice(cut)}`,
      name.slice(0, cut),
      'x'.repeat(5_000),
      '💥',
    ]);
  }

  /** A value the schema is likely to accept. */
  #like(schema: z.ZodType): unknown {
    const definition = (schema as unknown as { readonly def: Definition }).def;
    switch (definition.type) {
      case 'object':
        return Object.fromEntries(
          Object.entries(definition.shape ?? {}).flatMap(([key, inner]) => {
            const value = this.#like(inner);
            return value === undefined ? [] : [[key, value]];
          }),
        );
      case 'optional':
      case 'default':
        return definition.innerType === undefined || this.#chance(0.6)
          ? undefined
          : this.#like(definition.innerType);
      case 'array':
        return Array.from({ length: Math.floor(this.#random() * 4) }, () =>
          definition.element === undefined ? null : this.#like(definition.element),
        );
      case 'union':
        return definition.options === undefined ? undefined : this.#like(this.#pick(definition.options));
      case 'enum':
        return this.#pick(Object.values(definition.entries ?? { none: '' }));
      case 'literal':
        return definition.values?.[0];
      case 'string':
        return this.#pick(ODD_TEXTS);
      case 'number':
        return this.#chance(0.5) ? 1 + Math.floor(this.#random() * 8) : this.#pick(ODD_NUMBERS);
      case 'boolean':
        return this.#chance(0.5);
      default:
        return this.#junk(2);
    }
  }

  #broken(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return this.#junk(2);
    if (Array.isArray(value)) return [...(value as unknown[]).map((one) => this.#broken(one)), this.#junk(1)];
    const copy: Record<string, unknown> = { ...(value as Record<string, unknown>) };
    const keys = Object.keys(copy);
    const key = keys.length === 0 ? 'item' : this.#pick(keys);
    switch (Math.floor(this.#random() * 8)) {
      case 0:
        delete copy[key];
        return copy;
      case 1:
        copy[this.#pick(['extra', 'item', 'link', 'confirm', '0', 'length', 'right', 'granted'])] =
          this.#junk(1);
        return copy;
      case 2:
        return JSON.parse(
          `{"__proto__":{"right":"administer","item":1},"constructor":{"prototype":{"right":1}},${JSON.stringify(key)}:1}`,
        );
      case 3:
        copy[key] = 'x'.repeat(this.#chance(0.02) ? 100_000 : 600);
        return copy;
      case 4:
        copy[key] = this.#deep(this.#chance(0.05) ? 400 : 12);
        return copy;
      case 5:
        copy[key] = [copy[key]];
        return copy;
      case 6:
        return [copy];
      default:
        copy[key] = this.#broken(copy[key]);
        return copy;
    }
  }

  #deep(levels: number): unknown {
    let value: unknown = this.#junk(0);
    for (let level = 0; level < levels; level += 1) value = level % 2 === 0 ? [value] : { value };
    return value;
  }

  #junk(depth: number): unknown {
    switch (Math.floor(this.#random() * (depth > 0 ? 9 : 7))) {
      case 0:
        return null;
      case 1:
        return undefined;
      case 2:
        return this.#chance(0.5);
      case 3:
        return this.#pick(ODD_NUMBERS);
      case 4:
      case 5:
        return this.#pick(ODD_TEXTS);
      case 6:
        return {};
      case 7:
        return Array.from({ length: Math.floor(this.#random() * 4) }, () => this.#junk(depth - 1));
      default:
        return { [this.#pick(ODD_TEXTS)]: this.#junk(depth - 1), item: this.#junk(depth - 1) };
    }
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #chance(share: number): boolean {
    return this.#random() < share;
  }
}
