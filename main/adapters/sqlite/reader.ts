import { dirname, join } from 'node:path';
import type { ItemId } from '../../../shared/model/ids.ts';
import type { ItemQuery, Run, RunQuery } from '../../core/queue/queue-store.ts';
import type { UserDetail, UserPage, UserQuery } from '../../core/queue/mobile-users.ts';
import {
  BEGINNING_BYTES,
  type BodyPart,
  type BodyPartQuery,
  type Compared,
  type ComparedQuery,
  type History,
  type HistoryQuery,
  type ItemDetail,
  type ItemPage,
  type OneUser,
  type SpooledQuery,
} from '../../core/queue/viewer-reads.ts';
import type { BodyRef } from '../../core/runtime/body-store.ts';
import { archiveFiles } from './archive-files.ts';
import { bodyAsBytes, readBodyPart, readSpooled } from './body-part.ts';
import { comparedReads } from './compared-reads.ts';
import { openForReading } from './connection.ts';
import { historyOf } from './history.ts';
import { searchItems } from './item-search.ts';
import { refuseOlder } from './migrate.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { userDetail, userPage } from './mobile-users.ts';
import { rowsOf } from './queue-reads.ts';
import type { Steps } from './read-steps.ts';
import { translated } from './sqlite-error.ts';
import { readEdits } from './statements/edits.ts';
import { registerSearch } from './statements/item-filter.ts';
import { findItem, readTimeline } from './statements/item-read.ts';
import { readRuns } from './statements/runs.ts';
import { readableItems, readContext, type OnDamaged } from './store-context.ts';

export interface ReaderOptions {
  /** Absolute path of `ferry.sqlite`. */
  readonly file: string;
  /** Absolute path of the folder of large bodies. */
  readonly spool: string;
  /** Decides when today began. */
  readonly zone: string;
}

/** What can be asked, with what it takes and gives. All of it crosses to a worker as data. */
export interface Reader {
  list(query: ItemQuery): Steps<ItemPage>;
  show(item: ItemId): Steps<ItemDetail | undefined>;
  bodyPart(wanted: BodyPartQuery): Steps<BodyPart | undefined>;
  compared(wanted: ComparedQuery): Steps<Compared | undefined>;
  runs(query: RunQuery): Steps<readonly Run[]>;
  history(query: HistoryQuery): Steps<History>;
  spooled(wanted: SpooledQuery): Steps<Uint8Array | undefined>;
  users(query: UserQuery): Steps<UserPage>;
  user(wanted: OneUser): Steps<UserDetail | undefined>;
}
export type ReadName = keyof Reader;

/** Opens the store beside its agent, read-only. Throws StoreError. */
export function openReader(
  { file, spool, zone }: ReaderOptions,
  onDamaged: OnDamaged,
): Reader & { close(): void } {
  const db = openForReading(file);
  try {
    translated(() => refuseOlder(db, file, MIGRATIONS));
    registerSearch(db);
  } catch (error) {
    db.close();
    throw error;
  }
  const context = readContext(db, { zone, onDamaged });
  const { read } = context;
  // Parts of one body are asked for one after the other.
  let last: { readonly list: BodyRef; readonly bytes: BodyRef } | undefined;
  const bytesOf = (body: BodyRef): BodyRef => {
    if (last === undefined || last.list.hash !== body.hash)
      last = { list: body, bytes: bodyAsBytes(db, spool, body) };
    return last.bytes;
  };

  return {
    *list(query) {
      const search = searchItems(db, query, true);
      for (;;) {
        const step = read(() => search.next());
        if (step.done !== true) {
          yield;
          continue;
        }
        const { ids, total } = step.value;
        return { items: read(() => readableItems(context, rowsOf(context, ids))), total };
      }
    },
    show: (id) =>
      inOneStep(() =>
        read(() => {
          const item = findItem(db, id);
          return (
            item && {
              item: { ...item, body: bytesOf(item.body) },
              timeline: readTimeline(db, id),
              edits: readEdits(db, id),
              beginning: readBodyPart(db, spool, item.body, { offset: 0, limit: BEGINNING_BYTES }),
            }
          );
        }),
      ),
    bodyPart: ({ item, original, ...part }) =>
      inOneStep(() =>
        read(() => {
          const body =
            (original === true ? readEdits(db, item)[0]?.before : undefined) ?? findItem(db, item)?.body;
          const bytes = body && readBodyPart(db, spool, body, part);
          return body && bytes && { body: bytesOf(body), bytes };
        }),
      ),
    compared: comparedReads(context, { spool, archive: archiveFiles(join(dirname(file), 'archive'), zone) }),
    runs: (query) => inOneStep(() => read(() => readRuns(db, query))),
    history: (query) => inOneStep(() => historyOf(context, query)),
    spooled: ({ hash, size, offset, limit }) =>
      inOneStep(() => readSpooled(join(spool, hash), size, offset, limit)),
    users: (query) => inOneStep(() => userPage(context, query)),
    user: (wanted) => inOneStep(() => userDetail(context, wanted)),
    close: () => {
      db.close();
    },
  };
}

/** A read that is short: it begins after whoever waits already. */
function* inOneStep<T>(act: () => T): Steps<T> {
  yield;
  return act();
}

/** Starts the read that is named. */
export function begin(reader: Reader, name: ReadName, argument: unknown): Steps<unknown> {
  // The name says which type the argument has; both come from the typed methods of ViewerReads.
  const read = reader[name] as (argument: unknown) => Steps<unknown>;
  return read(argument);
}
