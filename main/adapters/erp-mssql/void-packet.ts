import type { Sha256, SourceId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { judgeBatch, readBatchAnswer } from './batch-answer.ts';
import type { FencedWriteParts } from './fenced-write.ts';
import { unfinished, type Ledger } from './ledger.ts';
import { ledgerNames, lockResource, storedSource } from './ledger-names.ts';
import { voidRow } from './queries/ledger-reads.ts';
import { DUPLICATE, failureOf, isTransient, refusedFailure } from './sql-failure.ts';

const TIMEOUT_MS = 40_000;

const numbers = { duplicate: (number: number): boolean => DUPLICATE.has(number), transient: isTransient };

/** See `ErpWriter.voidPacket`. */
export async function voidPacket(
  { sessions, endpoint, schema, fence, ledger }: FencedWriteParts & { readonly ledger: Ledger },
  {
    source,
    packetId,
    revision,
    payloadHash,
  }: {
    readonly source: SourceId;
    readonly packetId: string;
    readonly revision: number;
    readonly payloadHash: Sha256;
  },
  signal: AbortSignal,
): Promise<Result<'voided' | 'already'>> {
  const fenced = (detail: string): Result<never> =>
    fail({ kind: 'fenced', endpoint, reason: 'fence-raised', detail });
  const token = fence.current();
  if (token === undefined) return fenced('no lease of the source is held');
  const values = {
    lock: lockResource(schema, source),
    source: storedSource(source),
    fence: String(token.fence),
    start: token.startId,
    beat: String(token.beat),
    packet: packetId,
    revision: String(revision),
    payload: payloadHash,
  };
  const operation = `voiding packet ${packetId}`;
  const unknown = (): Result<never> => fail({ kind: 'unknown-outcome', endpoint, operation });
  const outcome = await sessions.run(
    {
      text: voidRow(ledgerNames(schema)),
      parameters: Object.entries(values).map(([name, value]) => ({ name, type: 'nvarchar', value })),
      timeoutMs: TIMEOUT_MS,
    },
    signal,
  );
  if (outcome.kind !== 'answered')
    return fail(failureOf(outcome, { endpoint, where: operation, changes: true }, signal));
  const answer = readBatchAnswer(outcome);
  if (answer === undefined) return unknown();
  if (answer.kind === 'applied') return ok('voided');
  switch (judgeBatch(answer, numbers)) {
    case 'fenced':
      fence.lost();
      return fenced('another agent took the source over; nothing was voided');
    case 'look': {
      const found = await ledger.packet(source, packetId, signal);
      if (!found.ok) return found;
      if (found.value === undefined) return unknown();
      if (found.value.state === 'void') return ok('voided');
      if (found.value.payloadHash === payloadHash)
        return found.value.finished ? ok('already') : fail(unfinished(packetId));
      return fail({
        kind: 'conflict',
        where: `packet ${packetId}`,
        message: 'The ledger holds this packet id with other contents: what was applied is not what is here.',
      });
    }
    case 'rejected':
      return fail(refusedFailure(answer, { endpoint, where: operation, changes: true }));
    case 'busy':
    case 'again':
    case 'replan':
    case 'ended':
    case 'unknown':
      // A unit still holds the row: whether it will commit is open, and so is the packet.
      return unknown();
    default:
      throw new Error('unreachable');
  }
}
