import { between, chance, digits, pick, seededRandom } from './seeded-random.ts';
import type { Random } from './seeded-random.ts';
import { CITIES, GOODS, OWNERS, PACKS, SHOPS, STREETS, USERS } from './words.ts';

export interface ScaleCounts {
  users: number;
  customersPerRoute: number;
  items: number;
  priceGroups: number;
}

export const SCALES = {
  /** Loads in a blink: unit tests. */
  tiny: { users: 2, customersPerRoute: 6, items: 12, priceGroups: 1 },
  small: { users: 6, customersPerRoute: 25, items: 80, priceGroups: 2 },
  medium: { users: 20, customersPerRoute: 150, items: 1_000, priceGroups: 4 },
  large: { users: 500, customersPerRoute: 200, items: 5_000, priceGroups: 10 },
} as const satisfies Record<string, ScaleCounts>;

export type Scale = keyof typeof SCALES | ScaleCounts;

export interface CompanyOptions {
  seed: number | string;
  scale: Scale;
  /** Day the open invoices and stamps lead up to. */
  today?: string | undefined;
}

/** Values are text as SQL Server would print them, `null` for none; `quoted` says which columns take a text literal. */
export interface TableRows {
  /** Name as written in SQL, quoted. */
  table: string;
  columns: readonly { name: string; quoted: boolean }[];
  rows: readonly (readonly (string | null)[])[];
}

export const SERIES = [
  { table: 'SalesHeader', type: '0', prefix: 'O' },
  { table: 'SalesHeader', type: '1', prefix: 'I' },
  { table: 'SalesHeader', type: '2', prefix: 'R' },
  { table: 'SalesHeader', type: '8', prefix: 'D' },
  { table: 'PaymentHeader', type: '0', prefix: 'P' },
  { table: 'CustomerActivity', type: '101', prefix: 'V' },
  { table: 'TransferHeader', type: '0', prefix: 'T' },
  { table: 'Customer', type: '0', prefix: 'N' },
] as const;

/** Where vans are loaded and unloaded. */
export const MAIN_WAREHOUSE = 'MAIN';

/** How the program names a series: the parts of its key with a stroke between them. */
export const seriesKey = (table: string, type: string): string => `${table}/${type}`;

interface Item {
  no: string;
  price: string;
  units: readonly (readonly [code: string, factor: string])[];
}

/** All rows of the company, in an order that satisfies its foreign keys. Pure: same options, same rows. */
export function companyRows(options: CompanyOptions): TableRows[] {
  const counts = typeof options.scale === 'string' ? SCALES[options.scale] : options.scale;
  const stamp = `${options.today ?? '2026-03-16'}T06:00:00.000`;
  const draw = (topic: string): Random => seededRandom(`${options.seed}/${topic}`);
  const users = mobileUsers(counts);
  const items = catalogue(draw('items'), counts);
  const customers = customerList(draw('customers'), counts, stamp);
  return [
    rowsOf('dbo.Locations', 'Code Name', '', [
      [MAIN_WAREHOUSE, 'Main warehouse'],
      ...users.map(([, full], i) => [vanOf(i), `Van of ${full}`]),
    ]),
    rowsOf('dbo.CompanyInfo', 'Code Name Address City Country Phone VatNo', '', [
      [
        'MERIDIAN',
        'Meridian Wholesale & Co ЕООД',
        'ул. "Пристанищна" 7',
        'София',
        'България',
        '+359 2 000 0000',
        'BG000000000',
      ],
    ]),
    rowsOf('dbo.Currencies', 'CurrencyCode Description', '', [
      ['EUR', 'Euro €'],
      ['BGN', 'Български лев'],
      ['RON', 'Leu românesc'],
    ]),
    rowsOf('dbo.PaymentMethods', 'Code Description PaymentType', 'PaymentType', [
      ['BANK', 'Bank transfer', '1'],
      ['CASH', 'Cash / в брой', '0'],
      ['CHEQUE', 'Cheque', '2'],
    ]),
    rowsOf('dbo.SkipReasons', 'Code Description', '', [
      ['01', 'Closed'],
      ['02', "Owner isn't there"],
      ['03', 'Няма време'],
    ]),
    rowsOf(
      'dbo.MobileUsers',
      'UserName FullName Route PriceGroup VanCode Active',
      'Active',
      users.map(userRow(counts)),
    ),
    rowsOf(
      'dbo.DeviceSetup',
      'UserName SalespersonCode SalespersonName LocationCode DeviceRole Disabled',
      'Disabled',
      users.map(([name, full], i) => [name, `SP${pad(i + 1, 3)}`, full, vanOf(i), 'Sales', '0']),
    ),
    rowsOf(
      'dbo.DeviceSeries',
      'UserName SeriesKey TableName DocumentType Prefix StartNo',
      'DocumentType StartNo',
      users.flatMap(([name], i) =>
        SERIES.map(({ table, type, prefix }) => [
          name,
          seriesKey(table, type),
          table,
          type,
          `${prefix}${pad(i + 1, 3)}-`,
          String(i * 100),
        ]),
      ),
    ),
    customers.table,
    addresses(draw('addresses'), customers.numbers),
    items.table,
    rowsOf(
      'dbo.[Item Unit]',
      'ItemNo Unit_Code Factor',
      'Factor',
      items.list.flatMap((item) => item.units.map(([code, factor]) => [item.no, code, factor])),
    ),
    prices(draw('prices'), counts, items.list),
    vanStock(draw('stock'), counts, items.list),
    openInvoices(draw('invoices'), customers.numbers, options.today ?? '2026-03-16'),
  ];
}

/** Column names are given in one line, `_` for a blank; those in `plain` take numbers. */
function rowsOf(table: string, names: string, plain: string, rows: (string | null)[][]): TableRows {
  const numbers = plain.split(' ');
  return {
    table,
    columns: names
      .split(' ')
      .map((name) => ({ name: name.replaceAll('_', ' '), quoted: !numbers.includes(name) })),
    rows,
  };
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
const routeOf = (user: number): string => `ROUTE-${pad(user + 1, 3)}`;
const vanOf = (user: number): string => `VAN${pad(user + 1, 3)}`;
const groupOf = (user: number, counts: ScaleCounts): string => `PG${(user % counts.priceGroups) + 1}`;

function mobileUsers(counts: ScaleCounts): (readonly [name: string, full: string])[] {
  return Array.from({ length: counts.users }, (_, i) => USERS[i] ?? [`rep${pad(i + 1, 3)}`, `Rep ${i + 1}`]);
}

const userRow =
  (counts: ScaleCounts) =>
  ([name, full]: readonly [string, string], i: number): string[] => [
    name,
    full,
    routeOf(i),
    groupOf(i, counts),
    vanOf(i),
    '1',
  ];

// A few numbers no one would choose and every ERP has.
const ODD_NUMBERS: Readonly<Record<number, string>> = {
  2: "C-10003'",
  3: 'C&10004',
  4: 'C]10005',
  5: 'Γ 10006',
};

function customerList(
  random: Random,
  counts: ScaleCounts,
  stamp: string,
): { table: TableRows; numbers: string[] } {
  const numbers: string[] = [];
  const rows: (string | null)[][] = [];
  const perhaps = (share: number, make: () => string): string | null =>
    chance(random, share) ? make() : null;
  for (let user = 0; user < counts.users; user++) {
    for (let i = 0; i < counts.customersPerRoute; i++) {
      const index = numbers.length;
      const no = ODD_NUMBERS[index] ?? `C-${10001 + index}`;
      numbers.push(no);
      const [city, country] = pick(random, CITIES);
      const owner = pick(random, OWNERS);
      rows.push([
        no,
        `${owner} ${pick(random, SHOPS)}`,
        perhaps(0.6, () => owner.toUpperCase()),
        perhaps(0.9, () => `${pick(random, STREETS)} ${between(random, 1, 180)}`),
        city,
        country,
        perhaps(0.4, () => `shop${index}@example.com`),
        perhaps(0.1, () => `https://example.com/?shop=${index}&lang=bg`),
        perhaps(0.5, () => `BG${digits(random, 9)}`),
        routeOf(user),
        groupOf(user, counts),
        pick(random, ['EUR', 'BGN']),
        perhaps(0.7, () => `${between(random, 1, 90)}000.${digits(random, 4)}`),
        perhaps(0.8, () => `42.${digits(random, 6)}`),
        perhaps(0.8, () => `23.${digits(random, 6)}`),
        '0',
        stamp,
      ]);
    }
  }
  const table = rowsOf(
    'dbo.Customers',
    'CustomerNo Name SearchName Address City Country Email HomePage VatNo Route PriceGroup CurrencyCode CreditLimit Latitude Longitude Blocked ModifiedAt',
    'CreditLimit Latitude Longitude Blocked',
    rows,
  );
  return { table, numbers };
}

function addresses(random: Random, customers: readonly string[]): TableRows {
  const rows: (string | null)[][] = [];
  for (const customer of customers) {
    const count = between(random, 0, 2);
    for (let i = 1; i <= count; i++) {
      const [city] = pick(random, CITIES);
      rows.push([
        customer,
        `A${i}`,
        `${pick(random, SHOPS)} ${i}`,
        `${pick(random, STREETS)} ${between(random, 1, 99)}`,
        city,
        chance(random, 0.5) ? `+359 88 ${digits(random, 7)}` : null,
      ]);
    }
  }
  return rowsOf('dbo.Addresses', 'CustomerNo Code Name Address City Phone', '', rows);
}

/** More digits than a JS number holds: a price that has been one shows. */
const PRECISE_PRICE = '1234567890123.456789';

function catalogue(random: Random, counts: ScaleCounts): { table: TableRows; list: Item[] } {
  const list: Item[] = [];
  const rows: (string | null)[][] = [];
  for (let i = 0; i < counts.items; i++) {
    const no = i === 1 ? "I'0002 &]" : `I${pad(i + 1, 5)}`;
    const price = i === 0 ? PRECISE_PRICE : priceText(random, 250);
    const units: [string, string][] = [['PCS', '1']];
    if (i > 0 && chance(random, 0.7)) units.push(['BOX', pick(random, ['6', '12', '24'])]);
    if (i > 0 && chance(random, 0.2)) units.push(['KG', `0.${digits(random, 5)}7`]);
    list.push({ no, price, units });
    const name = `${pick(random, GOODS)} ${pick(random, PACKS)}`;
    rows.push([
      no,
      name,
      chance(random, 0.5) ? name.toUpperCase() : null,
      'PCS',
      price,
      pick(random, ['20', '9', '0']),
      `${between(random, 0, 5000)}.${digits(random, 3)}`,
      chance(random, 0.2) ? '1' : '0',
      '2026-01-05T09:30:00.000',
    ]);
  }
  const table = rowsOf(
    'dbo.Items',
    'ItemNo Description SearchDescription BaseUnit UnitPrice VatPercent Inventory PriceIncludesVat ModifiedAt',
    'UnitPrice VatPercent Inventory PriceIncludesVat',
    rows,
  );
  return { table, list };
}

/** Four to six decimal places, the last one never zero. */
const priceText = (random: Random, most: number): string =>
  `${between(random, 0, most)}.${digits(random, between(random, 3, 5))}${between(random, 1, 9)}`;

function prices(random: Random, counts: ScaleCounts, items: readonly Item[]): TableRows {
  const rows: (string | null)[][] = [];
  for (let group = 0; group < counts.priceGroups; group++)
    for (const item of items)
      for (const [unit] of item.units)
        rows.push([
          groupOf(group, counts),
          item.no,
          unit,
          item.price === PRECISE_PRICE && unit === 'PCS' ? PRECISE_PRICE : priceText(random, 400),
          chance(random, 0.3) ? '2026-01-01' : null,
        ]);
  return rowsOf('dbo.Prices', 'PriceGroup ItemNo UnitCode Price ValidFrom', 'Price', rows);
}

function vanStock(random: Random, counts: ScaleCounts, items: readonly Item[]): TableRows {
  const rows: (string | null)[][] = [];
  const share = Math.min(1, 40 / items.length);
  for (let user = 0; user < counts.users; user++)
    for (const item of items) {
      if (!chance(random, share)) continue;
      const lots = between(random, 1, 2);
      for (let lot = 1; lot <= lots; lot++)
        rows.push([
          vanOf(user),
          item.no,
          `L${digits(random, 5)}-${lot}`,
          `${between(random, 1, 300)}.${digits(random, 3)}`,
          chance(random, 0.7) ? `2027-0${between(random, 1, 9)}-${pad(between(random, 1, 28), 2)}` : null,
        ]);
    }
  return rowsOf('dbo.VanStock', 'VanCode ItemNo LotNo Quantity ExpiryDate', 'Quantity', rows);
}

function openInvoices(random: Random, customers: readonly string[], today: string): TableRows {
  const rows: (string | null)[][] = [];
  const year = Number(today.slice(0, 4));
  customers.forEach((customer, index) => {
    // The first customer of any route has at least one, so that every phone can take a payment.
    const count = Math.max(index % 3 === 0 ? 1 : 0, between(random, 0, 2));
    for (let i = 0; i < count; i++) {
      const amount = `${between(random, 5, 4000)}.${digits(random, 2)}`;
      const month = between(random, 1, 12);
      rows.push([
        `OI-${pad(rows.length + 1, 6)}`,
        customer,
        `INV${digits(random, 7)}`,
        `${year - 1}-${pad(month, 2)}-${pad(between(random, 1, 28), 2)}`,
        chance(random, 0.9) ? `${year}-${pad(month, 2)}-${pad(between(random, 1, 28), 2)}` : null,
        'EUR',
        amount,
        amount,
      ]);
    }
  });
  return rowsOf(
    'dbo.OpenInvoices',
    'EntryNo CustomerNo DocumentNo PostingDate DueDate CurrencyCode Amount Remaining',
    'Amount Remaining',
    rows,
  );
}
