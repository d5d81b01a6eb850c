/** What a photo waits for, in the words of the item that waits and of whoever wakes it. */
export const WAITS_WHAT = 'packet of the photo';
