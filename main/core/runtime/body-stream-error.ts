import type { SyncFailure } from '../../../shared/model/failure.ts';

/** How a stream of bytes ends early with a known failure: a download that broke, a body that is not a packet. */
export class BodyStreamError extends Error {
  readonly failure: SyncFailure;

  constructor(failure: SyncFailure) {
    super(failure.kind);
    this.name = 'BodyStreamError';
    this.failure = failure;
  }
}
