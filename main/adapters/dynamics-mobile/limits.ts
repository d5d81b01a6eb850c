/** The protocol's "100 Mb", read in the way every side accepts. */
export const PUSH_MAX_BYTES = 100_000_000;

export const LIST_SIZE = 10;

/** Lists hold ten entries of a few hundred characters; what is larger is something else. */
export const LIST_MAX_BYTES = 1024 * 1024;
export const SMALL_ANSWER_BYTES = 64 * 1024;

/** The gateway itself gives up after about 30 s. */
export const API_TIMEOUT_MS = 60_000;
export const IDLE_TIMEOUT_MS = 60_000;

/** Time a body of this size may take on a line of 16 KiB/s, on top of an answer's time. */
export const uploadTimeoutMs = (bytes: number): number => API_TIMEOUT_MS + Math.ceil(bytes / 16);
