import type { Page } from 'playwright-core';
import { refusedCustomer, seedPacket } from '../unit/cli/seed-store.ts';
import { SeededSite } from '../e2e/seeded-site.ts';

export const SCENES = ['empty', 'fine', 'busy', 'parked', 'failing', 'lost'] as const;
export type SceneName = (typeof SCENES)[number];

type Shoot = (scene: SceneName, openUrl: string, ready: (page: Page) => Promise<void>) => Promise<void>;

const MINUTE = 60_000;

/** How each scene is made, and what must be on the page before a picture of it is taken. */
const MAKE: Readonly<Record<SceneName, (site: SeededSite) => (page: Page) => Promise<void>>> = {
  empty: (site) => {
    site.lights = {
      light: 'unknown',
      lights: {
        erp: { state: 'unknown', fact: { key: 'light.neverAsked', params: {} } },
        cloud: { state: 'unknown', fact: { key: 'light.neverAsked', params: {} } },
      },
      inCloud: { amount: 'unknown' },
      lastRuns: [],
      flows: [
        { flow: 'pull', enabled: true, nextRun: site.now + 20_000 },
        { flow: 'push', enabled: true, nextRun: site.now + 20_000 },
      ],
    };
    return (page) => page.getByText('No run yet.').waitFor();
  },
  fine: (site) => {
    site.lights = { light: 'fine', settledToday: 42, lastIn: site.now - 2 * MINUTE };
    return (page) => page.locator('.sentence[data-state="fine"]').waitFor();
  },
  busy: (site) => {
    seedPacket(site.store, { id: 'P-7', label: 'Order SO-1050, Krämer', user: 'ANNA' }, site.now - MINUTE);
    site.lights = {
      light: 'working',
      settledToday: 41,
      flows: [
        {
          flow: 'pull',
          enabled: true,
          running: { run: 42, since: site.now, stage: { key: 'stage.apply', params: {} } },
        },
        { flow: 'push', enabled: true, nextRun: site.now + 21 * MINUTE },
      ],
    };
    return (page) => page.getByRole('progressbar').waitFor();
  },
  parked: (site) => {
    site.seed();
    seedPacket(
      site.store,
      {
        id: 'P-4',
        label: 'Order SO-1044, Γαλακτοκομικά Παπαδόπουλος & Υιοί ΑΕ, Θεσσαλονίκη',
        user: 'Élodie',
        park: refusedCustomer,
      },
      site.now - 3 * 60 * MINUTE,
    );
    return (page) => page.getByRole('row', { name: /SO-1044/ }).waitFor();
  },
  failing: (site) => {
    site.seed();
    site.lights = {
      light: 'attention',
      lights: {
        erp: {
          state: 'attention',
          since: site.now - 10 * MINUTE,
          fact: { key: 'failure.erpUnreachable.what', params: { cause: 'ECONNREFUSED' } },
        },
        cloud: {
          state: 'fine',
          since: site.now - 12_000,
          fact: { key: 'light.answers', params: {} },
        },
      },
      lastRuns: [
        {
          id: 44,
          link: 'field-sales',
          flow: 'pull',
          trigger: 'schedule',
          startedAt: site.now - 2 * MINUTE,
          endedAt: site.now - 2 * MINUTE + 3_000,
          outcome: 'failed',
          counts: { lists: 3, listed: 3, stored: 3 },
          failure: {
            owner: 'erp-administrator',
            what: { key: 'failure.erpUnreachable.what', params: { cause: 'ECONNREFUSED' } },
            next: { key: 'failure.erpUnreachable.next', params: {} },
          },
        },
      ],
    };
    return (page) => page.locator('[data-light="erp"][data-state="attention"]').waitFor();
  },
  lost: () => async (page) => {
    await page.route('**/api/**', (route) => route.abort());
    await page.reload();
    await page.getByRole('status').waitFor();
  },
};

/** Makes each scene on a site of its own and hands its address on. */
export async function playScenes(only: string | undefined, shoot: Shoot): Promise<void> {
  for (const scene of SCENES) {
    if (only !== undefined && only !== scene) continue;
    const site = new SeededSite();
    try {
      const ready = MAKE[scene](site);
      await shoot(scene, await site.serve(), ready);
    } finally {
      await site.remove();
    }
  }
}
