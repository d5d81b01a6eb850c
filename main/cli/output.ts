import { neutralise } from '../adapters/log/redactor.ts';

/** What a command says. With `--json` the lines for people go nowhere and the document is the only output. */
export class Output {
  readonly json: boolean;
  readonly #write: (text: string) => void;
  readonly #writeError: (text: string) => void;

  constructor(json: boolean, write: (text: string) => void, writeError: (text: string) => void) {
    this.json = json;
    this.#write = write;
    this.#writeError = writeError;
  }

  /** The one document. Written once, at the end of a command; once per entry while following. */
  document(value: unknown): void {
    if (this.json) this.#write(`${JSON.stringify(value)}\n`);
  }

  line(text = ''): void {
    if (!this.json) this.#write(`${neutralise(text)}\n`);
  }

  /** For people, beside the answer. */
  note(text: string): void {
    if (!this.json) this.#writeError(`${neutralise(text)}\n`);
  }

  failure(failure: {
    readonly code: string;
    readonly message: string;
    readonly hint?: string | undefined;
  }): void {
    this.document({ error: failure });
    if (this.json) return;
    this.#writeError(`${neutralise(failure.message)}\n`);
    if (failure.hint !== undefined && failure.hint !== '')
      this.#writeError(`  ${neutralise(failure.hint)}\n`);
  }

  /** Columns as wide as their content; the last one runs free. */
  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    if (this.json) return;
    const clean = [head, ...rows].map((row) => row.map((cell) => neutralise(cell)));
    const widths = head.map((_, column) =>
      Math.min(MAX_CELL, Math.max(...clean.map((row) => letters(row[column] ?? '').length))),
    );
    for (const row of clean) {
      const cells = row.map((cell, column) => {
        if (column === row.length - 1) return cell;
        const parts = letters(cell);
        const width = widths[column] ?? 0;
        return parts.length > width
          ? `${parts.slice(0, width - 1).join('')}…`
          : cell.padEnd(width + cell.length - parts.length);
      });
      this.#write(`${cells.join('  ').trimEnd()}\n`);
    }
  }
}

const MAX_CELL = 48;

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** What a person counts as characters. */
const letters = (text: string): readonly string[] =>
  Array.from(segmenter.segment(text), (one) => one.segment);
