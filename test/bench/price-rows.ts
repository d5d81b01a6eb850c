import type { SqlColumn, SqlValue } from '../../main/sandbox/tsql/face.ts';

interface PriceField {
  readonly field: string;
  /** As a mapping declares it. */
  readonly type: string;
  /** As the server answers the reader's SELECT: decimals leave it as text. */
  readonly sql: SqlColumn['type'];
}

/** The columns of a price list with its items, as an ERP's view for mobile devices has them. */
export const PRICE_FIELDS: readonly PriceField[] = [
  { field: 'ItemNo', type: 'text(20)', sql: { name: 'nvarchar', length: 20 } },
  { field: 'Description', type: 'text(100)', sql: { name: 'nvarchar', length: 100 } },
  { field: 'PriceGroup', type: 'text(20)', sql: { name: 'nvarchar', length: 20 } },
  { field: 'UnitOfMeasure', type: 'text(10)', sql: { name: 'nvarchar', length: 10 } },
  { field: 'MinimumQuantity', type: 'decimal(18,3)', sql: { name: 'nvarchar', length: 60 } },
  { field: 'UnitPrice', type: 'decimal(19,4)', sql: { name: 'nvarchar', length: 60 } },
  { field: 'ValidFrom', type: 'date', sql: { name: 'date' } },
  { field: 'ChangedAt', type: 'datetime', sql: { name: 'datetime2', scale: 3 } },
];

const UNITS = ['PCS', 'BOX', 'KG', 'бр.', 'PALLET'];
/** 2020-01-01, as the server counts days. */
const FIRST_DAY = 737_424;
const DAY_TICKS = 864_000_000_000;

const digits = (value: number, length: number): string => String(value).padStart(length, '0');

/** Row `index`: some texts not ASCII, some to be escaped, some missing. */
export function priceRow(index: number): readonly SqlValue[] {
  return [
    `I${digits(index, 8)}`,
    index % 5 === 0 ? `Продукт ${index} & части` : `Product ${index} with a name of ordinary length`,
    index % 11 === 0 ? null : `GROUP-${index % 40}`,
    UNITS[index % UNITS.length] ?? '',
    `${index % 12}.000`,
    `${index % 9_999}.${digits(index % 10_000, 4)}`,
    { days: FIRST_DAY + (index % 2_000), ticks: 0 },
    { days: FIRST_DAY + (index % 2_200), ticks: (index * 10_007 * 10_000) % DAY_TICKS },
  ];
}
