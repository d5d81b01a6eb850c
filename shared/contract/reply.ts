/** What a viewer may do. Each right includes the ones before it. */
export const RIGHTS = ['view', 'operate', 'administer'] as const;
export type Right = (typeof RIGHTS)[number];

export const allows = (granted: Right, needed: Right): boolean =>
  RIGHTS.indexOf(granted) >= RIGHTS.indexOf(needed);

export type RefusalCode =
  | 'unknown-request'
  | 'bad-arguments'
  | 'forbidden'
  | 'not-found'
  /** The thing is in a state that does not allow it. */
  | 'not-now'
  | 'too-large'
  | 'other-version'
  | 'unavailable'
  | 'defect';

export interface Refusal {
  readonly code: RefusalCode;
  /** For people, without secrets. */
  readonly message: string;
  /** What to do. */
  readonly hint?: string | undefined;
}

/** Errors cross as data: the same two shapes over every transport. */
export type Reply<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: Refusal };

export const answer = <T>(value: T): Reply<T> => ({ ok: true, value });

export const refuse = (
  code: RefusalCode,
  message: string,
  hint?: string,
): { readonly ok: false; readonly error: Refusal } => ({ ok: false, error: { code, message, hint } });
