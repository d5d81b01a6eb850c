import type { FeedOffer } from '../../../core/feeds/feed.ts';
import type { EntityShape, FieldShape } from '../../../core/records/record-store.ts';
import { columnOf, findColumn, isAssigned, RECORD_TYPE, sameName, type LiveTable } from './record-table.ts';

/** What a mapped table is as an entity. `offers`: its feeds, best first. Pure. */
export function shapeOf(table: LiveTable, offers: readonly FeedOffer[]): EntityShape {
  const { object, given, key } = table;
  const fields: FieldShape[] = [];
  const remarks: string[] = [];
  for (const column of object.columns) {
    const mapped = [...given.types].find(([name]) => findColumn(object, name)?.name === column.name)?.[1];
    const known = columnOf(column, mapped);
    if (known === undefined) {
      remarks.push(`${column.name} is left out: ${column.type.name} cannot be carried without loss.`);
      continue;
    }
    const { type, native } = known;
    const isKey = key.some(({ name }) => sameName(name, column.name));
    const writable = !isAssigned(column, given);
    fields.push({
      name: column.name,
      type: RECORD_TYPE[type.kind],
      length: type.kind === 'text' ? type.length : undefined,
      precision: type.kind === 'decimal' ? type.precision : undefined,
      scale: type.kind === 'decimal' ? type.scale : undefined,
      ...BOUNDS[native],
      required: !column.nullable && writable,
      can: {
        read: true,
        create: writable,
        update: writable && !isKey,
        find: type.kind !== 'binary' && type.kind !== 'datetime',
      },
    });
  }
  if (object.triggers.some(({ enabled, insteadOf }) => enabled && insteadOf))
    remarks.push('A trigger writes in place of the program: what it does not write is refused.');
  return {
    entity: table.entity,
    key: key.map(({ name }) => name),
    fields,
    remarks: [...remarks, ...weaker(offers)],
  };
}

const BOUNDS: Readonly<Record<string, { readonly least: string; readonly most: string }>> = {
  tinyint: { least: '0', most: '255' },
  smallint: { least: '-32768', most: '32767' },
  int: { least: '-2147483648', most: '2147483647' },
  bigint: { least: '-9223372036854775808', most: '9223372036854775807' },
};

/** Why better feeds are not offered, and what is to be known of the one that is. */
function weaker(offers: readonly FeedOffer[]): readonly string[] {
  const best = offers.findIndex(({ offered }) => offered);
  return offers
    .slice(0, best < 0 ? offers.length : best + 1)
    .flatMap((one) => (one.offered ? (one.remark ?? []) : [`${one.kind}: ${one.why}`]));
}
