/**
 * Why the local store could not do what it was asked; nothing of it happened.
 * `full`: the disk is full. `io`: reading or writing the file failed (a virus scanner, a lost network drive).
 * `busy`: another program held the file for longer than the busy timeout. `cannot-open`: the file or its folder cannot be
 * opened or written. `newer`: a newer version of the program wrote it. `older`: an older one did, and no agent of this version has upgraded it yet. `foreign`: it is not a store of this program.
 * `corrupt`: the file is damaged. `damaged-row`: one row is, the others work.
 */
export const STORE_ERROR_CODES = [
  'full',
  'io',
  'busy',
  'cannot-open',
  'newer',
  'older',
  'foreign',
  'corrupt',
  'damaged-row',
] as const;
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
