import type { Mapping } from '../../../shared/model/mapping.ts';
import type { Packet } from '../packets/codec/packet.ts';
import type { Unknown } from './plan.ts';
import { plainText } from './plan-row.ts';
import { tableRows } from './plan-rows.ts';

/** Most of each that are named of one packet: a list for people, not a store. */
const MOST = 20;
const CODE_CHARS = 30;

/** What no handler takes, for people: tables the mapping does not name, and codes of kept tables that no document is for. Pure. */
export function unknownIn(packet: Packet, { pull }: Pick<Mapping, 'pull'>): readonly Unknown[] {
  const { documents, series, keepOnly, photos } = pull;
  const known = new Set(
    [
      ...documents.flatMap((one) => [one.entity, ...one.lines.map((line) => line.entity)]),
      ...series.map((one) => one.entity),
      ...keepOnly,
      ...(photos === undefined ? [] : [photos.entity]),
    ].map((name) => name.toLowerCase()),
  );
  const tables = [...packet.tables]
    .filter(([key, table]) => table.rows.length > 0 && !known.has(key))
    .slice(0, MOST)
    .map(([, { name }]): Unknown => ({ what: 'table', name }));
  return [...tables, ...unknownCodes(packet, pull)];
}

function unknownCodes(packet: Packet, { documents, keepOnly }: Mapping['pull']): readonly Unknown[] {
  const found = new Set<string>();
  for (const entity of keepOnly) {
    const handlers = documents.filter((one) => one.entity.toLowerCase() === entity.toLowerCase());
    const [first] = handlers;
    if (first?.when === undefined) continue;
    const { field } = first.when;
    const taken = new Set(handlers.flatMap((one) => one.when?.in ?? []));
    for (const at of tableRows(packet, entity)) {
      const code = plainText(at, field).slice(0, CODE_CHARS);
      if (!taken.has(code) && found.size < MOST) found.add(`${at.table}: ${field} ${code}`);
    }
  }
  return [...found].map((name): Unknown => ({ what: 'code', name }));
}
