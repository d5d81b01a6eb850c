import type { StoredBody } from './bodies.ts';
import { missingTables, rowFindings, tableFindings } from './field-sales-model.ts';
import { NotAPacket } from './packet-reader.ts';
import { readSnapshot } from './snapshot.ts';
import type { SnapshotSummary } from './snapshot.ts';
import type { Area, MobileUser, SyncLogEntry, World } from './state.ts';

export interface Upload {
  area: Area;
  user: string;
  entry: SyncLogEntry;
  body: StoredBody;
}

export interface Processor {
  /** Queues an upload; it is looked at only after the uploader has had his answer. */
  submit(upload: Upload): void;
  /** Processes what waits, in order of arrival, even while processing is on hold. */
  process(): Promise<void>;
  /** Resolves when nothing is being processed and, unless on hold, nothing waits. */
  settled(): Promise<void>;
}

// Enough to see what is wrong with a mapping, without a log the size of the packet.
const MAX_FINDINGS = 20;

export function createProcessor(world: World): Processor {
  const waiting: Upload[] = [];
  let running: Promise<void> | undefined;

  const drain = async (): Promise<void> => {
    for (;;) {
      const upload = waiting.shift();
      if (upload === undefined) return;
      await processUpload(world, upload);
    }
  };

  const process = (): Promise<void> => {
    running ??= drain().finally(() => {
      running = undefined;
    });
    return running;
  };

  return {
    process,
    submit(upload) {
      waiting.push(upload);
      if (world.switches.processing === 'auto') setImmediate(() => void process());
    },
    async settled() {
      await running;
      if (world.switches.processing === 'auto') await process();
    },
  };
}

async function processUpload(world: World, upload: Upload): Promise<void> {
  const { area, entry, body } = upload;
  const user = area.users.get(upload.user);
  const outcome = await judge(world, upload, user);
  if ('reason' in outcome) {
    entry.status = 'rejected';
    entry.reason = outcome.reason;
    if (!world.holds(30)) notify(world, upload);
    body.dispose();
    return;
  }
  entry.status = 'accepted';
  entry.warnings.push(...outcome.summary.warnings);
  const before = world.holds(27) ? [] : (outcome.user.accepted?.tables ?? []);
  const tables = [
    ...outcome.summary.tables,
    ...before.filter(({ name }) => !outcome.summary.tables.some((table) => table.name === name)),
  ];
  entry.tables = tables;
  const replaced = outcome.user.accepted;
  outcome.user.accepted = {
    syncLogId: entry.syncLogId,
    packetUniqueId: entry.packetUniqueId,
    acceptedAt: world.now(),
    body,
    tables,
  };
  if (replaced !== undefined && replaced !== outcome.user.onDevice) replaced.body.dispose();
  if (!world.holds(28)) for (const other of area.users.values()) other.accepted = outcome.user.accepted;
  if (!world.holds(29)) outcome.user.onDevice = outcome.user.accepted;
  notify(world, upload);
}

function notify(world: World, { area, user, entry }: Upload): void {
  area.notifications.push({ user, syncLogId: entry.syncLogId, at: world.now() });
}

async function judge(
  world: World,
  { area, entry, body, user: name }: Upload,
  user: MobileUser | undefined,
): Promise<{ reason: string } | { summary: SnapshotSummary; user: MobileUser }> {
  if (user?.enabled !== true) return { reason: 'unknown or disabled user' };
  if (entry.packetType === 'json') return { reason: 'the shape of JSON packets is not known here' };
  const fieldSales = area.application === 'SLA';
  const findings = new Set<string>();
  let summary: SnapshotSummary;
  try {
    summary = await readSnapshot(body.read(), {
      raw(table, fields) {
        if (!fieldSales || findings.size >= MAX_FINDINGS) return;
        for (const finding of rowFindings(table, fields)) findings.add(finding);
      },
    });
  } catch (error) {
    if (!(error instanceof NotAPacket)) throw error;
    if (world.holds(22)) return { reason: error.message };
    return { summary: { user: name, tables: [], warnings: [] }, user };
  }
  if (!world.holds(26)) {
    summary.tables = summary.tables.map((t) => ({ ...t, rows: t.rows + t.leftOut, leftOut: 0 }));
    summary.warnings = [];
  }
  if (summary.user !== name && world.holds(23))
    return { reason: `the packet is for ${summary.user}, the address was for ${name}` };
  if (fieldSales) {
    const missing = missingTables(summary);
    if (missing.length > 0 && world.holds(24))
      return { reason: `required tables are missing: ${missing.join(', ')}` };
    for (const finding of tableFindings(summary)) findings.add(finding);
    if (world.switches.strictModel && findings.size > 0 && world.holds(25))
      return { reason: [...findings].join('; ') };
    summary.warnings.push(...findings);
  }
  return { summary, user };
}
