/** Most operations and bytes of one write. */
export const WRITE_OPERATIONS = 100;
export const WRITE_BYTES = 4 * 1024 * 1024;

/** Most values of one `in`. */
export const IDS_PER_READ = 100;
/** Most sets of values of one search: each is several conditions. */
export const SETS_PER_FIND = 50;
/** Rows of one page when changes or ids are read. */
export const PAGE_ROWS = 500;

export const CALL_TIMEOUT_MS = 60_000;
/** For pages with bodies in them. */
export const BINARY_TIMEOUT_MS = 300_000;

export const SMALL_ANSWER_BYTES = 64 * 1024;
export const METADATA_BYTES = 64 * 1024 * 1024;
export const FETCH_BYTES = 64 * 1024 * 1024;

/** How long identity and metadata count as known. */
export const KNOWN_MS = 3_600_000;

/** Row versions read again where the server does not say which transactions are open. */
export const OVERLAP = 1_000n;
/** By how much moments of change are read again. */
export const OVERLAP_MS = 600_000;
/** How long after a change the rest of its time may still be under way, where the server does not say. */
export const SETTLING_MS = 600_000;
/** How long the bound of a pulse serves the entities after it. */
export const BOUND_MS = 60_000;
