import type { EditStore } from '../../core/queue/edit-store.ts';
import { changeItem, requireItem } from './change-item.ts';
import type { ReadContext, WriteContext } from './store-context.ts';
import {
  findApplyingSince,
  findQueueOf,
  insertApplying,
  insertEdit,
  readEdits,
  replaceBody,
} from './statements/edits.ts';
import { findItem, findPacketItems } from './statements/item-read.ts';
import { insertBody } from './statements/item-write.ts';

/** What people decided about packets, as viewers and the engine read it. */
export const editReads = ({ db, read }: ReadContext): Pick<EditStore, 'edits' | 'applyingSince'> => ({
  edits: (id) => read(() => readEdits(db, id)),
  applyingSince: (link, source) => read(() => findApplyingSince(db, link, source)),
});

export function editWrites({ db, write }: WriteContext): Pick<EditStore, 'edit' | 'startApplying'> {
  return {
    edit: (looked, { body, ...edit }, now) =>
      write(() => {
        const item = findItem(db, looked.id);
        const asLooked =
          item?.state === 'parked' &&
          item.handed === undefined &&
          item.body.hash === looked.body.hash &&
          item.revision === looked.revision &&
          item.attempts === looked.attempts;
        if (!asLooked) return { kind: 'changed' };
        const { id, link, externalId: packetId } = item;
        const queue = findQueueOf(db, id);
        if (findPacketItems(db, link, queue, packetId).some((one) => one.body.hash === body.hash))
          return { kind: 'same-bytes' };
        if (body.place === 'row') insertBody(db, body.hash, body.bytes);
        insertEdit(db, { item: id, link, queue, packetId }, { ...edit, before: item.body, after: body }, now);
        replaceBody(db, id, body);
        const { by, note, revision } = edit;
        changeItem(db, item, 'personEdits', {
          now,
          dueAt: now,
          event: 'edited-by-person',
          detail: [by, note].filter((one) => one !== '').join(': '),
          revision,
          // The key of whatever was tried with the old bytes is taken.
          inDoubt: false,
        });
        return { kind: 'edited', item: requireItem(db, id) };
      }),

    startApplying: (link, source, by, now) => {
      write(() => {
        insertApplying(db, link, source, by, now);
      });
    },
  };
}
