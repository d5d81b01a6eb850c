import assert from 'node:assert/strict';
import { between, pick, seededRandom, type Random } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import type { ContractCase } from '../contract-case.ts';
import type { TortureColumn, TortureTable } from '../torture-schema.ts';
import { makeTable, mappingFor, plain, readBack, seenBeside, writeRows } from './torture-cases.ts';

type Make = (random: Random) => string;

const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => between(random, 0, 9)).join('');

/** A decimal of the type, in its shortest spelling. */
const decimal =
  (precision: number, scale: number): Make =>
  (random) => {
    const whole = digits(random, between(random, 0, precision - scale)).replace(/^0+/, '') || '0';
    const fraction = digits(random, between(random, 0, scale)).replace(/0+$/, '');
    const value = fraction === '' ? whole : `${whole}.${fraction}`;
    return random() < 0.5 && value !== '0' ? `-${value}` : value;
  };

const whole =
  (bits: number): Make =>
  (random) => {
    let value = 0n;
    for (let bit = 0; bit < between(random, 1, bits - 1); bit += 1)
      value = (value << 1n) | BigInt(between(random, 0, 1));
    return String(random() < 0.5 ? -value : value);
  };

const RANGES = [
  [0x20, 0x7e],
  [0xa0, 0x24f],
  [0x300, 0x36f],
  [0x400, 0x4ff],
  [0x600, 0x6ff],
  [0x4e00, 0x9fff],
  [0x1f300, 0x1f6ff],
  [0x1, 0x1f],
] as const;

const text =
  (most: number): Make =>
  (random) => {
    let made = '';
    const length = between(random, 0, most);
    while (made.length < length) {
      const [low, high] = pick(random, RANGES);
      const next = String.fromCodePoint(between(random, low, high));
      if (made.length + next.length > most) break;
      made += next;
    }
    return made;
  };

const two = (value: number): string => String(value).padStart(2, '0');
const day: Make = (random) =>
  `${between(random, 1753, 9999)}-${two(between(random, 1, 12))}-${two(between(random, 1, 28))}`;
const moment: Make = (random) =>
  `${day(random)}T${two(between(random, 0, 23))}:${two(between(random, 0, 59))}:${two(between(random, 0, 59))}.${String(between(random, 0, 999)).padStart(3, '0')}`;
const bytes =
  (most: number): Make =>
  (random) =>
    Buffer.from(Array.from({ length: between(random, 1, most) }, () => between(random, 0, 255))).toString(
      'base64',
    );
const guid: Make = (random) => {
  const hex = Array.from({ length: 32 }, () => between(random, 0, 15).toString(16).toUpperCase()).join('');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
};

const COLUMNS: readonly (readonly [sql: string, mapped: string, make: Make])[] = [
  ['nvarchar(60) NULL', 'text(60)', text(60)],
  ['nvarchar(max) NULL', 'text', text(5000)],
  ['decimal(38,0) NULL', 'decimal(38,0)', decimal(38, 0)],
  ['decimal(38,10) NULL', 'decimal(38,10)', decimal(38, 10)],
  ['decimal(18,4) NULL', 'decimal(18,4)', decimal(18, 4)],
  ['money NULL', 'decimal(18,4)', decimal(18, 4)],
  ['int NULL', 'int', whole(32)],
  ['bigint NULL', 'bigint', whole(64)],
  ['bit NULL', 'bool', (random) => String(between(random, 0, 1))],
  ['date NULL', 'date', day],
  ['datetime2(3) NULL', 'datetime', moment],
  ['datetime2(7) NULL', 'datetime', moment],
  ['uniqueidentifier NULL', 'guid', guid],
  ['varbinary(40) NULL', 'binary', bytes(40)],
  ['varbinary(max) NULL', 'binary', bytes(3000)],
];

/** `rows` rows of random values, one of ten of them NULL; the seed is in what is found. */
export const randomCases = (rows: number, seed: string): readonly ContractCase[] => [
  {
    group: 'values, there and back',
    name: `${rows * COLUMNS.length} random values of ${COLUMNS.length} column types, seed ${seed}`,
    documented: 'each value is stored as it was given',
    async run(world) {
      const random = seededRandom(seed);
      const table: TortureTable = {
        name: 'T random',
        columns: [
          { name: 'K', sql: 'int NOT NULL PRIMARY KEY', type: 'int' },
          ...COLUMNS.map(([sql, type], index): TortureColumn => ({ name: `c${index}`, sql, type })),
        ],
        rows: Array.from({ length: rows }, (_, index) => [
          String(index + 1),
          ...COLUMNS.map(([, , make]) => (random() < 0.1 ? null : make(random))),
        ]),
      };
      await makeTable(world, table);
      const mapping = mappingFor(table);
      await writeRows(world, mapping, table.rows);
      const read = await readBack(world, mapping, table);
      assert.deepEqual(read, await seenBeside(world, table));
      assert.deepEqual(plain(read, table), table.rows);
    },
  },
];
