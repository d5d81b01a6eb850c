import type { Endpoint } from '../../../shared/model/failure.ts';
import type { SourceId, StartId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { ErpSettings } from '../../../shared/model/settings.ts';
import type { ErpState, KnownPacketRow, PacketErp } from '../../core/packets/erp.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { Binding, type RecentPacket, type ServerFacts } from './binding.ts';
import { CatalogueReader } from './catalogue.ts';
import { Fence } from './fence.ts';
import type { LeaseTrace } from './lease-trace.ts';
import { Ledger } from './ledger.ts';
import { MssqlServer } from './mssql-connection.ts';
import { signOfLife } from './queries/sign-of-life.ts';
import { Reader } from './reader.ts';
import type { SqlServer } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import { SqlSessions } from './sql-sessions.ts';
import { Writer } from './writer.ts';

/** Sessions kept open while idle: writing needs few, reading goes through views of their own. */
const KEEP_WRITING = 4;
const KEEP_READING = 2;
/** Above the caller's own patience, so that the driver ends what nobody waits for any more. */
const BEAT_TIMEOUT_MS = 5_000;

export interface PacketErpOptions {
  readonly settings: ErpSettings;
  readonly source: SourceId;
  /** The installation, for words: a copy of the computer has the same. */
  readonly siteId: string;
  /** Who owns the lease. */
  readonly startId: StartId;
  /** Lets a start take over at once from the one it followed; without it, it waits for the end of that lease. */
  readonly leaseTrace?: LeaseTrace | undefined;
  /** Asked for at every connect, kept nowhere. */
  readonly password: () => Promise<string>;
  readonly runtime: Runtime;
  /** The newest packets known here as applied, oldest first: their ledger rows must exist at every connect. */
  readonly recentLedger: () => readonly RecentPacket[];
  /** Whether this login creates the ledger's objects when they are missing. */
  readonly createObjects: boolean;
  /** Another engine behind the lowest port; the driver by default. */
  readonly server?: SqlServer | undefined;
}

export interface ClosablePacketErp extends PacketErp {
  /** Signs in anew for whatever comes next. Requests under way end on the session they have. */
  renewSessions(): Promise<void>;
  /** Ends all sessions. Does not give the lease back: see `release`. */
  close(): Promise<void>;
}

export const erpEndpoint = (settings: { readonly id: string }): Endpoint => `erp:${settings.id}`;

/** Packets asked for at once: well below the parameters of one request. */
const ASK_FOR = 200;

async function missingPackets(
  ledger: Ledger,
  source: SourceId,
  packets: readonly KnownPacketRow[],
  signal: AbortSignal,
): Promise<Result<readonly string[]>> {
  const missing: string[] = [];
  for (let from = 0; from < packets.length; from += ASK_FOR) {
    const part = await ledger.missing(source, packets.slice(from, from + ASK_FOR), signal);
    if (!part.ok) return part;
    missing.push(...part.value);
  }
  return ok(missing);
}

/**
 * A broken connection is replaced once: what counts is whether the server answers now. One that does not answer may be
 * half of a connection whose other end is gone, and then the `others` are too: they are not lent again.
 */
async function beat(
  sessions: SqlSessions,
  others: readonly SqlSessions[],
  endpoint: Endpoint,
  signal: AbortSignal,
): Promise<Result<void>> {
  const call = { text: signOfLife, parameters: [], timeoutMs: BEAT_TIMEOUT_MS };
  let outcome = await sessions.run(call, signal);
  if (outcome.kind === 'unknown') await Promise.all(others.map((one) => one.renew()));
  if (outcome.kind === 'unknown' && !signal.aborted) outcome = await sessions.run(call, signal);
  if (outcome.kind === 'answered') return ok(undefined);
  return fail(failureOf(outcome, { endpoint, where: 'sign of life', changes: false }, signal));
}

/** One source's access to its ERP. Connects when first asked. */
export function createPacketErp(options: PacketErpOptions): ClosablePacketErp {
  const { settings, source, runtime } = options;
  const endpoint = erpEndpoint(settings);
  const { schema } = settings.ledger;
  const server = options.server ?? new MssqlServer(settings, options.password);
  const writing = new SqlSessions(server, KEEP_WRITING);
  const reading = new SqlSessions(server, KEEP_READING);
  // Its own session: neither a long unit of work nor a hanging read may look like a dead server, or hide one.
  const beating = new SqlSessions(server, 1);
  const ledger = new Ledger(writing, endpoint, schema);
  const fence = new Fence({
    sessions: writing,
    runtime,
    endpoint,
    schema,
    source,
    siteId: options.siteId,
    startId: options.startId,
    trace: options.leaseTrace,
  });
  const catalogue = new CatalogueReader({ sessions: reading, endpoint, source });
  const binding = new Binding({
    sessions: writing,
    runtime,
    endpoint,
    schema,
    createObjects: options.createObjects,
    ledger,
  });

  let checked: { readonly facts: ServerFacts; readonly sessions: number } | undefined;
  let underWay: Promise<Result<ErpState>> | undefined;

  const makeReady = async (signal: AbortSignal): Promise<Result<ErpState>> => {
    // A session opened since the last check may lead to another database of the same name, and a lost lease may mean one.
    let asked = false;
    if (
      checked === undefined ||
      fence.current() === undefined ||
      checked.sessions !== server.sessionsOpened()
    ) {
      checked = undefined;
      asked = true;
      const facts = await binding.check(source, options.recentLedger(), signal);
      if (!facts.ok) return facts;
      checked = { facts: facts.value, sessions: server.sessionsOpened() };
    }
    asked ||= fence.isDue();
    const held = await fence.hold(signal);
    if (!held.ok) return held;
    const { version, database, clockSkewMs } = checked.facts;
    return ok({ asked, fence: held.value, serverVersion: version, database, clockSkewMs });
  };

  return {
    catalogue: (question, signal) => catalogue.read(question, signal),
    reader: new Reader({ server, sessions: reading, endpoint, schema, runtime }),
    writer: new Writer({ sessions: writing, endpoint, schema, fence, ledger }),
    async ready(signal) {
      // One at a time: two renewals at once would each see the other's beat.
      // oxlint-disable-next-line no-unmodified-loop-condition -- other callers change it
      while (underWay !== undefined) await underWay;
      underWay = makeReady(signal);
      try {
        return await underWay;
      } finally {
        underWay = undefined;
      }
    },
    beat: (signal) => beat(beating, [writing, reading], endpoint, signal),
    release: (signal) => fence.release(signal),
    missing: (packets, signal) => missingPackets(ledger, source, packets, signal),
    rebind: (signal) => binding.rebind(signal),
    async renewSessions() {
      await Promise.all([writing.renew(), reading.renew(), beating.renew()]);
    },
    async close() {
      await Promise.all([writing.close(), reading.close(), beating.close()]);
    },
  };
}
