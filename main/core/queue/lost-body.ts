import type { FailureReason, Item } from './item.ts';

/**
 * A packet the cloud lists and whose body it no longer has. It is kept as an item without bytes, which no packet can be: parked
 * until its body comes after all, or until a person agrees that it is lost.
 */
export const isLostBody = ({ direction, body }: Pick<Item, 'direction' | 'body'>): boolean =>
  direction === 'in' && body.size === 0;

/** A file without bytes: nothing can be made of it, and asking again brings no more. It is kept and parked in the same way. */
export const emptyFileReason = (packetId: string): FailureReason => ({
  kind: 'failure',
  failure: {
    kind: 'rejected',
    code: 'body-empty',
    where: `file ${packetId}`,
    message: 'the file has no bytes',
  },
});

/** Not given up by a person yet. */
export const isAwaitedBody = (item: Pick<Item, 'direction' | 'body' | 'state'>): boolean =>
  isLostBody(item) && item.state !== 'discarded';

export const lostBodyReason = (packetId: string): FailureReason => ({
  kind: 'failure',
  failure: {
    kind: 'rejected',
    code: 'body-gone',
    where: `packet ${packetId}`,
    message: 'the cloud lists this packet and no longer has its body',
  },
});
