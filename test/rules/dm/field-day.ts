import type { PacketCloud } from '../../../main/core/packets/packet-cloud.ts';
import type { GuardPolicy } from '../../../main/core/packets/guard/decide.ts';
import { isLostBody } from '../../../main/core/queue/lost-body.ts';
import type { EngineLog } from '../../../main/core/packets/link-parts.ts';
import {
  createDynamicsMobile,
  type DynamicsMobile,
} from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { MemoryErp } from '../../support/memory-erp.ts';
import { createTestRuntime, TEST_START, type TestRuntime } from '../../support/test-runtime.ts';
import type { Wire } from '../mutants/mutant.ts';

export const USERS = ['anna', 'bob', 'Žofie Nová'];
const MINUTE = 60_000;

/** As strict as the cloud can be, with every surprise it has. */
export const STRICT: SwitchesPatch = {
  strictLinks: true,
  strictSize: true,
  strictModel: true,
  signedType: true,
  strictEntries: true,
  duplicate: 0.2,
  short: 0.3,
  empty: 0.1,
  extraFields: true,
  rate: 0,
};

export interface FieldOptions {
  readonly switches?: SwitchesPatch | undefined;
  readonly seed?: number | undefined;
  readonly listFormat?: 'xml' | 'json' | undefined;
  readonly client?: ((right: PacketCloud, runtime: TestRuntime) => PacketCloud) | undefined;
  readonly wire?: Wire | undefined;
  readonly log?: EngineLog | undefined;
  readonly broken?: number | undefined;
  readonly partialDone?: boolean | undefined;
  readonly guard?: GuardPolicy | undefined;
}

export interface Field extends LinkBench {
  readonly cloud: DynamicsMobile;
  /** A phone sends an order; its number. */
  order(user?: string, more?: Readonly<Record<string, string>>): string;
  /** Whether a call with the key went out after the cloud had answered that it wants to be left alone. */
  hasty(): boolean;
  /** Orders sent so far, by number. */
  readonly sent: ReadonlyMap<string, { readonly id: string; readonly bytes: number }>;
}

/** The product's client and engine, an ERP in memory and a strict cloud, on a clock that tests move. */
export function field(folder: string, options: FieldOptions = {}): Field {
  const runtime = createTestRuntime({ seed: options.seed ?? 1 });
  const cloud = createDynamicsMobile({
    // The cloud's own clock: it does not jump with the client's.
    clock: { now: () => TEST_START + runtime.monotonic() },
    random: () => runtime.random(),
    newId: () => runtime.newId(),
    areas: [{ code: AREA, keys: ['key'], users: USERS }],
    switches: { ...STRICT, ...options.switches },
    broken: options.broken,
  });
  const { wire, client } = options;
  // A call that was under way when another one was refused was not told.
  let quietUntil = -Infinity;
  let hasty = false;
  const heard: DynamicsMobile['handle'] = async (request) => {
    hasty ||= request.headers.has('x-api-key') && runtime.monotonic() < quietUntil;
    const response = await cloud.handle(request);
    if (response.status === 429)
      quietUntil = runtime.monotonic() + Number(response.headers.get('retry-after') ?? 0) * 1_000;
    return response;
  };
  const erp = new MemoryErp();
  erp.usersOf = USERS.map((name) => ({ name, values: new Map([['UserName', name]]) }));
  erp.tables = {
    Setup: [['x']],
    Company: [['A', 'Acme']],
    Customer: [
      ['C-1', 'Corner & Co'],
      ['C-2', 'Ünïcode «x»'],
    ],
  };
  const bench = linkBench(folder, {
    runtime,
    erp,
    cloud: { ...cloud, handle: wire === undefined ? heard : (request) => wire(request, heard) },
    listFormat: options.listFormat,
    partialDone: options.partialDone,
    client: client === undefined ? undefined : (right) => client(right, runtime),
    log: options.log,
    guard: options.guard,
  });
  const sent = new Map<string, { id: string; bytes: number }>();
  return {
    ...bench,
    cloud,
    hasty: () => hasty,
    sent,
    order(user = 'anna', more = {}) {
      const number = `SO-${sent.size + 1}`;
      const xml = packet('SalesHeader', `row-${number}`, { no: number, ...more }, user);
      sent.set(number, { id: bench.deliver(xml, { user }), bytes: Buffer.byteLength(xml) });
      return number;
    },
  };
}

/**
 * A working day: snapshots, orders, a download that is cut, a report whose answer is lost, links that grow old, new prices,
 * a packet that comes again. Says in words everything that was not as it should be.
 */
export async function fieldDay(folder: string, options: FieldOptions = {}): Promise<readonly string[]> {
  const f = field(folder, options);
  try {
    const { control } = f.cloud;
    await f.run('push');
    await control.settled();
    for (const user of USERS) control.synchronize({ area: AREA, user });
    for (let n = 0; n < 12; n += 1) f.order(USERS[n % USERS.length]);
    control.faults([
      { on: 'download', kind: 'half', times: 1, skip: 2 },
      { on: 'done', kind: 'lost-answer', times: 1 },
    ]);
    await f.run('pull');
    // Links of the morning are old by now.
    await f.runtime.advance(16 * MINUTE);
    for (let n = 0; n < 3; n += 1) f.order('bob');
    control.redeliver({ area: AREA, id: [...f.sent.values()][0]?.id ?? '' });
    await pullAll(f);
    f.erp.tables = { ...f.erp.tables, Customer: [...(f.erp.tables['Customer'] ?? []), ['C-3', 'New']] };
    await f.run('push');
    await control.settled();
    for (const user of USERS) control.synchronize({ area: AREA, user });
    await pullAll(f);
    await f.run('pull');
    return findings(f);
  } finally {
    f.close();
  }
}

/** Pulls until nothing waits or nothing moves any more, with time between for what the cloud hides. */
export async function pullAll(f: Field): Promise<void> {
  for (let round = 0, still = 0, before = -1; round < 10 && still < 3; round += 1) {
    await f.run('pull');
    const { waiting, delivered } = f.cloud.control.queueState({ area: AREA });
    const left = waiting.length + delivered.length;
    if (left === 0) return;
    still = left === before ? still + 1 : 0;
    before = left;
    await f.runtime.advance(MINUTE);
  }
}

/** What is not as it should be once everything has had its time. */
export function findings(f: Field): readonly string[] {
  const { control } = f.cloud;
  const statistics = control.statistics();
  const found = new Set<string>();
  for (const call of f.cloud.log)
    if (call.fault === undefined && call.status !== 'cut' && call.status >= 400)
      found.add(`${call.kind} answered ${call.status}`);
  if (f.hasty()) found.add('called before the time it was told');
  if (statistics.leakedKeys > 0) found.add('a key on a signed link');
  if (statistics.alteredEntries > 0) found.add('an entry was reported altered');
  if (statistics.uploadsAtOnceOnOneLink > 1) found.add('two uploads at once on one link');
  for (const entry of control.syncLog({ area: AREA })) {
    if (entry.status === 'rejected') found.add(`rejected: ${entry.reason ?? ''}`);
    for (const warning of entry.warnings) found.add(`warned: ${warning}`);
  }
  for (const user of USERS) {
    const rows = control.device({ area: AREA, user })?.tables.map(({ name, rows: n }) => `${name} ${n}`);
    const text = rows?.join(', ') ?? 'nothing';
    if (text !== 'DeviceSetup 1, CompanyInfo 1, Customer 3') found.add(`the phone of ${user} has ${text}`);
  }
  for (const [number, { id, bytes }] of f.sent) {
    const times = f.erp.written.filter((one) => one === `order ${number}`).length;
    if (times !== 1) found.add(`${number} is ${times === 0 ? 'not' : `${times} times`} in the ERP`);
    const items = f.store
      .list({ direction: 'in', limit: 1_000, offset: 0 })
      .filter((item) => item.externalId === id);
    for (const item of items)
      if (isLostBody(item)) found.add(`${number} is kept without its bytes`);
      else if (item.body.size !== bytes) found.add(`${number} is stored with other bytes`);
  }
  const { waiting, delivered } = control.queueState({ area: AREA });
  if (waiting.length + delivered.length > 0) found.add('packets stay in the queue');
  const [last] = f.store.runs({ limit: 5 }).filter((run) => run.flow === 'pull');
  if (last?.outcome !== 'ok') found.add(`the last pull ended ${last?.outcome ?? 'never'}`);
  return [...found];
}
