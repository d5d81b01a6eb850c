import type { Seeder } from './control.ts';
import { stableId } from './metadata/document.ts';
import { seedQuestionnaires } from './seed-questionnaires.ts';

export interface SeedSize {
  readonly customers: number;
  readonly items: number;
  readonly orders: number;
  readonly visits: number;
}

const TOWNS = [
  ['1010', 'Wien'],
  ['04109', 'Leipzig'],
  ['110 00', 'Praha'],
  ['81101', 'Bratislava'],
  ['6020', 'Innsbruck'],
] as const;
const TRADES = ['Tools', 'Bakery: Main Street', 'Café Žofín', 'Müller & Söhne', "O'Neill Supplies"] as const;

/** The same id for the same thing in every sandbox. */
export const seedId = (entity: string, number: number): string => stableId(`${entity} ${number}`);

/** Customers with contacts, items, orders with lines, visit reports and answered questionnaires. */
export function seedFieldSales(
  seeder: Seeder,
  size: SeedSize = { customers: 20, items: 30, orders: 10, visits: 10 },
): void {
  for (let n = 1; n <= size.customers; n++) seedCustomer(seeder, n);
  for (let n = 1; n <= size.items; n++)
    seeder.create(
      'product',
      {
        name: `Item ${n}`,
        productnumber: `A-${String(n).padStart(4, '0')}`,
        price: `${n}.90`,
        quantityonhand: String(n * 10),
        unit: n % 5 === 0 ? 'box' : 'pcs',
      },
      seedId('product', n),
    );
  for (let n = 1; n <= size.orders; n++) seedOrder(seeder, n, size);
  for (let n = 1; n <= size.visits; n++)
    seeder.create(
      'fs_visitreport',
      {
        name: `Visit ${n}`,
        accountid: `account:${seedId('account', 1 + (n % size.customers))}`,
        visitedon: `2026-11-${String(1 + (n % 28)).padStart(2, '0')}T09:30:00Z`,
        result: String(1 + (n % 3)),
        notes: `Shelf checked.\nNext time: ask for ${n} more.`,
        followup: n % 2 === 0 ? 'True' : 'False',
      },
      seedId('fs_visitreport', n),
    );
  seedQuestionnaires(seeder, size.visits);
}

function seedCustomer(seeder: Seeder, n: number): void {
  const [postalCode, city] = TOWNS[n % TOWNS.length] ?? TOWNS[0];
  const account = seeder.create(
    'account',
    {
      name: `${TRADES[n % TRADES.length] ?? ''} ${n}`,
      accountnumber: String(n).padStart(6, '0'),
      telephone1: `+43 1 ${String(5_550_000 + n)}`,
      address1_line1: `Hauptstraße ${n}`,
      address1_postalcode: postalCode,
      address1_city: city,
      creditlimit: `${n * 1000}.50`,
      discountpercent: `${n % 10}.5`,
      address1_latitude: '48.2082',
      industrycode: String(1 + (n % 3)),
      ...(n % 7 === 0 ? { statuscode: '5' } : {}),
    },
    seedId('account', n),
  );
  seeder.create(
    'contact',
    {
      fullname: `Jana Example ${n}`,
      firstname: 'Jana',
      lastname: `Example ${n}`,
      mobilephone: `+43 660 ${String(5_550_000 + n)}`,
      birthdate: '1985-04-12T00:00:00Z',
      parentcustomerid: `account:${account}`,
    },
    seedId('contact', n),
  );
}

function seedOrder(seeder: Seeder, n: number, size: SeedSize): void {
  const order = seeder.create(
    'salesorder',
    {
      name: `Order ${n}`,
      ordernumber: `W${String(n).padStart(5, '0')}`,
      customerid: `account:${seedId('account', 1 + (n % size.customers))}`,
      requesteddeliverydate: '2026-12-01T00:00:00Z',
      statuscode: n % 3 === 0 ? '3' : '1',
    },
    seedId('salesorder', n),
  );
  for (let line = 1; line <= 1 + (n % 4); line++) {
    const item = 1 + ((n * 7 + line) % size.items);
    seeder.create(
      'salesorderdetail',
      {
        name: `Item ${item}`,
        salesorderid: `salesorder:${order}`,
        productid: `product:${seedId('product', item)}`,
        lineitemnumber: String(line),
        quantity: `${line}.5`,
        priceperunit: `${item}.90`,
      },
      seedId('salesorderdetail', n * 10 + line),
    );
  }
}
