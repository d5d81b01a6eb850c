import type { WholeReadStore } from '../../core/reading/whole-read.ts';
import type { WriteContext } from './store-context.ts';
import { findWholeRead, upsertWholeRead } from './statements/whole-reads.ts';

export const wholeReads = ({ db, read, write }: WriteContext): WholeReadStore => ({
  wholeRead: (link) => read(() => findWholeRead(db, link)),
  noteWholeRead: (link, whole) => {
    write(() => {
      upsertWholeRead(db, link, whole);
    });
  },
});
