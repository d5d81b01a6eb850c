/** Types a mapping gives to fields and columns. Canonical values are text, see the ERP port. */
export interface FieldType {
  readonly kind:
    | 'text'
    | 'decimal'
    | 'int'
    | 'bigint'
    | 'bool'
    /** A moment: shifted between the area's zone and the ERP's zone. */
    | 'datetime'
    /** A calendar day, never shifted. */
    | 'date'
    /** The calendar day, in the ERP's zone, of a moment. Pull only. */
    | 'dateOfTime'
    | 'guid'
    | 'binary';
  /** Characters of a text. */
  readonly length?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

const SIMPLE = new Set(['text', 'int', 'bigint', 'bool', 'datetime', 'date', 'dateOfTime', 'guid', 'binary']);

/** Reads `text`, `text(30)`, `decimal(18,4)`, `int` …; undefined when it is none of them. */
export function parseFieldType(text: string): FieldType | undefined {
  if (SIMPLE.has(text)) return { kind: text as FieldType['kind'] };
  const sized = /^text\((\d{1,4})\)$/.exec(text);
  if (sized !== null) return { kind: 'text', length: Number(sized[1]) };
  const decimal = /^decimal\((\d{1,2}),\s*(\d{1,2})\)$/.exec(text);
  if (decimal === null) return undefined;
  const [precision, scale] = [Number(decimal[1]), Number(decimal[2])];
  return precision >= 1 && precision <= 38 && scale <= precision
    ? { kind: 'decimal', precision, scale }
    : undefined;
}
