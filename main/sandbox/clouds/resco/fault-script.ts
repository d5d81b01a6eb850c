export const FAULT_KINDS = ['status', 'delay', 'cut', 'lost-answer', 'html', 'half', 'row-fault'] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

/** One line of a fault script. The first line that fits a call and has lives left is used. */
export interface Fault {
  /** The method as the log names it (`Fetch`, `ExecuteMultiple`, `Metadata`, `OData.list`, ...), or `any`. */
  on: string;
  /**
   * `cut` and `status` come before anything is done; `lost-answer`, `html` and `half` after it; `row-fault` puts a fault
   * in the place of the first row of a Fetch.
   */
  kind: FaultKind;
  /** For `status`; default 503. */
  status?: number | undefined;
  /** For `status`: sent as Retry-After. */
  retryAfterSeconds?: number | undefined;
  /** For `delay`; default 1000. The call is done first unless `undone`. */
  ms?: number | undefined;
  /** For `delay` and `html`: nothing is done when the client has gone meanwhile, or at all. */
  undone?: boolean | undefined;
  /** Calls to hit; default 1. */
  times?: number | undefined;
  /** Fitting calls to let pass first: the call number, less one. */
  skip?: number | undefined;
}
