import type { Refusal } from '../../shared/contract/reply.ts';
import { Speaker } from '../../shared/i18n/say.ts';
import { EXIT } from './exit-codes.ts';
import type { Output } from './output.ts';
import type { World } from './world.ts';

/** What every command gets. */
export interface Context {
  readonly world: World;
  readonly out: Output;
  /** Absolute. */
  readonly dataDir: string;
}

/** Words as this terminal's person reads them, in the site's zone where it is known. */
export const speakerFor = (world: World, timeZone = world.timeZone): Speaker =>
  new Speaker({ now: world.now(), timeZone, locale: world.locale });

/** Says why something was not done, and gives the exit code for it. */
export function refused(out: Output, error: Refusal): number {
  out.failure(error);
  return error.code === 'bad-arguments' ? EXIT.usage : EXIT.failed;
}
