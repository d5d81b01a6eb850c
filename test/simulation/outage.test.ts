import { expect, test } from 'vitest';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { playOutage } from './outage.ts';

/** Of real time, for the whole backlog: more than ten times what a quiet computer needs. */
const DRAIN_MS = 60_000;

test(
  'thirty days without the ERP, lists and reports going on: all of it reaches the ERP once, documents after what they name',
  { timeout: 180_000 },
  async () => {
    const sizes = { days: 30, ordersADay: 50, users: 2 };
    const report = await playOutage(temporaryFolder(), sizes);
    expect(report).toMatchObject({
      orders: 1_500,
      visits: 60,
      lost: 0,
      doubled: 0,
      outOfOrder: 0,
      leftWithCloud: 0,
      parked: 0,
    });
    expect(report.drainMs).toBeLessThan(DRAIN_MS);
    expect(report.slowestStatusMs).toBeLessThan(1_000);
  },
);
