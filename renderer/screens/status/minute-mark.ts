const MINUTE_MS = 60_000;

/** Differs once a minute: history grows by one step then, and not more often. */
export const minuteMark = (at: number): string => String(Math.floor(at / MINUTE_MS));
