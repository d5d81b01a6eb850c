import type { DocumentHandler, Mapping } from '../../../../shared/model/mapping.ts';
import { plainText, type Placed } from '../../mapping/plan-row.ts';
import { tableRows } from '../../mapping/plan-rows.ts';
import type { Packet } from '../codec/packet.ts';

/** A number that a device gave a document, taken apart. */
export interface GivenNumber {
  readonly entity: string;
  readonly kind: string;
  readonly prefix: string;
  readonly number: number;
  readonly width: number;
  readonly document: string;
}

/** How far a device says it has used a series. */
export interface GivenReport {
  readonly entity: string;
  readonly kind: string;
  readonly current: number;
  readonly saidAt: string;
}

/** As many digits as are exact in a number. */
const DIGITS = /\d{1,15}$/;
const WHOLE = /^\d{1,15}$/;
const KIND_FIELDS = ['documentType'];

/**
 * The handlers whose documents carry a number of the device's own series. Not those of tables that the ERP sends too: their
 * numbers may be the ERP's. Nor those whose number names another document, as the end of a visit names its start.
 */
const numberedBy = ({ push, pull }: Mapping): readonly (DocumentHandler & { readonly number: string })[] => {
  const sent = new Set(push.entities.map(({ entity }) => entity.toLowerCase()));
  return pull.documents.flatMap((handler) => {
    const { number } = handler;
    if (number === undefined || handler.group !== undefined || sent.has(handler.entity.toLowerCase()))
      return [];
    const names = handler.references.some(({ field }) => field.toLowerCase() === number.toLowerCase());
    return names ? [] : [{ ...handler, number }];
  });
};

/** What of a packet tells how a device counts its documents. Whatever does not look like a number of a series is left out. Pure. */
export function numbersOf(
  packet: Packet,
  mapping: Mapping,
): { readonly numbers: readonly GivenNumber[]; readonly reports: readonly GivenReport[] } {
  const numbers = numberedBy(mapping).flatMap((handler) =>
    tableRows(packet, handler.entity).flatMap((at) => {
      const { when } = handler;
      if (at.row.status !== 'insert') return [];
      if (when !== undefined && !when.in.includes(plainText(at, when.field))) return [];
      const text = plainText(at, handler.number);
      const digits = DIGITS.exec(text)?.[0];
      if (digits === undefined) return [];
      return {
        entity: handler.entity.toLowerCase(),
        kind: kindOf(at, mapping) || (when === undefined ? '' : plainText(at, when.field)),
        prefix: text.slice(0, -digits.length),
        number: Number(digits),
        width: digits.length,
        document: handler.document,
      };
    }),
  );
  const reports = mapping.pull.series.flatMap((handler) =>
    tableRows(packet, handler.entity).flatMap((at) => {
      const [entity, ...kind] = handler.key.map((field) => plainText(at, field));
      const current = plainText(at, handler.current);
      if (entity === undefined || entity === '' || !WHOLE.test(current)) return [];
      return {
        entity: entity.toLowerCase(),
        kind: kind.join('/'),
        current: Number(current),
        saidAt: plainText(at, 'onDate'),
      };
    }),
  );
  return { numbers, reports };
}

/** What tells series of one table apart, in the words that reports of them use. */
function kindOf(at: Placed, { pull }: Mapping): string {
  const fields = pull.series[0]?.key.slice(1) ?? KIND_FIELDS;
  return fields.map((field) => plainText(at, field)).join('/');
}

/** The number as a document shows it. */
export const shownNumber = (
  series: { readonly prefix: string; readonly width: number },
  number: number,
): string => `${series.prefix}${String(number).padStart(series.width, '0')}`;
