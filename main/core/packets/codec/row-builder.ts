import { refuse, shown, type Refusal } from './refusal.ts';
import { isPacketRoot } from './prolog.ts';
import type { PacketEvent, PacketField, ReadLimits, RowStatus } from './packet.ts';
import type { Tag } from './xml-tag.ts';

const STATUS: Readonly<Record<string, RowStatus>> = {
  insert: 'insert',
  inserted: 'insert',
  /** A row the device shows unchanged; it has nothing to say beyond its contents. */
  read: 'insert',
  update: 'update',
  updated: 'update',
  delete: 'delete',
  deleted: 'delete',
};
const STATE: Readonly<Record<string, RowStatus>> = { '1': 'insert', '2': 'update', '3': 'delete' };

interface OpenRow {
  readonly at: string;
  readonly status: string | undefined;
  readonly fields: Map<string, PacketField>;
}

/**
 * Turns tags and text into packet events and refuses what is not shaped like a packet. Levels: 1 root, 2 table, 3 row,
 * 4 field, below that markup inside a field.
 */
export class RowBuilder {
  readonly #limits: ReadLimits;
  /** `line:column` where the reader is. */
  readonly #at: () => string;
  readonly #statusWins: boolean;
  #events: PacketEvent[] = [];
  #depth = 0;
  #rows = 0;
  readonly #rowsOf = new Map<string, number>();
  #table = '';
  #tableKey = '';
  #row: OpenRow | undefined;
  #field = '';
  #fieldKey = '';
  #text = '';
  #nested = false;

  constructor(limits: ReadLimits, at: () => string, statusWins: boolean) {
    this.#limits = limits;
    this.#at = at;
    this.#statusWins = statusWins;
  }

  /** What came up since the last call. */
  take(): readonly PacketEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  open(tag: Tag): void {
    const { name, attributes } = tag;
    this.#enter();
    if (this.#depth === 1) {
      if (!isPacketRoot(name))
        throw this.refuse({ code: 'not-a-packet', message: `the root element is ${shown(name)}` });
      this.#events.push({ kind: 'header', user: attributes.get('salesmancode') });
    } else if (this.#depth === 2) this.#openTable(tag);
    else if (this.#depth === 3) {
      if (tag.key !== 'r')
        throw this.refuse({ code: 'unexpected-element', message: `${shown(name)} where a row was expected` });
      this.#openRow(attributes.get('status'));
    } else if (this.#depth === 4) {
      this.#field = name;
      this.#fieldKey = tag.key;
      this.#text = '';
      this.#nested = false;
    } else this.#nested = true;
  }

  text(text: string): void {
    if (this.#depth >= 4) {
      this.#text += text;
      if (this.#text.length > this.#limits.textChars) throw this.textTooLong();
    } else if (/[^ \t\r\n]/.test(text))
      throw this.refuse({ code: 'unexpected-text', message: `${shown(text.trim())} outside of a field` });
  }

  close(): void {
    if (this.#depth === 4) this.#closeField();
    else if (this.#depth === 3) this.#closeRow();
    this.#depth -= 1;
  }

  tooManyAttributes(): Error {
    return this.refuse({
      code: 'too-many-attributes',
      message: `more than ${this.#limits.attributes} attributes on one element`,
    });
  }

  textTooLong(): Error {
    return this.refuse({
      code: 'text-too-long',
      message: `more than ${this.#limits.textChars} characters in one piece`,
    });
  }

  /** A refusal that knows where the reader is: table, row, field, line and column. */
  refuse(refusal: Refusal): Error {
    const row = this.#row === undefined ? '' : ` row ${(this.#rowsOf.get(this.#tableKey) ?? 0) + 1}`;
    const table = this.#depth >= 2 && this.#table !== '' ? `${this.#table}${row}, ` : '';
    const field = this.#depth >= 4 && this.#field !== '' ? this.#field : undefined;
    return refuse({ field, ...refusal, where: `${table}${this.#at()}` });
  }

  #enter(): void {
    this.#depth += 1;
    if (this.#depth > this.#limits.depth)
      throw this.refuse({ code: 'too-deep', message: `more than ${this.#limits.depth} levels of elements` });
  }

  #openTable({ name, key, attributes }: Tag): void {
    this.#table = '';
    if (key !== 'table')
      throw this.refuse({ code: 'unexpected-element', message: `${shown(name)} where a table was expected` });
    const table = attributes.get('tablename') ?? attributes.get('name');
    if (table === undefined || table.trim() === '')
      throw this.refuse({ code: 'unnamed-table', message: 'a table without "tablename"' });
    if (table.length > 128)
      throw this.refuse({
        code: 'name-too-long',
        message: `the table name ${shown(table)} is over 128 characters`,
      });
    this.#table = table;
    this.#tableKey = table.toLowerCase();
    if (!this.#rowsOf.has(this.#tableKey)) this.#rowsOf.set(this.#tableKey, 0);
    if (this.#rowsOf.size > this.#limits.tables)
      throw this.refuse({ code: 'too-many-tables', message: `more than ${this.#limits.tables} tables` });
    this.#events.push({ kind: 'table', name: table });
  }

  #openRow(status: string | undefined): void {
    this.#rows += 1;
    this.#field = '';
    if (this.#rows > this.#limits.rows)
      throw this.refuse({ code: 'too-many-rows', message: `more than ${this.#limits.rows} rows` });
    this.#row = { at: this.#at(), status, fields: new Map() };
  }

  #closeField(): void {
    const fields = this.#row?.fields;
    if (fields === undefined) return;
    const key = this.#fieldKey;
    const there = fields.get(key);
    if (there !== undefined && there.value !== this.#text)
      throw this.refuse({
        code: 'field-twice',
        message: `the field occurs twice with different values: ${shown(there.value)} and ${shown(this.#text)}`,
      });
    fields.set(key, { name: this.#field, value: this.#text, nested: this.#nested || there?.nested === true });
    if (fields.size > this.#limits.fieldsPerRow)
      throw this.refuse({
        code: 'too-many-fields',
        message: `more than ${this.#limits.fieldsPerRow} fields in a row`,
      });
  }

  #closeRow(): void {
    const row = this.#row;
    if (row === undefined) return;
    const status = this.#statusOf(row);
    const number = (this.#rowsOf.get(this.#tableKey) ?? 0) + 1;
    this.#rowsOf.set(this.#tableKey, number);
    this.#row = undefined;
    this.#events.push({
      kind: 'row',
      table: this.#table,
      row: { number, status, fields: row.fields, at: row.at },
    });
  }

  /** `state` counts only as 1, 2 or 3: other values are somebody's data, such as the state of an address. */
  #statusOf(row: OpenRow): RowStatus {
    const text = row.status?.trim().toLowerCase() ?? '';
    const status = Object.hasOwn(STATUS, text) ? STATUS[text] : undefined;
    if (status === undefined && text !== '')
      throw this.refuse({ code: 'unknown-status', field: 'status', message: `the status is ${shown(text)}` });
    const code = row.fields.get('state')?.value.trim() ?? '';
    const state = Object.hasOwn(STATE, code) ? STATE[code] : undefined;
    if (status !== undefined && state !== undefined && status !== state && !this.#statusWins)
      throw this.refuse({
        code: 'status-differs',
        field: 'state',
        message: `status says ${status}, state says ${state}`,
      });
    return status ?? state ?? 'insert';
  }
}
