import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { Result } from '../../../../shared/model/result.ts';
import type { ApplyLane } from '../apply/apply-lane.ts';
import type { LinkParts } from '../link-parts.ts';
import type { PacketListing, PacketQueue } from '../packet-cloud.ts';
import type { Reporter } from '../report/reporter.ts';
import type { RunProgress } from '../run-progress.ts';
import type { Patience } from './patience.ts';

export interface PullCounts {
  lists: number;
  listed: number;
  stored: number;
  known: number;
  broken: number;
  /** Kept without a body, which the cloud no longer has. */
  lost: number;
  reported: number;
}

export interface Drained {
  readonly failure: SyncFailure | undefined;
  readonly drained: boolean;
}

export interface DrainParts {
  readonly parts: LinkParts;
  readonly lane: ApplyLane;
  readonly reporter: Reporter;
  readonly patience: Patience;
  readonly counts: PullCounts;
  readonly progress: RunProgress | undefined;
  readonly signal: AbortSignal;
  /** Asks for a list and remembers it, unless `known` says that it is one that is remembered already. */
  readonly list: (
    queue: PacketQueue,
    known: (listing: PacketListing) => boolean,
  ) => Promise<Result<PacketListing>>;
}

export const endsCycle = (failure: SyncFailure): boolean =>
  failure.kind === 'disk' ||
  failure.kind === 'cancelled' ||
  failure.kind === 'unauthorized' ||
  failure.kind === 'throttled';
