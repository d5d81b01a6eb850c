import { setImmediate } from 'node:timers/promises';
import { documentDiff, documentKeys, type DocumentKey } from '../../core/packets/apply/document-diff.ts';
import { packetDiff } from '../../core/packets/apply/packet-diff.ts';
import { unknownIn } from '../../core/mapping/unknown-in.ts';
import { collectReadable } from '../../core/packets/codec/collect-packet.ts';
import { STREAM_LIMITS, type Packet } from '../../core/packets/codec/packet.ts';
import type { Item } from '../../core/queue/item.ts';
import type { Compared, ComparedQuery, Difference } from '../../core/queue/viewer-reads.ts';
import type { BodyRef } from '../../core/runtime/body-store.ts';
import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { readBodyPart } from './body-part.ts';
import type { Steps } from './read-steps.ts';
import { findArchivedAt, findDocuments, readOpenBefore } from './statements/compared.ts';
import { findItem, findPacketItems } from './statements/item-read.ts';
import type { ReadContext } from './store-context.ts';

/** What is read of each packet: a phone's document is kilobytes. Of a larger one only the beginning is looked at. */
const LIMITS = { ...STREAM_LIMITS, bytes: 4_000_000, rows: 20_000 };
/** Packets of the user that are looked through for a document which is in no ERP yet, and bytes of all of them. */
const MOST_OPEN = 50;
const MOST_OPEN_BYTES = 8_000_000;
/** Stored packets that one is compared with until one fits. */
const MOST_OLDER = 5;

interface Places {
  readonly spool: string;
  readonly archive: Pick<ArchiveFiles, 'find'>;
}

/** A packet stored before, with the way to its bytes. */
interface Older {
  readonly id: number;
  readonly at: Instant;
  readonly size: number;
  /** Undefined when they are not here (any more). */
  readonly bytes: () => Uint8Array | undefined;
}

interface Read {
  readonly packet: Packet;
  readonly whole: boolean;
}

/** See `ViewerReads.compared`. Between two steps others may have their turn. */
export function comparedReads(
  context: ReadContext,
  { spool, archive }: Places,
): (wanted: ComparedQuery) => Steps<Compared | undefined> {
  const { db, read } = context;

  const bytesOf = (body: BodyRef): Uint8Array | undefined =>
    readBodyPart(db, spool, body, { offset: 0, limit: LIMITS.bytes });
  const stored = ({ id, createdAt, body }: Item): Older => ({
    id,
    at: createdAt,
    size: body.size,
    bytes: () => read(() => bytesOf(body)),
  });

  /** The bytes of an archived packet, in the month it was settled in. */
  const archived = (link: LinkId, found: ReturnType<typeof findArchivedAt>[number]): Older => ({
    id: found.item,
    at: found.createdAt,
    size: found.size,
    bytes: () => {
      const { packetId, bodyHash, settledAt } = found;
      const kept = archive.find({ link, packetId, bodyHash, settledAt });
      return (
        kept?.bytes ?? (kept && read(() => bytesOf({ place: kept.place, hash: kept.hash, size: kept.size })))
      );
    },
  });

  function* readable(older: Pick<Older, 'bytes' | 'size'>): Steps<Read | undefined> {
    const bytes = older.bytes();
    if (bytes === undefined) return undefined;
    const over = new AbortController();
    try {
      const runtime = { yield: () => setImmediate() };
      const options = { runtime, signal: over.signal, limits: LIMITS, statusWins: true };
      const { packet, failure } = yield* awaited(collectReadable(once(bytes), options));
      return { packet, whole: failure === undefined && bytes.byteLength === older.size };
    } finally {
      // Given up in the middle: what reads on stops at its next chunk.
      over.abort();
    }
  }

  /** Packets that were stored with one of the documents, those the ERP has first. */
  const withDocuments = (item: Item, keys: readonly DocumentKey[]): readonly Older[] =>
    read(() => {
      const found = new Map<number, Older>();
      for (const { item: id, at } of findDocuments(db, item.link, keys)) {
        if (found.size === MOST_OLDER) break;
        if (id === item.id) continue;
        const there = id === undefined ? undefined : findItem(db, id);
        if (there !== undefined) found.set(there.id, stored(there));
        // Its item left for the archive, which keeps it under the moment it was settled.
        else
          for (const one of findArchivedAt(db, item.link, at)) found.set(one.item, archived(item.link, one));
      }
      return [...found.values()];
    });

  /** Other contents under the same packet id. */
  const samePacket = (item: Item): Older | undefined =>
    read(() => {
      const others = findPacketItems(db, item.link, 'packet', item.externalId);
      const last = others.filter(({ id, body }) => id < item.id && body.hash !== item.body.hash).at(-1);
      if (last === undefined) return undefined;
      if (findItem(db, last.id) !== undefined) return stored(last);
      const { body, createdAt, externalId: packetId, settledAt = 0 } = last;
      const { hash: bodyHash, size } = body;
      return archived(item.link, { item: last.id, packetId, bodyHash, settledAt, createdAt, size });
    });

  function* openOnes(item: Item): Steps<readonly Older[]> {
    yield;
    let bytes = 0;
    return read(() =>
      readOpenBefore(db, item, MOST_OPEN)
        .flatMap((id) => findItem(db, id) ?? [])
        .filter(({ body }) => (bytes += Math.min(body.size, LIMITS.bytes)) <= MOST_OPEN_BYTES)
        .map(stored),
    );
  }

  function* differenceOf(
    item: Item,
    now: Read,
    mapping: ComparedQuery['mapping'],
  ): Steps<Difference | undefined> {
    const twin = samePacket(item);
    if (twin !== undefined) {
      const old = yield* readable(twin);
      if (old === undefined) return undefined;
      return differs(twin, old.whole && now.whole ? packetDiff(old.packet, now.packet) : TOO_LARGE);
    }
    const keys = documentKeys(now.packet, mapping);
    const older = withDocuments(item, keys);
    const open = older.length > 0 || item.state !== 'parked' ? [] : yield* openOnes(item);
    for (const one of [...older, ...open]) {
      const old = yield* readable(one);
      const found = old && documentDiff(old.packet, now.packet, mapping);
      if (found !== undefined) return differs(one, old?.whole === true && now.whole ? found : TOO_LARGE);
    }
    return undefined;
  }

  return function* compared({ item: id, mapping }) {
    yield;
    const item = read(() => findItem(db, id));
    if (item === undefined) return undefined;
    const none: Compared = { difference: undefined, unknown: [] };
    if (item.direction === 'out' || item.queue === 'file') return none;
    const now = yield* readable(stored(item));
    if (now === undefined) return none;
    const unknown = mapping === undefined ? [] : unknownIn(now.packet, mapping);
    return { difference: yield* differenceOf(item, now, mapping), unknown };
  };
}

const TOO_LARGE = { changes: [], more: 1 } as const;

/** What brought the same again is no difference. */
const differs = ({ id, at }: Older, found: Pick<Difference, 'changes' | 'more'>): Difference | undefined =>
  found.changes.length + found.more === 0 ? undefined : { against: id, againstAt: at, ...found };

/** Waits in steps: the promise goes on between them. */
function* awaited<T>(work: Promise<T>): Steps<T> {
  let end: { readonly value: T } | { readonly error: unknown } | undefined;
  const settle = (how: typeof end): void => {
    end = how;
  };
  work.then(
    (value) => settle({ value }),
    (error: unknown) => settle({ error }),
  );
  for (;;) {
    const now = end as typeof end;
    if (now === undefined) yield;
    else if ('error' in now) throw now.error;
    else return now.value;
  }
}

// oxlint-disable-next-line require-await -- packets are read as streams, and this one is in memory.
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
