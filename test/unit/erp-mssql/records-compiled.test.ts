import { describe, expect, it } from 'vitest';
import {
  compileWrites,
  keptKey,
  keyFromKept,
  parametersOf,
  type WriteScene,
} from '../../../main/adapters/erp-mssql/records/compile-records.ts';
import { judgeWrite, type WriteAnswer } from '../../../main/adapters/erp-mssql/records/judge-write.ts';
import { liveTable, type LiveTable } from '../../../main/adapters/erp-mssql/records/record-table.ts';
import { idParts, wallTexts } from '../../../main/adapters/erp-mssql/records/record-value.ts';
import { Refused } from '../../../main/adapters/erp-mssql/unit-scope.ts';
import type { CatalogueColumn } from '../../../main/core/drift/catalogue.ts';
import type { RecordWrite } from '../../../main/core/records/record-store.ts';
import { SOURCE } from './units.ts';

const column = (name: string, type: string, more: Partial<CatalogueColumn> = {}): CatalogueColumn => ({
  name,
  type: { name: type, precision: 0, scale: 0, ...(type === 'nvarchar' ? { length: 20 } : {}) },
  nullable: true,
  identity: false,
  computed: false,
  generated: false,
  hasDefault: false,
  ...more,
});
const table: LiveTable = liveTable(
  {
    table: { schema: 'dbo', name: 'A]b' },
    key: ['Id'],
    assigned: [],
    types: new Map([['Name', { kind: 'text' }]]),
  },
  {
    schema: 'dbo',
    name: 'A]b',
    kind: 'table',
    columns: [column('Id', 'int', { identity: true, nullable: false }), column('Name', 'nvarchar')],
    keys: [],
    foreignKeys: [],
    triggers: [],
  },
);
const scene: WriteScene = {
  schema: 'ferry',
  source: SOURCE,
  zone: 'Europe/Sofia',
  fence: { fence: 3, startId: 'start', beat: 9 },
};
const HOSTILE = "x'; DROP TABLE y --";
const create: RecordWrite = {
  kind: 'create',
  intent: 'i-1',
  entity: 'dbo.A]b',
  values: new Map([['Name', HOSTILE]]),
};
const edit: RecordWrite = {
  kind: 'update',
  intent: 'i-2',
  entity: 'dbo.A]b',
  id: '7',
  values: new Map([['Name', 'n']]),
  expected: new Map([['Name', null]]),
};

describe('the batch of writes', () => {
  it('takes lock and fence, then the ledger row, then writes, each in a transaction of its own', () => {
    const { text } = compileWrites(
      [create, edit].map((write) => ({ write, table })),
      scene,
    );
    const order = [
      'BEGIN TRANSACTION',
      'sp_getapplock',
      'SELECT @fence_now',
      'INSERT INTO [ferry].[record_ledger]',
    ];
    for (const [index, part] of text.split('IF @stop = 0').slice(1).entries()) {
      const places = [
        ...order,
        index === 0 ? 'INSERT INTO [dbo].[A]]b]' : 'UPDATE [dbo].[A]]b]',
        'finished_at = SYSUTCDATETIME()',
        'COMMIT TRANSACTION',
      ].map((words) => part.indexOf(words));
      expect(places).not.toContain(-1);
      expect(places).toEqual(places.toSorted((a, b) => a - b));
    }
    expect(text.startsWith('SET NOCOUNT ON;\nSET XACT_ABORT ON;')).toBe(true);
    expect(text).not.toMatch(/MERGE|WAITFOR/);
  });

  it('holds values in parameters only', () => {
    const { text, parameters } = compileWrites([{ write: create, table }], scene);
    expect(text).not.toContain('DROP TABLE');
    expect(parameters.map(({ value }) => value)).toContain(HOSTILE);
  });

  it('guards an update by what was decided upon, NULL for none', () => {
    const { text } = compileWrites([{ write: edit, table }], scene);
    expect(text).toMatch(
      /UPDATE \[dbo\]\.\[A\]\]b\] SET \[Name\] = @p\d+ WHERE .*\[Id\] = CAST\(@p\d+ AS int\).*\[Name\] IS NULL/,
    );
    const other = { ...edit, expected: new Map([['Name', 'a ']]) };
    expect(compileWrites([{ write: other, table }], scene).text).toContain(
      'COLLATE Latin1_General_BIN2 = @p',
    );
  });

  it('refuses what has no room before anything is sent', () => {
    const long = { ...edit, intent: 'i'.repeat(101) };
    expect(() => parametersOf({ write: long, table }, scene)).toThrow(Refused);
    const key = { ...edit, values: new Map([['Id', '8']]) };
    expect(() => parametersOf({ write: key, table }, scene)).toThrow(Refused);
  });
});

describe('keys', () => {
  it.each([[['a']], [['a|b', 'c\\', '']], [['\\|', '|\\', '\n"']]])('%j is kept and found again', (parts) => {
    expect(keyFromKept(keptKey(parts))).toEqual(parts);
  });

  it('of several columns are a list of texts and nothing else', () => {
    expect(idParts('["a","b"]', 2)).toEqual(['a', 'b']);
    for (const id of ['a', '["a"]', '["a",1]', '{}', 'null']) expect(idParts(id, 2)).toBeUndefined();
  });
});

describe('moments', () => {
  it('are one reading of the clock, and the one that never was where it was put forward', () => {
    expect(wallTexts(Date.UTC(2026, 6, 1, 6, 30), 'Europe/Sofia')).toEqual(['2026-07-01T09:30:00']);
    expect(wallTexts(Date.UTC(2026, 2, 29, 1, 30), 'Europe/Sofia')).toHaveLength(2);
  });
});

describe('the answer of a failed write', () => {
  const answer = (more: Partial<WriteAnswer>): WriteAnswer => ({
    outcome: 'failed',
    step: 'write',
    number: 547,
    message: 'no',
    procedure: '',
    line: 1,
    openTransactions: 1,
    ...more,
  });
  it.each([
    [{}, 'refused'],
    [{ number: 1205 }, 'not-sent'],
    [{ number: 1222, step: 'ledger' }, 'not-sent'],
    [{ step: 'commit' }, 'unknown'],
    [{ step: 'lock', number: 51000 }, 'not-sent'],
    [{ step: 'ledger', number: 2627 }, 'look'],
    [{ step: 'ledger', number: 229 }, 'not-sent'],
    [{ step: 'ended', number: 51000 }, 'look'],
    [{ openTransactions: 0, number: 3609 }, 'look'],
    [{ step: 'not-unique', number: 51000 }, 'refused'],
  ] as const)('%j is %s', (more, kind) => {
    expect(judgeWrite(answer(more), edit, 'erp:main')).toMatchObject({ kind });
  });

  it('at the fence is the fence', () => {
    expect(judgeWrite(answer({ step: 'fence', number: 51000 }), edit, 'erp:main')).toBe('fenced');
  });
});
