import { placeSchema, type Place } from '../../shared/contract/place.ts';

/** What the program was started with. */
export interface StartOptions {
  readonly dataDir: string | undefined;
  /** Started with the session: the tray only. */
  readonly hidden: boolean;
  readonly place: Place | undefined;
  /** Ends when its standard input ends: whoever started it is gone then. */
  readonly endWithInput: boolean;
}

/** The arguments of a start by the session, read back in the same words. */
export const LOGON_ARGS = ['--hidden'] as const;

const valueOf = (args: readonly string[], name: string): string | undefined => {
  const at = args.findIndex((arg) => arg === name || arg.startsWith(`${name}=`));
  const found = args[at];
  return found === undefined || found.includes('=') ? found?.slice(name.length + 1) : args[at + 1];
};

/** Reads what it knows and passes over the rest: a start by the system adds arguments of its own. */
export const readStartOptions = (args: readonly string[]): StartOptions => ({
  dataDir: valueOf(args, '--data-dir'),
  hidden: args.includes('--hidden'),
  place: readPlace(valueOf(args, '--place')),
  endWithInput: args.includes('--end-with-input'),
});

/** `status`, `queue?view=parked&link=field-sales`: a screen and what it takes; undefined for anything else. */
export function readPlace(text: string | undefined): Place | undefined {
  if (text === undefined || text.length > 500) return undefined;
  const [screen, query] = text.split('?', 2);
  const numbers = new Set(['item', 'alert']);
  const fields = [...new URLSearchParams(query ?? '')].map(([name, value]) => [
    name,
    numbers.has(name) && /^\d{1,15}$/.test(value) ? Number(value) : value,
  ]);
  const parsed = placeSchema.safeParse({ ...Object.fromEntries(fields), screen });
  return parsed.success ? parsed.data : undefined;
}
