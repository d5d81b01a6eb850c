import { expect, test } from 'vitest';
import { CrashWorld } from '../../crash/crash-world.ts';
import { playKills } from '../../crash/play-kills.ts';
import type { StepPhase } from '../../../main/core/runtime/steps.ts';
import type { Kill } from '../../crash/kill-plan.ts';

const kill = (phase: StepPhase): Kill => ({
  kind: 'step',
  point: { step: 'settings.write', phase, occurrence: 1 },
  work: 'plain',
  atStart: false,
});

test(
  'killed before settings are written the old ones count, killed between writing and taking over the new ones; no order is lost or doubled',
  { timeout: 90_000 },
  async () => {
    const world = await CrashWorld.start({ mode: 'sticky', disk: 'node', seed: 11 });
    try {
      expect(await world.closeDay()).toBe(true);
      const names = [world.siteName()];
      for (const phase of ['before', 'after'] as const) {
        const play = await playKills(world, [kill(phase)], () => undefined);
        expect(play.notReached).toEqual([]);
        expect(Object.fromEntries(play.recovered)).toEqual({ [`settings.write ${phase}`]: 1 });
        names.push(world.siteName());
      }
      const [first, afterBefore, afterAfter] = names;
      expect(afterBefore).toBe(first);
      expect(afterAfter).toMatch(/^Life \d+$/);
      expect(await world.closeDay()).toBe(true);
      const { orders } = await world.judge();
      expect({ lost: orders.lost, duplicated: orders.duplicated, clean: orders.clean }).toEqual({
        lost: 0,
        duplicated: 0,
        clean: true,
      });
      expect(orders.orders).toBeGreaterThan(0);
      world.lookIntoLogs();
      expect(world.troubles).toEqual([]);
    } finally {
      await world.end();
    }
  },
);
