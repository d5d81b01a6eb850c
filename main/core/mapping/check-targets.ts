import type { DocumentHandler } from '../../../shared/model/mapping.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import type { WriteTarget } from '../../../shared/model/mapping-targets.ts';
import type { PullValue } from '../../../shared/model/mapping-values.ts';

type Path = readonly (string | number)[];
type Report = (path: Path, message: string, hint: string) => void;
type Write = DocumentHandler['write'];

const lower = (text: string): string => text.toLowerCase();
const shown = ({ schema, name }: SqlName): string => `${schema}.${name}`;

/** Whether rows go where they may go, and whether somebody says what becomes of those handed over. Pure. */
export function checkTargets(handler: DocumentHandler, path: Path, report: Report): void {
  checkTable(handler.write, [...path, 'write'], report);
  checkHandover(handler, path, report);
  handler.lines.forEach(({ write }, index) => {
    const at: Path = [...path, 'lines', index, 'write'];
    checkTable(write, at, report);
    checkLine(handler.write.to, write.to, [...at, 'to'], report);
  });
}

function checkTable({ to, values }: Write, path: Path, report: Report): void {
  if (!('table' in to)) return;
  if (to.upsert === undefined && to.rawInsert === undefined)
    report(
      [...path, 'to'],
      `rows would go straight into ${shown(to.table)}, past the ERP's own rules`,
      'name a procedure or a staging table of the ERP, or say "rawInsert": true where this is meant',
    );
  if (to.upsert === undefined) return;
  if (to.rawInsert !== undefined)
    report(
      [...path, 'to', 'rawInsert'],
      'a row is either inserted or updated by its key',
      'leave out "rawInsert" or "upsert"',
    );
  checkUpsert(to.upsert, values, path, report);
}

type Upsert = NonNullable<Extract<WriteTarget, { readonly table: SqlName }>['upsert']>;

function checkUpsert(upsert: Upsert, values: Write['values'], path: Path, report: Report): void {
  const given = new Map(Object.entries(values).map(([name, value]) => [lower(name), value]));
  const keys = new Set<string>();
  upsert.key.forEach((name, index) => {
    const at: Path = [...path, 'to', 'upsert', 'key', index];
    if (keys.has(lower(name))) report(at, `"${name}" occurs twice`, 'keep one of them');
    keys.add(lower(name));
    const value = given.get(lower(name));
    if (value === undefined)
      report(at, `the key column "${name}" is not written`, 'map it in "values": the row is found by it');
    else if (mayBeNull(value))
      report(
        at,
        `the key column "${name}" may be empty, and no row can be found by nothing`,
        'make its value required, or give it a default',
      );
  });
  if (upsert.onExisting === 'update' && [...given.keys()].every((name) => keys.has(name)))
    report(
      [...path, 'to', 'upsert', 'onExisting'],
      'there is nothing to update: only key columns are written',
      'map another column, or say "onExisting": "keep"',
    );
}

function mayBeNull(value: PullValue): boolean {
  if ('field' in value) return !value.required && isNull(value.default, value.type);
  if ('constant' in value) return isNull(value.constant, value.type);
  if ('cel' in value) return !value.required;
  // What is looked up may itself be NULL in the ERP: such a key is refused when it is written.
  return 'lookup' in value && value.otherwise === 'null';
}

/** Empty text stands for nothing in every type but text. */
const isNull = (text: string | undefined, type: string): boolean =>
  text === undefined || (text === '' && !type.startsWith('text'));

function checkHandover({ write, returns, erpStatus }: DocumentHandler, path: Path, report: Report): void {
  if (!('staging' in write.to)) {
    if (erpStatus !== undefined)
      report(
        [...path, 'erpStatus'],
        'nothing is handed over here: only a row of a staging table is decided later',
        'leave it out, or write to { "staging": … }',
      );
    return;
  }
  if (erpStatus === undefined) {
    report(
      [...path, 'erpStatus'],
      `nobody would hear what becomes of the rows in ${shown(write.to.staging)}`,
      'name the status column and its values: "erpStatus": { "column", "accepted", "refused" }',
    );
  } else {
    const accepted = new Set(erpStatus.accepted.map(plain));
    erpStatus.refused.forEach((text, index) => {
      if (accepted.has(plain(text)))
        report(
          [...path, 'erpStatus', 'refused', index],
          `"${text}" means accepted and refused`,
          'leave it in one of them',
        );
    });
    const own = Object.entries(write.values).find(([name]) => lower(name) === lower(erpStatus.column))?.[1];
    const decided = new Set([...accepted, ...erpStatus.refused.map(plain)]);
    if (own !== undefined && 'constant' in own && decided.has(plain(own.constant)))
      report(
        [...path, 'write', 'values', erpStatus.column],
        `the row would say "${own.constant}" before the ERP has seen it`,
        'write a value that means: not decided yet',
      );
  }
  if (returns.key === undefined)
    report(
      [...path, 'returns', 'key'],
      'the row could not be found again to ask what became of it',
      'name the key column of the staging table: "returns": { "key": { "name", "type" } }',
    );
}

const plain = (text: string): string => lower(text.trim());

function checkLine(header: WriteTarget, line: WriteTarget, at: Path, report: Report): void {
  if ('staging' in line && !('staging' in header))
    report(
      at,
      `${shown(line.staging)} is a staging table, but its document is not handed over`,
      'hand the header over to a staging table too, or say "rawInsert": true of this one',
    );
  if ('table' in line && 'staging' in header)
    report(
      at,
      `lines would be in ${shown(line.table)} before the ERP has accepted their document`,
      'hand the lines over to a staging table too',
    );
}
