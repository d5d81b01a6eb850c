export const CALL_KINDS = ['list', 'link', 'download', 'done', 'pushLink', 'upload'] as const;
export type CallKind = (typeof CALL_KINDS)[number];

export const FAULT_KINDS = [
  'status',
  'delay',
  'cut',
  'html',
  'wrong-length',
  'half',
  'lost-answer',
  'expired',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One line of a fault script. The first line that fits a call and has lives left is used. */
export interface Fault {
  on: CallKind | 'any';
  kind: FaultKind;
  /** Only calls of this area. */
  area?: string | undefined;
  /** For `status`; default 503. */
  status?: number | undefined;
  /** For `status`: sent as Retry-After. */
  retryAfterSeconds?: number | undefined;
  /** For `delay`; default 1000. */
  ms?: number | undefined;
  /** For `cut` on an upload: after so many bytes were read; default before the first. */
  afterBytes?: number | undefined;
  /** For `wrong-length`: declared length minus true length; default 17. */
  off?: number | undefined;
  /** Calls to hit. */
  times: number;
  /** Fitting calls to let pass first. */
  skip?: number | undefined;
}
