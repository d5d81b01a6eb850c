import { editing } from './edits.ts';
import type { Mutant } from './mutant.ts';

const body = (edit: (text: string) => string) => editing(['upload'], { body: edit });
const blank = (text: string): string => ' '.repeat(new TextEncoder().encode(text).length);

/** Clients whose snapshots are wrong. All keep the announced length: only what is in it can give them away. */
export const OF_SNAPSHOTS: readonly Mutant[] = [
  {
    rule: 22,
    does: 'writes one table twice',
    seen: /rejected: the table CompanyInfo occurs twice/,
    wire: body((text) => text.replace('tablename="DeviceSetup"', 'tablename="CompanyInfo"')),
  },
  {
    rule: 22,
    does: 'writes what is not well-formed',
    seen: /rejected: not well-formed/,
    wire: body((text) => text.replace('</NavMobileSync>', '</NavMobileSync ')),
  },
  {
    rule: 23,
    does: 'writes another user into the packet',
    seen: /rejected: the packet is for ann4/,
    wire: body((text) => text.replace('salesmancode="anna"', 'salesmancode="ann4"')),
  },
  {
    rule: 24,
    does: 'has no table DeviceSetup',
    seen: /rejected: required tables are missing: DeviceSetup/,
    wire: body((text) => text.replace('tablename="DeviceSetup"', 'tablename="DeviceSet_p"')),
  },
  {
    rule: 25,
    does: 'leaves out a required field',
    seen: /rejected: CompanyInfo.Code is missing/,
    wire: body((text) => text.replaceAll('Code>', 'C0de>')),
  },
  {
    rule: 26,
    does: 'sends rows to be deleted',
    seen: /warned: rows of Customer with status delete were left out/,
    wire: body((text) => text.replaceAll('status="insert"', 'status="delete"')),
  },
  {
    rule: 27,
    does: 'sends only what has changed',
    seen: /the phone of anna has DeviceSetup 1, CompanyInfo 1, Customer 1/,
    wire: () => {
      const known = new Set<string>();
      return body((text) =>
        text.replace(/<r status="insert"><No>[^]*?<\/r>/g, (row) => {
          if (known.has(row)) return blank(row);
          known.add(row);
          return row;
        }),
      )();
    },
  },
];
