import type { DeviceSnapshot, SnapshotRow } from '../phones/device-snapshot.ts';
import type { Columns } from './document.ts';
import { selectText } from './from-erp.ts';
import { plain, wallClock } from './values.ts';
import type { ErpQuery, Kind } from './values.ts';

export interface SnapshotFinding {
  /** `missing` on the phone, `extra` there, a field `different`, or a number series `behind` numbers already used. */
  kind: 'missing' | 'extra' | 'different' | 'behind';
  user: string;
  table: string;
  /** Key of the row. */
  label: string;
  field?: string | undefined;
  phone?: string | null | undefined;
  erp?: string | null | undefined;
}

export interface SnapshotVerdict {
  users: number;
  /** Rows compared, over all users. */
  rows: number;
  clean: boolean;
  details: SnapshotFinding[];
}

export interface SnapshotJudgeOptions {
  /** What each phone holds. */
  snapshots: Iterable<DeviceSnapshot>;
  erp: ErpQuery;
  /** Zone of the ERP's wall clock; default that of the sample company. */
  zone?: string | undefined;
}

interface TableRule {
  table: string;
  from: string;
  key: readonly string[];
  /** Fields on the phone; the one named `filter` is not sent, but must equal the user's value. */
  columns: Columns;
  filter?: 'Route' | 'PriceGroup' | 'VanCode' | 'UserName' | undefined;
}

const ROUTE_OF = '(SELECT c.Route FROM dbo.Customers c WHERE c.CustomerNo = t.CustomerNo)';

const RULES: readonly TableRule[] = [
  {
    table: 'DeviceSetup',
    from: 'dbo.DeviceSetup',
    key: ['Code'],
    filter: 'UserName',
    columns: {
      Code: ['UserName', 'text'],
      SalespersonCode: ['SalespersonCode', 'text'],
      SalespersonName: ['SalespersonName', 'text'],
      LocationCode: ['LocationCode', 'text'],
      Role: ['DeviceRole', 'text'],
      Disabled: ['Disabled', 'bool'],
      filter: ['UserName', 'text'],
    },
  },
  {
    table: 'CompanyInfo',
    from: 'dbo.CompanyInfo',
    key: ['Code'],
    columns: {
      Code: ['Code', 'text'],
      Name: ['Name', 'text'],
      Address: ['Address', 'text'],
      PhoneNo: ['Phone', 'text'],
      City: ['City', 'text'],
      Country: ['Country', 'text'],
      VATNum: ['VatNo', 'text'],
    },
  },
  {
    table: 'Customer',
    from: 'dbo.Customers',
    key: ['No'],
    filter: 'Route',
    columns: {
      No: ['CustomerNo', 'text'],
      Name: ['Name', 'text'],
      SearchName: ['SearchName', 'text'],
      Address: ['Address', 'text'],
      City: ['City', 'text'],
      Country: ['Country', 'text'],
      Email: ['Email', 'text'],
      HomePage: ['HomePage', 'text'],
      VATNum: ['VatNo', 'text'],
      PriceGroup: ['PriceGroup', 'text'],
      CurrencyCode: ['CurrencyCode', 'text'],
      CreditLimit: ['CreditLimit', 'decimal'],
      Latitude: ['Latitude', 'decimal'],
      Longitude: ['Longitude', 'decimal'],
      Blocked: ['Blocked', 'bool'],
      ModifiedAt: ['ModifiedAt', 'moment'],
      filter: ['Route', 'text'],
    },
  },
  {
    table: 'Address',
    from: 'dbo.Addresses t',
    key: ['CustomerNo', 'Code'],
    filter: 'Route',
    columns: {
      CustomerNo: ['t.CustomerNo', 'text'],
      Code: ['Code', 'text'],
      Name: ['Name', 'text'],
      Address: ['Address', 'text'],
      City: ['City', 'text'],
      PhoneNo: ['Phone', 'text'],
      filter: [ROUTE_OF, 'text'],
    },
  },
  {
    table: 'Item',
    from: 'dbo.Items',
    key: ['No'],
    columns: {
      No: ['ItemNo', 'text'],
      Description: ['Description', 'text'],
      SearchDescription: ['SearchDescription', 'text'],
      BaseUnit: ['BaseUnit', 'text'],
      UnitPrice: ['UnitPrice', 'decimal'],
      VATPercent: ['VatPercent', 'decimal'],
      Inventory: ['Inventory', 'decimal'],
      PriceIncludesVAT: ['PriceIncludesVat', 'bool'],
    },
  },
  {
    table: 'UOMConversion',
    from: 'dbo.[Item Unit]',
    key: ['ItemNo', 'Code'],
    columns: { ItemNo: ['ItemNo', 'text'], Code: ['[Unit Code]', 'text'], Factor: ['Factor', 'decimal'] },
  },
  {
    table: 'Price',
    from: 'dbo.Prices',
    key: ['ItemNo', 'UnitCode'],
    filter: 'PriceGroup',
    columns: {
      ItemNo: ['ItemNo', 'text'],
      UnitCode: ['UnitCode', 'text'],
      UnitPrice: ['Price', 'decimal'],
      ValidFrom: ['ValidFrom', 'day'],
      filter: ['PriceGroup', 'text'],
    },
  },
  {
    table: 'VanStock',
    from: 'dbo.VanStock',
    key: ['ItemNo', 'LotNo'],
    filter: 'VanCode',
    columns: {
      WarehouseId: ['VanCode', 'text'],
      ItemNo: ['ItemNo', 'text'],
      LotNo: ['LotNo', 'text'],
      Quantity: ['Quantity', 'decimal'],
      ExpiryDate: ['ExpiryDate', 'day'],
      filter: ['VanCode', 'text'],
    },
  },
  {
    table: 'OpenEntry',
    from: 'dbo.OpenInvoices t WHERE t.Remaining <> 0',
    key: ['OpenTransId'],
    filter: 'Route',
    columns: {
      OpenTransId: ['EntryNo', 'text'],
      CustomerNo: ['t.CustomerNo', 'text'],
      DocumentNo: ['DocumentNo', 'text'],
      PostingDate: ['PostingDate', 'day'],
      DueDate: ['DueDate', 'day'],
      CurrencyCode: ['CurrencyCode', 'text'],
      Amount: ['Amount', 'decimal'],
      Remaining: ['Remaining', 'decimal'],
      filter: [ROUTE_OF, 'text'],
    },
  },
  {
    table: 'Currency',
    from: 'dbo.Currencies',
    key: ['CurrencyCode'],
    columns: { CurrencyCode: ['CurrencyCode', 'text'], Txt: ['Description', 'text'] },
  },
  {
    table: 'PaymentMethod',
    from: 'dbo.PaymentMethods',
    key: ['Code'],
    columns: {
      Code: ['Code', 'text'],
      Description: ['Description', 'text'],
      PaymentType: ['PaymentType', 'decimal'],
    },
  },
  {
    table: 'SkipReason',
    from: 'dbo.SkipReasons',
    key: ['Code'],
    columns: { Code: ['Code', 'text'], Description: ['Description', 'text'] },
  },
];

/** Where a user's numbers went, to see that no snapshot sends him back over them. */
const USED = [
  { series: 'SalesHeader', from: 'dbo.SalesOrders', number: 'MobileNo' },
  { series: 'PaymentHeader', from: 'dbo.Payments', number: 'MobileNo' },
  { series: 'CustomerActivity', from: 'dbo.Visits', number: 'VisitNo' },
] as const;

/**
 * Compares what phones hold with the ERP's master data as it is now, both ways, field by field. Meant for a moment when
 * nothing is on its way; changes nothing.
 */
export async function judgeSnapshots(options: SnapshotJudgeOptions): Promise<SnapshotVerdict> {
  const { erp, zone = 'Europe/Sofia' } = options;
  const snapshots = [...options.snapshots];
  const users = await selectText(
    erp,
    {
      UserName: ['UserName', 'text'],
      Route: ['Route', 'text'],
      PriceGroup: ['PriceGroup', 'text'],
      VanCode: ['VanCode', 'text'],
    },
    'dbo.MobileUsers',
  );
  const details: SnapshotFinding[] = [];
  let rows = 0;
  for (const rule of RULES) {
    const all = await selectText(erp, rule.columns, rule.from);
    const byFilter = Map.groupBy(all, (row) => row['filter'] ?? '');
    for (const snapshot of snapshots) {
      const user = users.find((row) => row['UserName'] === snapshot.user);
      if (user === undefined) throw new Error(`the ERP has no mobile user ${snapshot.user}`);
      const due = rule.filter === undefined ? all : (byFilter.get(user[rule.filter] ?? '') ?? []);
      rows += due.length;
      details.push(...compareTable(rule, snapshot, due, zone));
    }
  }
  for (const snapshot of snapshots) details.push(...(await seriesBehind(erp, snapshot)));
  return { users: snapshots.length, rows, clean: details.length === 0, details };
}

function compareTable(
  rule: TableRule,
  snapshot: DeviceSnapshot,
  due: readonly Readonly<Record<string, string | null>>[],
  zone: string,
): SnapshotFinding[] {
  const findings: SnapshotFinding[] = [];
  const labelOf = (row: Readonly<Record<string, string | null>>): string =>
    rule.key.map((name) => row[name] ?? '').join(' / ');
  const about = { user: snapshot.user, table: rule.table };
  const phoneRows = snapshot.rows(rule.table).map((row) => spelled(rule, row, zone));
  const onPhone = Map.groupBy(phoneRows, labelOf);
  const dueLabels = new Set(due.map(labelOf));
  for (const [label, found] of onPhone) {
    const extra = dueLabels.has(label) ? found.slice(1) : found;
    for (const _ of extra) findings.push({ kind: 'extra', ...about, label });
  }
  for (const row of due) {
    const label = labelOf(row);
    const found = onPhone.get(label)?.[0];
    if (found === undefined) {
      findings.push({ kind: 'missing', ...about, label });
      continue;
    }
    for (const field of Object.keys(rule.columns)) {
      if (field === 'filter') continue;
      const kind = rule.columns[field]?.[1];
      const [phone, inErp] = [comparable(found[field], kind), comparable(row[field], kind)];
      if (phone !== inErp) findings.push({ kind: 'different', ...about, label, field, phone, erp: inErp });
    }
  }
  return findings;
}

/** Empty text reaches no device, and moments reach it in whole seconds. */
const comparable = (text: string | null | undefined, kind: Kind | undefined): string | null =>
  text === undefined || text === null || text === ''
    ? null
    : kind === 'moment'
      ? `${text.slice(0, -3)}000`
      : text;

/** The phone's row in the ERP's spelling. A field that is not there and an empty one mean the same to the app. */
function spelled(rule: TableRule, row: SnapshotRow, zone: string): Record<string, string | null> {
  const texts: Record<string, string | null> = {};
  for (const [field, [, kind]] of Object.entries(rule.columns)) {
    const text = row[field];
    if (text === undefined || text === '') texts[field] = null;
    else if (kind === 'day') texts[field] = text.slice(0, 10).replaceAll('-', '');
    else if (kind === 'moment') texts[field] = wallClock(Date.parse(text), zone);
    else texts[field] = plain(text, kind);
  }
  return texts;
}

async function seriesBehind(erp: ErpQuery, snapshot: DeviceSnapshot): Promise<SnapshotFinding[]> {
  const findings: SnapshotFinding[] = [];
  for (const { series, from, number } of USED) {
    const used = await selectText(erp, { user: ['MobileUser', 'text'], number: [number, 'text'] }, from);
    for (const row of snapshot.rows('NumberSeries')) {
      const prefix = row['Prefix'] ?? '';
      if (row['TableName'] !== series) continue;
      const highest = used
        .filter((one) => one['user'] === snapshot.user && one['number']?.startsWith(prefix) === true)
        .map((one) => BigInt(one['number']?.slice(prefix.length) ?? '0'))
        .reduce((best, one) => (one > best ? one : best), 0n);
      if (BigInt(row['CurrentNo'] ?? '0') < highest)
        findings.push({
          kind: 'behind',
          user: snapshot.user,
          table: 'NumberSeries',
          label: `${series} ${prefix}`,
          field: 'CurrentNo',
          phone: row['CurrentNo'] ?? null,
          erp: String(highest),
        });
    }
  }
  return findings;
}
