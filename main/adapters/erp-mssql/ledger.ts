import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { sha256, type Sha256, type SourceId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { DocumentResult, LedgerView, Standing } from '../../core/packets/erp.ts';
import { ledgerNames, storedSource, type LedgerNames } from './ledger-names.ts';
import { documentByNumber, lookAtPacket, lookAtRows, packetHashes } from './queries/ledger-reads.ts';
import { namedRows, numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlCell, SqlOutcome, SqlParameter } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** Above the longest wait for a lock; with the wait for a cancel below the half minute in which a server is used again. */
const TIMEOUT_MS = 20_000;
/** Two parameters each; far below the server's limit, and a plan that is still made quickly. */
const ROWS_AT_ONCE = 200;

type Row = ReadonlyMap<string, SqlCell>;
type LedgerDocument = LedgerView['documents'][number];
type Answered = Extract<SqlOutcome, { kind: 'answered' }>;

export interface PacketRow {
  readonly state: 'applied' | 'void';
  readonly revision: number;
  readonly payloadHash: Sha256;
  /** False: committed by somebody else than its own batch, so parts of the packet may be missing in the ERP. */
  readonly finished: boolean;
  readonly documents: readonly DocumentResult[];
}

/** Reads of the ledger. What is found is certain; what is not found may still be on its way. */
export class Ledger {
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #names: LedgerNames;

  constructor(sessions: SqlSessions, endpoint: Endpoint, schema: string) {
    this.#sessions = sessions;
    this.#endpoint = endpoint;
    this.#names = ledgerNames(schema);
  }

  async packet(
    source: SourceId,
    packetId: string,
    signal: AbortSignal,
  ): Promise<Result<PacketRow | undefined>> {
    const answer = await this.#ask(lookAtPacket(this.#names), source, { packet: packetId }, signal);
    if (!answer.ok) return answer;
    const row = rowsWith(answer.value, 'ferry_packet')?.[0];
    if (row === undefined) return ok(undefined);
    return ok({
      state: textOf(row, 'ferry_packet') === 'void' ? 'void' : 'applied',
      revision: numberOf(row, 'revision') ?? 0,
      payloadHash: sha256(textOf(row, 'payload_hash') ?? ''),
      finished: textOf(row, 'finished') === '1',
      documents: (rowsWith(answer.value, 'ferry_row') ?? []).map(resultOf),
    });
  }

  async look(
    source: SourceId,
    packetId: string,
    rows: readonly { readonly entity: string; readonly rowId: string }[],
    signal: AbortSignal,
  ): Promise<Result<LedgerView>> {
    const packet = await this.packet(source, packetId, signal);
    if (!packet.ok) return packet;
    if (packet.value !== undefined && packet.value.state === 'applied' && !packet.value.finished)
      return fail(unfinished(packetId));
    const documents: LedgerDocument[] = [];
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const part = rows.slice(from, from + ROWS_AT_ONCE);
      const values: Record<string, string> = {};
      part.forEach((row, index) => {
        values[`e${index}`] = row.entity;
        values[`r${index}`] = row.rowId;
      });
      const answer = await this.#ask(lookAtRows(this.#names, part.length), source, values, signal);
      if (!answer.ok) return answer;
      documents.push(...(rowsWith(answer.value, 'ferry_row') ?? []).map(documentOf));
    }
    const found = packet.value;
    return ok({
      packet:
        found === undefined
          ? undefined
          : {
              state: found.state,
              payloadHash: found.payloadHash,
              revision: found.revision,
              documents: found.documents,
            },
      documents,
    });
  }

  async documentKnown(
    source: SourceId,
    document: string,
    number: string,
    signal: AbortSignal,
  ): Promise<Result<boolean>> {
    const answer = await this.#ask(documentByNumber(this.#names), source, { document, number }, signal);
    if (!answer.ok) return answer;
    const row = rowsWith(answer.value, 'found')?.[0];
    return ok(row !== undefined && (numberOf(row, 'found') ?? 0) > 0);
  }

  /** Of these packets, how many have no ledger row with their payload. */
  async missing(
    source: SourceId,
    packets: readonly { readonly packetId: string; readonly payloadHash: string }[],
    signal: AbortSignal,
  ): Promise<Result<readonly string[]>> {
    if (packets.length === 0) return ok([]);
    const values = Object.fromEntries(packets.map((packet, index) => [`i${index}`, packet.packetId]));
    const answer = await this.#ask(packetHashes(this.#names, packets.length), source, values, signal);
    if (!answer.ok) return answer;
    const first = answer.value.recordsets[0];
    const known = new Map(
      (first === undefined ? [] : namedRows(first)).map((row) => [
        textOf(row, 'ferry_packet'),
        textOf(row, 'payload_hash'),
      ]),
    );
    return ok(
      packets.flatMap(({ packetId, payloadHash }) => (known.get(packetId) === payloadHash ? [] : packetId)),
    );
  }

  async #ask(
    text: string,
    source: SourceId,
    values: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Result<Answered>> {
    const parameters: SqlParameter[] = Object.entries({ ...values, source: storedSource(source) }).map(
      ([name, value]) => ({ name, type: 'nvarchar', value }),
    );
    const outcome = await this.#sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind === 'answered') return ok(outcome);
    return fail(
      failureOf(outcome, { endpoint: this.#endpoint, where: 'the ledger', changes: false }, signal),
    );
  }
}

function documentOf(row: Row): LedgerDocument {
  return {
    ...resultOf(row),
    entity: textOf(row, 'ferry_row') ?? '',
    contentHash: sha256(textOf(row, 'content_hash') ?? ''),
    packetId: textOf(row, 'packet_id') ?? '',
  };
}

/** A word of a newer program is no end: what it means is not known here. */
export const standingOf = (text: string | null): Standing =>
  text === 'applied' || text === 'accepted' || text === 'refused' ? text : 'handed-over';

const resultOf = (row: Row): DocumentResult => ({
  document: textOf(row, 'document') ?? '',
  rowId: textOf(row, 'row_id') ?? '',
  number: textOf(row, 'number'),
  erpKey: textOf(row, 'erp_key'),
  erpNumber: textOf(row, 'erp_number'),
  standing: standingOf(textOf(row, 'standing')),
  reason: textOf(row, 'reason'),
});

/** A ledger row without its end: never reported as applied, because lines may be missing. */
export const unfinished = (packetId: string): SyncFailure => ({
  kind: 'conflict',
  where: `packet ${packetId}`,
  message:
    'A procedure or trigger of the ERP committed in the middle of this packet: a part of it is in the ERP. Compare it by hand.',
});
