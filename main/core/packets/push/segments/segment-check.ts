import type { SyncFailure } from '../../../../../shared/model/failure.ts';
import { DiskError } from '../../../runtime/disk.ts';
import type { LinkParts } from '../../link-parts.ts';
import type { CycleSegments } from './cycle-segments.ts';
import { hasRowIds, RowIds } from './row-ids.ts';
import type { SegmentAsk } from './segment-asks.ts';

/** Whether segments may be in a packet together, by their bytes. What was found out holds for the cycle. */
export class SegmentCheck {
  readonly #parts: Pick<LinkParts, 'bodies' | 'log'>;
  readonly #segments: Pick<CycleSegments, 'find' | 'forget'>;
  readonly #rowIds: RowIds;
  /** Segments of earlier cycles whose bytes were found to be what they were. */
  readonly #sound = new Set<string>();

  constructor(parts: Pick<LinkParts, 'bodies' | 'log'>, segments: Pick<CycleSegments, 'find' | 'forget'>) {
    this.#parts = parts;
    this.#segments = segments;
    this.#rowIds = new RowIds(parts.bodies);
  }

  /** All bytes are to be looked at again. */
  forget(): void {
    this.#sound.clear();
  }

  /** Whether the bytes of all segments of earlier cycles are there and right; those that are not are forgotten. */
  async whole(asks: readonly SegmentAsk[]): Promise<boolean> {
    let whole = true;
    for (const ask of asks) {
      const segment = this.#segments.find(ask);
      if (segment === undefined) whole = false;
      if (segment?.body.ok !== true || segment.read || this.#sound.has(segment.body.value.hash)) continue;
      try {
        // Every chunk passes the comparison with the hash.
        for await (const chunk of this.#parts.bodies.open(segment.body.value)) void chunk;
        this.#sound.add(segment.body.value.hash);
      } catch (error) {
        if (!(error instanceof DiskError)) throw error;
        this.#parts.log.warn('a segment is lost and read again', {
          entity: ask.entity.entity,
          cause: error.code,
        });
        this.#segments.forget(ask);
        whole = false;
      }
    }
    return whole;
  }

  /** The app knows a row by this id alone. */
  async clash(asks: readonly SegmentAsk[]): Promise<SyncFailure | undefined> {
    const clash = await this.#rowIds.clash(
      asks.flatMap((ask) => {
        const body = this.#segments.find(ask)?.body;
        if (body?.ok !== true || body.value.size === 0 || !hasRowIds(ask.entity.fields)) return [];
        return { entity: ask.entity.entity, body: body.value };
      }),
    );
    if (clash === undefined) return undefined;
    const [one, other] = clash.entities;
    return {
      kind: 'rejected',
      code: 'row-id-twice',
      where: `${one} and ${other}`,
      field: 'DMS_ROWID',
      message: `the row id ${clash.id} occurs in both tables`,
    };
  }
}
