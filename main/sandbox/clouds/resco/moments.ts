import type { Moment, World } from './state/world.ts';

/** Lets others do what they were told to do at this point of a call. Each does it once. */
export function runMoments(world: World, on: string, when: Moment['when'], item?: number): void {
  for (const one of world.moments.slice()) {
    if (one.on !== on || one.when !== when || one.item !== item) continue;
    if (one.skip > 0) {
      one.skip -= 1;
      continue;
    }
    world.moments.splice(world.moments.indexOf(one), 1);
    one.act();
  }
}
