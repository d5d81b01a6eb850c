import type { SnapshotSummary } from './snapshot.ts';

/** What the sales application insists on; everything it may carry besides is unknown and let through. */
const REQUIRED_TABLES = ['DeviceSetup', 'CompanyInfo', 'Customer'];

interface FieldRule {
  size?: number | undefined;
  required?: boolean | undefined;
}

const FIELDS: Record<string, Record<string, FieldRule>> = {
  CompanyInfo: {
    Code: { required: true, size: 20 },
    Name: { required: true, size: 100 },
    Address: { size: 100 },
    PhoneNo: { size: 100 },
    Fax: { size: 100 },
    Country: { size: 100 },
    City: { size: 100 },
    CountryRegionId: { size: 30 },
    County: { size: 30 },
    PrimaryFax: { size: 30 },
    PrimaryPhone: { size: 30 },
    VATNum: { size: 30 },
  },
  Customer: {
    No: { required: true },
    Name: { required: true, size: 100 },
    SearchName: { size: 200 },
    Address: { size: 200 },
    City: { size: 30 },
    Country: { size: 30 },
    Email: { size: 70 },
    HomePage: { size: 200 },
  },
};

/** What is wrong with one row, in words; nothing for tables the model does not describe. */
export function rowFindings(table: string, fields: readonly (readonly [string, string])[]): string[] {
  const rules = Object.hasOwn(FIELDS, table) ? FIELDS[table] : undefined;
  if (rules === undefined) return [];
  const findings: string[] = [];
  for (const [name, rule] of Object.entries(rules)) {
    const values = fields.filter(([field]) => field.toLowerCase() === name.toLowerCase());
    if (values.length > 1) findings.push(`${table}.${name} is given twice in one row`);
    const value = values[0]?.[1];
    if (rule.required === true && (value === undefined || value.trim() === ''))
      findings.push(`${table}.${name} is missing`);
    if (rule.size !== undefined && value !== undefined && value.length > rule.size)
      findings.push(`${table}.${name} is longer than ${rule.size}`);
  }
  return findings;
}

/** The tables without which the application does not start: missing ones make the packet useless. */
export function missingTables(summary: SnapshotSummary): string[] {
  return REQUIRED_TABLES.filter((name) => !summary.tables.some((table) => table.name === name));
}

export function tableFindings(summary: SnapshotSummary): string[] {
  const company = summary.tables.find((table) => table.name === 'CompanyInfo');
  return company !== undefined && company.rows > 1 ? ['CompanyInfo has more than one row'] : [];
}
