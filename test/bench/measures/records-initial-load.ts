import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { recordPass } from '../../../main/core/records/pass/record-pass.ts';
import type { EntityShape, Side } from '../../../main/core/records/record-store.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { recordMappingSchema } from '../../../shared/model/record-mapping.ts';
import { MemoryRecords } from '../../support/memory-records.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';
import { rounded, type Measured } from '../figure.ts';
import { addedMemory } from '../resident-memory.ts';

const RECORDS = 100_000;
const FIELDS = ['Code', 'Name', 'Phone', 'City', 'Street', 'Note'] as const;
const LINK = linkId('records');

const shapes = (name: string): readonly EntityShape[] => [
  {
    entity: name,
    key: ['id'],
    fields: FIELDS.map((field) => ({
      name: field,
      type: 'text',
      required: false,
      can: { read: true, create: true, update: true, find: true },
    })),
    remarks: [],
  },
];

const side = (name: Side, entity: string): MemoryRecords =>
  new MemoryRecords({
    side: name,
    shapes: shapes(entity),
    createIdentity: name === 'erp' ? 'ledger' : 'client-id',
    deletions: 'reported',
    keepHistory: false,
    idsPerRead: 100,
    writesPerCall: 100,
  });

function fill(records: MemoryRecords, rows: number): void {
  for (let row = 0; row < rows; row += 1)
    records.insert('dbo.Customer', String(row), {
      Code: `C${row}`,
      Name: `Customer number ${row}`,
      Phone: `+359 2 ${row}`,
      City: `City ${row % 500}`,
      Street: `Street ${row}`,
      Note: null,
    });
}

const mapping = recordMappingSchema.parse({
  mappingVersion: 1,
  name: 'records',
  kind: 'records',
  entities: [
    {
      entity: 'customer',
      erp: { table: { name: 'Customer' }, key: ['Id'] },
      cloud: { entity: 'account' },
      match: { by: ['Code'] },
      fields: FIELDS.map((name) => ({ name, erp: name, cloud: name, type: 'text(60)' })),
    },
  ],
});

/** One first pass over that many records of the ERP, none of them in the cloud: seconds. */
async function load(
  folder: string,
  rows: number,
): Promise<{ readonly seconds: number; readonly memory: Awaited<ReturnType<typeof addedMemory>> }> {
  const store = openStore({ file: join(folder, `${rows}.sqlite`) });
  const [erp, cloud] = [side('erp', 'dbo.Customer'), side('cloud', 'account')];
  fill(erp, rows);
  const runtime = createTestRuntime({ seed: 1 });
  // What a program of the field keeps of its steps: nothing.
  Object.assign(runtime, { step: () => undefined });
  store.records.confirmFirst(LINK, 'bench', runtime.wall());
  let seconds = 0;
  const memory = await addedMemory(async () => {
    const from = performance.now();
    const end = await recordPass(
      {
        link: LINK,
        mapping,
        stores: { erp, cloud },
        state: store.records,
        runtime,
        log: { info: () => undefined, warn: () => undefined },
        zone: 'Europe/Sofia',
        skewMs: undefined,
        refusedRestMs: 60_000,
        sweepsUntilGone: 2,
      },
      { unlimited: true },
      new AbortController().signal,
    );
    seconds = (performance.now() - from) / 1000;
    if (end.failure !== undefined || end.counts.created !== rows)
      throw new Error(`the load ended with ${JSON.stringify(end)}`);
  });
  const rowsThere = cloud.rows('account');
  const pairs = store.records.pairCount(LINK, 'customer');
  if (rowsThere.size !== rows || pairs !== rows)
    throw new Error(`${rowsThere.size} records and ${pairs} pairs of ${rows}`);
  store.close();
  return { seconds, memory };
}

interface InitialLoad {
  /** Records a second. */
  readonly rate: number;
  /** Megabytes beside the records of the cloud's side. */
  readonly added: number;
  readonly details: Measured['details'];
}

/** The cloud's side keeps its records in this process: its own memory is in the figure. */
export async function initialLoad(): Promise<InitialLoad> {
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  try {
    await load(folder, 2_000);
    // What the same records take on a side of their own: the cloud's share of this process. Kept until the end, or the load
    // would use the room that they leave.
    const copy = side('cloud', 'dbo.Customer');
    const { added: theirs } = await addedMemory(async () => {
      await copy.find({ entity: 'dbo.Customer', by: ['Code'], values: [['x']], fields: [] });
      fill(copy, RECORDS);
    });
    const { seconds, memory } = await load(folder, RECORDS);
    const ours = memory.added - theirs;
    if (copy.rows('dbo.Customer').size !== RECORDS) throw new Error('the copy is not whole');
    return {
      rate: RECORDS / seconds,
      added: ours,
      details: {
        records: RECORDS,
        seconds: rounded(seconds),
        addedMemory: rounded(ours),
        addedByTheSide: rounded(theirs),
        before: rounded(memory.before),
        peakBySystem: memory.peakBySystem,
      },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function measure(): Promise<Measured> {
  const { rate, details } = await initialLoad();
  return { values: [rate], details };
}
