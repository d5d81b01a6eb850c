import { createHash } from 'node:crypto';
import type { FieldTexts, RecordWrite } from '../../../core/records/record-store.ts';
import { columnTypeText } from '../../../core/drift/catalogue.ts';
import type { FenceToken } from '../fence.ts';
import { ledgerNames, lockResource, storedSource } from '../ledger-names.ts';
import { atKey, columnText, selectRecords, type RecordColumns } from '../queries/records.ts';
import {
  COMMIT_RECORD,
  countRecord,
  declareKey,
  deleteRecord,
  finishIntent,
  guarded,
  hashOfRecord,
  insertIntent,
  insertRecord,
  INTENT_LENGTH,
  RECORD_KEY_LENGTH,
  recordLedgerName,
  recordsBatch,
  refuseAbsent,
  storedKey,
  updateRecord,
} from '../queries/records-write.ts';
import type { Named } from '../queries/unit-writes.ts';
import type { SqlParameter } from '../sql-connection.ts';
import { castOf } from '../sql-value.ts';
import { limited, MAX_PARAMETERS, Parameters, Refused } from '../unit-scope.ts';
import {
  fieldColumn,
  findColumn,
  isAssigned,
  sameName,
  type LiveTable,
  type RecordColumn,
} from './record-table.ts';
import { givenValue, idParts } from './record-value.ts';
import { guards, whereId } from './record-where.ts';

export interface CompiledWrites {
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
}

export interface WriteAt {
  readonly write: RecordWrite;
  readonly table: LiveTable;
}

export interface WriteScene {
  readonly schema: string;
  readonly source: string;
  readonly zone: string;
  readonly fence: FenceToken;
}

/** What is read back of a record, and in which order: every column the mapping names. */
export const readBack = (table: LiveTable): RecordColumns & { readonly names: readonly string[] } => ({
  table: table.object,
  key: table.key,
  fields: [...table.mapped.values()],
  names: [...table.mapped.keys()],
  version: table.version,
  changedAt: table.changedAt?.column,
  filter: undefined,
});

/** What was asked under an intent: the same intent with other contents is somebody's mistake. */
export const contentHash = (write: RecordWrite): string => {
  const texts = (fields: FieldTexts): unknown => [...fields].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const content =
    write.kind === 'create'
      ? [write.kind, write.entity, texts(write.values)]
      : [write.kind, write.entity, write.id, write.kind === 'update' ? texts(write.values) : []];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
};

/** Key parts as the ledger keeps them. */
export const keptKey = (parts: readonly string[]): string =>
  parts.map((part) => part.replaceAll('\\', '\\\\').replaceAll('|', '\\|')).join('|');

export function keyFromKept(kept: string): readonly string[] {
  const parts = [''];
  for (let at = 0; at < kept.length; at += 1) {
    const char = kept.charAt(at);
    if (char === '|') parts.push('');
    else {
      if (char === '\\') at += 1;
      parts[parts.length - 1] += char === '\\' ? kept.charAt(at) : char;
    }
  }
  return parts;
}

/** How many parameters one write takes, or why it cannot be sent at all: Refused. */
export function parametersOf(at: WriteAt, scene: WriteScene): number {
  const p = new Parameters();
  bodyOf(at, 0, scene, p);
  return p.all.length;
}

/** Room for writes beside the parameters all of them share. */
export const ROOM = MAX_PARAMETERS - 10;

/** Writes as one batch, each a transaction of its own. Throws Refused, which `parametersOf` has ruled out. */
export function compileWrites(writes: readonly WriteAt[], scene: WriteScene): CompiledWrites {
  const p = new Parameters();
  p.fixed('lock', lockResource(scene.schema, scene.source));
  p.fixed('source', storedSource(scene.source));
  p.fixed('fence', String(scene.fence.fence));
  p.fixed('start', scene.fence.startId);
  p.fixed('beat', String(scene.fence.beat));
  const made = writes.map((at, index) => bodyOf(at, index, scene, p));
  const text = recordsBatch(
    ledgerNames(scene.schema).lease,
    made.flatMap(({ declarations }) => declarations),
    made.map(({ body }) => body),
  );
  return { text, parameters: p.all };
}

interface Body {
  readonly declarations: readonly string[];
  readonly body: string;
}

function bodyOf({ write, table }: WriteAt, index: number, scene: WriteScene, p: Parameters): Body {
  const ledger = recordLedgerName(scene.schema);
  const intent = p.text(limited('the intent', write.intent, INTENT_LENGTH));
  const entry = insertIntent(ledger, {
    intent,
    entity: p.text(write.entity),
    operation: p.text(write.kind),
    hash: p.text(contentHash(write)),
  });
  const start = `${entry}\nSET @step = N'write';`;
  const marker = `ferry_stored_${index}`;
  if (write.kind === 'create') {
    const values = valuesOf(table, write.values, scene.zone, p, false);
    const key = table.key.map((column, at) => ({ column, variable: `@w${index}_k${at}` }));
    const where = atKey(
      't',
      table.key,
      key.map(({ variable }) => variable),
    );
    return {
      declarations: [
        declareKey(
          `@w${index}`,
          key.map(({ column, variable }) => ({ variable, sqlType: serverType(table, column) })),
        ),
      ],
      body: [
        start,
        insertRecord(
          table.object,
          values,
          key.map(({ column, variable }) => ({ name: column.name, variable })),
          `@w${index}`,
        ),
        refuseAbsent(table.object, where),
        selectRecords(readBack(table), where, marker),
        finishIntent(ledger, intent, storedKey(key), writtenHash(table, write.values, where)),
        COMMIT_RECORD,
      ].join('\n'),
    };
  }
  const parts = idParts(write.id, table.key.length);
  const at = whereId(table, write.id, '', p);
  const ofT = whereId(table, write.id, 't', p);
  if (parts === undefined || at === undefined || ofT === undefined) throw new NoSuchId();
  const decided = [at, ...guards(table, write.expected, scene.zone, p)]
    .map((one) => `(${one})`)
    .join(' AND ');
  const kept = p.text(limited('the key', keptKey(parts), RECORD_KEY_LENGTH));
  const now = selectRecords(readBack(table), ofT, marker);
  const finish = (hash: string): string => `${finishIntent(ledger, intent, kept, hash)}\n${COMMIT_RECORD}`;
  if (write.kind === 'delete')
    return {
      declarations: [],
      body: `${start}\n${guarded(deleteRecord(table.object, decided), finish('NULL'), table.object, ofT, now)}`,
    };
  const changes = valuesOf(table, write.values, scene.zone, p, true);
  const change =
    changes.length === 0 ? countRecord(table.object, decided) : updateRecord(table.object, changes, decided);
  const done = `${now}\n${finish(writtenHash(table, write.values, ofT))}`;
  return { declarations: [], body: `${start}\n${guarded(change, done, table.object, ofT, now)}` };
}

/** The id is none of this table's: there is no such record. Never leaves the folder. */
export class NoSuchId extends Error {
  constructor() {
    super('no row of the table can have this id');
    this.name = 'NoSuchId';
  }
}

const writtenHash = (table: LiveTable, values: FieldTexts, where: string): string =>
  hashOfRecord(
    table.object,
    [...values.keys()].map((name) => columnText('t', fieldColumn(table, name))),
    where,
  );

function serverType({ object }: LiveTable, { name }: RecordColumn): string {
  const column = findColumn(object, name);
  if (column === undefined) throw new Error('a key column that is not there');
  return columnTypeText(column.type);
}

function valuesOf(
  table: LiveTable,
  values: FieldTexts,
  zone: string,
  p: Parameters,
  update: boolean,
): readonly Named[] {
  return [...values].map(([name, value]) => {
    const column = fieldColumn(table, name);
    if (update && table.key.some((key) => sameName(key.name, column.name)))
      throw new Refused('key-column', 'a column of the key is not changed', table.entity, name);
    const server = findColumn(table.object, column.name);
    if (server === undefined || isAssigned(server, table.given))
      throw new Refused('assigned-column', 'the ERP gives this column its values itself', table.entity, name);
    if (value === null) {
      if (!server.nullable) throw new Refused('no-value', 'the column must have a value', table.entity, name);
      return { name: column.name, expression: 'NULL' };
    }
    const checked = givenValue(value, column, zone);
    if (!checked.ok) throw new Refused(checked.code, checked.message, table.entity, name);
    return { name: column.name, expression: castOf(p.add(checked.type, checked.value), column.type) };
  });
}
