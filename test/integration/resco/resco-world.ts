import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { addressesOf } from '../../../main/adapters/resco/addresses.ts';
import { createRescoRecords } from '../../../main/adapters/resco/resco-records.ts';
import type { RestParts } from '../../../main/adapters/resco/rest-calls.ts';
import type {
  ChangePart,
  NamedRecord,
  RecordStore,
  RecordWrite,
  WriteOutcome,
} from '../../../main/core/records/record-store.ts';
import { createRescoCloud, type RescoCloud } from '../../../main/sandbox/clouds/resco/cloud.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/resco/switches.ts';
import { serveFetch } from '../../../main/sandbox/clouds/serve.ts';
import type { Result } from '../../../shared/model/result.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { createTestRuntime, type TestRuntime } from '../../support/test-runtime.ts';

export const USER = 'ferry@example.com';
export const PASSWORD = 'CANARYPÄSS:7c21';
export const NO_FILTER = { all: [] };
export const never = new AbortController().signal;

export interface RescoWorld {
  readonly cloud: RescoCloud;
  readonly store: RecordStore;
  readonly runtime: TestRuntime;
  readonly parts: RestParts;
  /** Methods called since the log was cleared. */
  calls(): readonly string[];
  account(name: string, more?: Readonly<Record<string, string>>): string;
  /** Reads to the end and returns what was named, and the cursor; throws for anything else. */
  changes(
    entity: string,
    cursor?: string,
  ): Promise<{ readonly named: readonly NamedRecord[]; readonly cursor: string }>;
  write(...batch: readonly RecordWrite[]): Promise<readonly WriteOutcome[]>;
  close(): Promise<void>;
}

export async function rescoWorld(
  switches: SwitchesPatch = {},
  more: Partial<Pick<RestParts, 'password' | 'fetchPath'>> = {},
): Promise<RescoWorld> {
  const runtime = createTestRuntime({ seed: 3 });
  const cloud = createRescoCloud({
    clock: { now: () => runtime.wall() },
    random: seededRandom(11),
    organisation: { name: 'nordwind' },
    users: [
      { name: USER, password: PASSWORD },
      { name: 'jana@example.com', password: 'other' },
    ],
    switches,
  });
  const defects: unknown[] = [];
  const server = await serveFetch((request) => cloud.fetch(request), {
    onDefect: (error) => defects.push(error),
  });
  const addresses = addressesOf({ base: server.url, organisation: 'nordwind', selection: 'path' });
  if (!addresses.ok) throw new Error(addresses.failure);
  const parts: RestParts = {
    endpoint: 'cloud:resco',
    addresses: addresses.value,
    user: USER,
    password: async () => PASSWORD,
    http: createNodeHttpTransport(runtime),
    runtime,
    fetchPath: '',
    ...more,
  };
  const store = createRescoRecords(parts);
  return {
    cloud,
    store,
    runtime,
    parts,
    calls: () => cloud.log.map(({ kind }) => kind),
    account: (name, values = {}) =>
      cloud.control.write({ action: 'Create', entity: 'account', values: { name, ...values } }),
    changes: async (entity, cursor) => {
      const named: NamedRecord[] = [];
      for await (const part of store.changes({ entity, filter: NO_FILTER, fields: [], cursor }, never)) {
        if (part.kind === 'named') named.push(...part.records);
        else if (part.kind === 'end') return { named, cursor: part.cursor };
        else throw new Error(JSON.stringify(part satisfies ChangePart));
      }
      throw new Error('the feed has no end');
    },
    write: (...batch) => store.write(batch, never),
    close: async () => {
      await server.close();
      if (defects.length > 0) throw new Error('the simulator failed', { cause: defects[0] });
    },
  };
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

export const fields = (record: Readonly<Record<string, string | null>>): ReadonlyMap<string, string | null> =>
  new Map(Object.entries(record));

let next = 0;
export const newIntent = (): string => `intent-${(next += 1)}`;
export const newGuid = (): string => `0195a000-0000-7000-8000-${String((next += 1)).padStart(12, '0')}`;
