import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';
import { APPLY_LIMITS, type Packet, type PacketRow, type ReadLimits, type ReadOptions } from './packet.ts';
import { readPacket } from './read-packet.ts';
import { rejected } from './refusal.ts';

/**
 * Reads a packet into memory, by default within APPLY_LIMITS. Refusals are returned; so is the failure of a
 * BodyStreamError that `chunks` throws. A table that occurs twice is one table here: no row is lost over it.
 */
export async function collectPacket(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): Promise<Result<Packet>> {
  const { packet, failure } = await collectReadable(chunks, options);
  return failure === undefined ? ok(packet) : { ok: false, failure };
}

/** What can be read of a packet: all of it, or what comes before the failure that ends it. */
export async function collectReadable(
  chunks: AsyncIterable<Uint8Array>,
  options: ReadOptions,
): Promise<{ readonly packet: Packet; readonly failure: SyncFailure | undefined }> {
  const tables = new Map<string, { readonly name: string; readonly rows: PacketRow[] }>();
  let user: string | undefined;
  const tableOf = (name: string): { readonly name: string; readonly rows: PacketRow[] } => {
    const key = name.toLowerCase();
    const there = tables.get(key);
    if (there !== undefined) return there;
    const table = { name, rows: [] };
    tables.set(key, table);
    return table;
  };
  const limits = options.limits ?? APPLY_LIMITS;
  if ((options.size ?? 0) > limits.bytes) return { packet: { user, tables }, failure: tooLarge(limits) };
  let failure: SyncFailure | undefined;
  try {
    for await (const events of readPacket(chunks, { ...options, limits }))
      for (const event of events) {
        if (event.kind === 'header') user = event.user;
        else if (event.kind === 'table') tableOf(event.name);
        else tableOf(event.table).rows.push(event.row);
      }
  } catch (error) {
    if (!(error instanceof BodyStreamError)) throw error;
    failure = error.failure;
  }
  return { packet: { user, tables }, failure };
}

const tooLarge = ({ bytes }: ReadLimits): SyncFailure =>
  rejected({ code: 'too-large', where: '1:1', message: `more than ${bytes} bytes` });
