import type { ItemEditView } from '../../../shared/contract/queue-requests.ts';
import type { FieldEdit, ItemEdit } from '../../core/queue/edit-store.ts';

export const changeView = ({ before, after, ...where }: FieldEdit): ItemEditView['changes'][number] => ({
  ...where,
  before: before ?? undefined,
  after: after ?? undefined,
});

export const editView = ({ before, after, changes, ...edit }: ItemEdit): ItemEditView => ({
  ...edit,
  changes: changes.map(changeView),
  oldHash: before.hash,
  newHash: after.hash,
});
