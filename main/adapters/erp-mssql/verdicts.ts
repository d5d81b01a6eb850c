import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { SourceId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { DocumentResult, Handover, Standing } from '../../core/packets/erp.ts';
import { fencedWrite, type FencedWriteParts } from './fenced-write.ts';
import { keptText } from './kept-text.ts';
import { standingOf } from './ledger.ts';
import { ledgerNames, storedSource } from './ledger-names.ts';
import { REASON_LENGTH } from './queries/ledger-schema.ts';
import { openDocuments, stagingRows, writeStandings } from './queries/verdicts.ts';
import { quoteIdent } from './quote-ident.ts';
import { rowsWith, textOf } from './recordset.ts';
import type { SqlCell, SqlOutcome, SqlParameter } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import { castOf, checkValue, columnAsText } from './sql-value.ts';

const TIMEOUT_MS = 20_000;
/** Documents looked at with one statement a staging table, and how many such batches one call takes at most. */
const AT_ONCE = 200;
const BATCHES = 10;
const NUMBER_LENGTH = 400;

type Row = ReadonlyMap<string, SqlCell>;
type Verdict = DocumentResult & { readonly packetId: string };

interface OpenDocument {
  readonly id: string;
  readonly was: Standing;
  readonly verdict: Verdict;
}

interface Staged {
  readonly status: string | null;
  readonly number: string | null;
  readonly reason: string | null;
}

/** Asks the ERP what became of rows that were handed over, and keeps the answers in the ledger. */
export class Verdicts {
  readonly #parts: FencedWriteParts;
  /** Where the next call goes on when more is open than one call takes. */
  #after = '0';

  constructor(parts: FencedWriteParts) {
    this.#parts = parts;
  }

  /** See `ErpWriter.verdicts`. */
  async ask(
    source: SourceId,
    handovers: readonly Handover[],
    signal: AbortSignal,
  ): Promise<Result<readonly Verdict[]>> {
    const changed: Verdict[] = [];
    if (handovers.length === 0) return ok(changed);
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const open = await this.#open(source, handovers, signal);
      if (!open.ok) return open;
      for (const handover of handovers) {
        const mine = open.value.filter(({ verdict }) => verdict.document === handover.document);
        const decided = await this.#decide(source, handover, mine, signal);
        if (!decided.ok) return decided;
        changed.push(...decided.value);
      }
      const last = open.value.at(-1);
      this.#after = open.value.length < AT_ONCE || last === undefined ? '0' : last.id;
      if (this.#after === '0') break;
    }
    return ok(changed);
  }

  async #open(
    source: SourceId,
    handovers: readonly Handover[],
    signal: AbortSignal,
  ): Promise<Result<readonly OpenDocument[]>> {
    const kinds = [...new Set(handovers.map(({ document }) => document))];
    const values = [
      ['source', storedSource(source)],
      ['after', this.#after],
      ...kinds.map((kind, index) => [`d${index}`, kind]),
    ] as const;
    const parameters = values.map(([name = '', value = '']): SqlParameter => ({
      name,
      type: 'nvarchar',
      value,
    }));
    const text = openDocuments(ledgerNames(this.#parts.schema), kinds.length, AT_ONCE);
    const rows = await this.#read(text, parameters, 'ferry_open', 'the ledger', signal);
    return rows.ok ? ok(rows.value.map(openDocument)) : rows;
  }

  async #decide(
    source: SourceId,
    handover: Handover,
    open: readonly OpenDocument[],
    signal: AbortSignal,
  ): Promise<Result<readonly Verdict[]>> {
    const staged = await this.#staged(handover, open, signal);
    if (!staged.ok) return staged;
    const changed = open.flatMap((document) => {
      const row = document.verdict.erpKey === null ? undefined : staged.value.get(document.verdict.erpKey);
      const now = row === undefined ? undefined : verdictOf(handover, document.verdict, row);
      return now === undefined ? [] : [{ ...document, verdict: now }];
    });
    if (changed.length === 0) return ok([]);
    const values: Record<string, string | null> = {};
    changed.forEach(({ id, was, verdict }, index) => {
      values[`i${index}`] = id;
      values[`o${index}`] = was;
      values[`s${index}`] = verdict.standing;
      values[`r${index}`] = verdict.reason;
      values[`n${index}`] = verdict.erpNumber;
    });
    const text = writeStandings(ledgerNames(this.#parts.schema), changed.length);
    const where = 'what the ERP decided';
    const written = await fencedWrite(this.#parts, { source, text, values, where }, signal);
    return written.ok ? ok(changed.map(({ verdict }) => verdict)) : written;
  }

  async #staged(
    handover: Handover,
    open: readonly OpenDocument[],
    signal: AbortSignal,
  ): Promise<Result<ReadonlyMap<string, Staged>>> {
    const { key } = handover;
    // A key kept under an older mapping may not be of this type: its row is not found, and the document stays undecided.
    const parameters = open.flatMap(({ verdict }, index): SqlParameter[] => {
      const checked = verdict.erpKey === null ? undefined : checkValue(verdict.erpKey, key.type);
      return checked?.ok === true ? [{ name: `k${index}`, type: checked.type, value: checked.value }] : [];
    });
    if (parameters.length === 0) return ok(new Map());
    const keys = parameters.map(({ name }) => castOf(`@${name}`, key.type));
    const text = stagingRows(handover, columnAsText(quoteIdent(key.name), key.type), keys);
    const where = `${handover.staging.schema}.${handover.staging.name}`;
    const rows = await this.#read(text, parameters, 'ferry_staged', where, signal);
    if (!rows.ok) return rows;
    return ok(
      new Map(
        rows.value.map((row) => [
          textOf(row, 'ferry_staged') ?? '',
          { status: textOf(row, 'status'), number: textOf(row, 'number'), reason: textOf(row, 'reason') },
        ]),
      ),
    );
  }

  async #read(
    text: string,
    parameters: readonly SqlParameter[],
    column: string,
    where: string,
    signal: AbortSignal,
  ): Promise<Result<readonly Row[]>> {
    const { sessions, endpoint } = this.#parts;
    const outcome: SqlOutcome = await sessions.run({ text, parameters, timeoutMs: TIMEOUT_MS }, signal);
    if (outcome.kind !== 'answered')
      return fail(failureOf(outcome, { endpoint, where, changes: false }, signal));
    const rows = rowsWith(outcome, column);
    const unreadable: SyncFailure = {
      kind: 'invalid-response',
      endpoint,
      where,
      detail: 'the answer is not what was asked for',
    };
    return rows === undefined ? fail(unreadable) : ok(rows);
  }
}

const openDocument = (row: Row): OpenDocument => {
  const standing = standingOf(textOf(row, 'standing'));
  return {
    id: textOf(row, 'ferry_open') ?? '0',
    was: standing,
    verdict: {
      packetId: textOf(row, 'packet_id') ?? '',
      document: textOf(row, 'document') ?? '',
      rowId: textOf(row, 'row_id') ?? '',
      number: textOf(row, 'number'),
      erpKey: textOf(row, 'erp_key'),
      erpNumber: textOf(row, 'erp_number'),
      standing,
      reason: textOf(row, 'reason'),
    },
  };
};

/** What the document is now; undefined when that is what it was. A text in both lists never makes anything green. Pure. */
function verdictOf(handover: Handover, was: Verdict, staged: Staged): Verdict | undefined {
  const status = staged.status?.trim() ?? '';
  const says = (texts: readonly string[]): boolean => texts.some((text) => text.trim() === status);
  const standing: Standing =
    staged.status === null
      ? 'handed-over'
      : says(handover.refused)
        ? 'refused'
        : says(handover.accepted)
          ? 'accepted'
          : 'handed-over';
  const said = staged.reason === null ? '' : keptText(staged.reason, REASON_LENGTH);
  const reason = standing === 'refused' && said !== '' ? said : null;
  if (standing === was.standing && reason === was.reason) return undefined;
  const number = standing === 'accepted' ? keptText(staged.number ?? '', NUMBER_LENGTH) : '';
  return { ...was, standing, reason, erpNumber: number === '' ? was.erpNumber : number };
}
