import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { BodyStreamError } from '../../runtime/body-stream-error.ts';

export interface Refusal {
  readonly code: string;
  readonly where?: string | undefined;
  readonly field?: string | undefined;
  readonly message: string;
}

/** How a packet that breaks a rule ends the stream that reads or writes it. */
export const refuse = (refusal: Refusal): BodyStreamError => new BodyStreamError(rejected(refusal));

export const rejected = (refusal: Refusal): SyncFailure => ({ kind: 'rejected', ...refusal });

/** Data from outside in a message: short, on one line, visible as what it is. */
export function shown(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  return JSON.stringify(cut);
}
