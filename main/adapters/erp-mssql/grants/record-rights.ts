import type { RecordEntity, RecordMapping } from '../../../../shared/model/record-mapping.ts';
import type { NeededRight } from './rights.ts';

/**
 * What two-way records need of the ERP's own tables: each is read as a whole, because its key, its versions and the columns of
 * a full compare tell what changed; written is what the mapping allows and nothing else. Pure.
 */
export const recordRights = (mapping: RecordMapping, link: string): readonly NeededRight[] =>
  mapping.entities.flatMap((entity) => rightsOf(entity, `${entity.entity} of ${link}`));

function rightsOf(entity: RecordEntity, what: string): readonly NeededRight[] {
  const { erp, toErp, onDelete } = entity;
  const on = erp.table;
  const rights: NeededRight[] = [
    { on, right: 'SELECT', why: [`${what}, read`] },
    { on, right: 'VIEW CHANGE TRACKING', onlyFor: 'tracked', why: [`${what}: what changed`] },
  ];
  const writes: NeededRight[] = [];
  if (toErp.create) writes.push({ on, right: 'INSERT', why: [`${what}, created`] });
  const changed = changedColumns(entity);
  if (changed.length > 0) writes.push({ on, right: 'UPDATE', columns: changed, why: [`${what}, changed`] });
  if (toErp.delete && onDelete.inCloud === 'delete')
    writes.push({ on, right: 'DELETE', why: [`${what}, deleted`] });
  if (writes.length > 0)
    writes.push({
      on,
      right: 'VIEW DEFINITION',
      why: [`${what}: its triggers, so that a new one is noticed`],
    });
  return [...rights, ...writes];
}

function changedColumns({ erp, toErp, onDelete, fields }: RecordEntity): readonly string[] {
  const same = (a: string) => (b: string) => a.toLowerCase() === b.toLowerCase();
  const never = [...erp.key, ...erp.assigned];
  const written = toErp.update
    ? fields.filter(({ direction }) => direction !== 'to-cloud').map((field) => field.erp)
    : [];
  const marked = onDelete.inCloud === 'mark' ? Object.keys(erp.mark ?? {}) : [];
  return [...written, ...marked].filter((column) => !never.some(same(column)));
}
