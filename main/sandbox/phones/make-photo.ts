import { createHash } from 'node:crypto';
import { between } from '../sample-erp/seeded-random.ts';
import type { OrderMade, PhotoMade } from './journal.ts';
import type { Draw } from './make-field-work.ts';

const SMALLEST = 200;
const LARGEST = 40_000;

/** A photo of an order, or of one of its lines. The picture is bytes of every value: nobody has to look at it. */
export function makePhoto(
  { random, newId }: Draw,
  order: OrderMade,
  { at, line = false }: { readonly at: number; readonly line?: boolean | undefined },
): { readonly photo: PhotoMade; readonly picture: Uint8Array } {
  const picture = new Uint8Array(between(random, SMALLEST, LARGEST));
  // JPEG files begin like this.
  picture.set([0xff, 0xd8, 0xff]);
  for (let byte = 3; byte < picture.length; byte += 1) picture[byte] = Math.floor(random() * 256);
  const [first] = order.lines;
  const owner =
    line && first !== undefined
      ? { entity: 'SalesLine', ownerRowId: first.rowId }
      : { entity: 'SalesHeader', ownerRowId: order.rowId };
  const hash = createHash('sha256').update(picture).digest('hex');
  const photo: PhotoMade = {
    kind: 'photo',
    rowId: newId(),
    snapshotRowId: newId(),
    ...owner,
    orderRowId: order.rowId,
    bytes: picture.length,
    hash,
    at,
  };
  return { photo, picture };
}
