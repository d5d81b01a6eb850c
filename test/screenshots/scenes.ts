import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startSite } from '../../main/compose.ts';
import { synchronize } from '../../main/sandbox/day.ts';
import { chance, pick, seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import type { LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import type { Place } from '../../shared/contract/place.ts';
import { startRealSite, type RealSite } from '../e2e/real-site.ts';

export const SCENES = ['empty', 'fine', 'busy', 'failing'] as const;
export type SceneName = (typeof SCENES)[number];

/** A site in a state that a person can meet, held still for pictures. */
export interface Scene {
  readonly dataDir: string;
  /** Resolves when the status screen shows what the scene is about. */
  readonly ready: (page: Page) => Promise<void>;
  readonly shots: readonly Shot[];
  end(): Promise<void>;
}

export interface Shot {
  readonly name: string;
  readonly place: Place;
  /** Goes on from the place: opens a detail, a dialog. */
  readonly goOn?: ((page: Page) => Promise<void>) | undefined;
}

const SOON = 60_000;
const siteIs = (state: string) => (page: Page) =>
  page.locator(`[data-site-sentence][data-state="${state}"]`).waitFor({ timeout: SOON });

const openFirst = async (page: Page): Promise<void> => {
  await page.locator('[data-item]').first().click({ timeout: SOON });
  await page.locator('[data-detail]').waitFor({ timeout: SOON });
};

const openUser = async (page: Page): Promise<void> => {
  await page.locator('[data-user]').first().click({ timeout: SOON });
  await page.locator('[data-detail] [data-part="tables"]').waitFor({ timeout: SOON });
};

const openEditor = async (page: Page): Promise<void> => {
  await openFirst(page);
  await page.locator('[data-detail]').getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox').waitFor({ timeout: SOON });
  await dialog.getByRole('button', { name: 'One field a line' }).click();
};

const ROOMS: readonly Shot[] = [
  { name: 'status', place: { screen: 'status' } },
  { name: 'queue', place: { screen: 'queue' } },
  { name: 'users', place: { screen: 'users' } },
  { name: 'runs', place: { screen: 'runs' } },
  { name: 'notifications', place: { screen: 'notifications' } },
  { name: 'settings', place: { screen: 'settings' } },
];

const SECTIONS = ['clouds', 'links', 'schedule', 'alerts', 'language', 'advanced'] as const;

const MAKE: Readonly<Record<SceneName, () => Promise<Scene>>> = {
  /** A computer on which the program was just installed. */
  empty: async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'ferry-empty-'));
    const agent = await startSite({ dataDir, env: {}, mode: 'run', setUp: true });
    return {
      dataDir,
      ready: (page) => page.locator('[data-site-sentence]').waitFor({ timeout: SOON }),
      shots: ROOMS,
      end: async () => {
        await agent.stop(AbortSignal.timeout(20_000));
        rmSync(dataDir, { recursive: true, force: true });
      },
    };
  },

  fine: async () => {
    const site = await startRealSite('1h');
    await firstRound(site);
    await orders(site, 14);
    await site.agent.handlers.sync({});
    return scene(site, siteIs('fine'), [
      ...ROOMS,
      { name: 'queue-detail', place: { screen: 'queue' }, goOn: openFirst },
      { name: 'users-detail', place: { screen: 'users' }, goOn: openUser },
      {
        name: 'users-preview',
        place: { screen: 'users' },
        goOn: async (page) => {
          await openUser(page);
          await page.locator('[data-detail]').getByRole('button', { name: 'Preview' }).click();
          await page.getByRole('dialog').locator('[data-part="tables"]').waitFor({ timeout: SOON });
        },
      },
      ...SECTIONS.map((section): Shot => ({
        name: `settings-${section}`,
        place: { screen: 'settings', section },
      })),
      {
        name: 'settings-test',
        place: { screen: 'settings', section: 'erps' },
        goOn: async (page) => {
          await page.getByRole('button', { name: 'Test', exact: true }).click();
          const result = page.locator('[data-hop-result]');
          await result.waitFor({ timeout: SOON });
          await page.locator('[data-hop]').last().scrollIntoViewIfNeeded();
        },
      },
    ]);
  },

  /** Every upload takes its time, and the ERP holds what the phones sent. */
  busy: async () => {
    const site = await startRealSite('1h');
    await firstRound(site);
    await orders(site, 9);
    await site.world.cloud.call('faults', [
      { on: 'pushLink', kind: 'delay', ms: 8_000, times: 100_000 },
      { on: 'download', kind: 'delay', ms: 4_000, times: 100_000 },
    ]);
    await site.agent.handlers.sync({});
    return scene(site, siteIs('working'), ROOMS);
  },

  failing: async () => {
    const site = await startRealSite('1h', AT_ONCE);
    await firstRound(site);
    await orders(site, 5);
    const odd = await site.alteredPhone(site.world.phones[2]!.user, (xml) =>
      xml.replace(/<documentType>\d/, '<documentType>77'),
    );
    odd.order();
    await odd.send();
    const { handlers } = site.agent;
    await handlers.sync({});
    await until(site, (link) => link.parked === 1 && link.pendingIn.count === 0);
    await site.erp('stop');
    await site.erp('close');
    await orders(site, 3);
    await handlers.sync({});
    await until(site, (link) => link.pendingIn.count > 0);
    await untilTold(site, 'erp-unreachable');
    return scene(
      site,
      async (page) => {
        await page.locator('[data-light="erp"][data-state="attention"]').waitFor({ timeout: SOON });
      },
      [
        ...ROOMS,
        { name: 'queue-detail', place: { screen: 'queue', view: 'parked' }, goOn: openFirst },
        {
          name: 'queue-discard',
          place: { screen: 'queue', view: 'parked' },
          goOn: async (page) => {
            await openFirst(page);
            await page.locator('[data-detail]').getByRole('button', { name: 'Discard' }).click();
            await page.getByRole('dialog').waitFor();
          },
        },
        { name: 'queue-edit', place: { screen: 'queue', view: 'parked' }, goOn: openEditor },
        {
          name: 'queue-edit-changes',
          place: { screen: 'queue', view: 'parked' },
          goOn: async (page) => {
            await openEditor(page);
            const dialog = page.getByRole('dialog');
            const text = dialog.getByRole('textbox');
            await text.fill((await text.inputValue()).replace('>77<', '>1<'));
            await dialog.getByRole('button', { name: 'Show what changes' }).click();
            await dialog.locator('[data-change]').first().waitFor({ timeout: SOON });
          },
        },
        { name: 'users-detail', place: { screen: 'users' }, goOn: openUser },
        {
          name: 'settings-mistake',
          place: { screen: 'settings', section: 'schedule' },
          goOn: async (page) => {
            await page.locator('input[name="links[0].pull.every"]').fill('often');
            await page.locator('[data-problem]').waitFor({ timeout: SOON });
          },
        },
      ],
      async () => {
        await site.erp('start');
      },
    );
  },
};

/** Alerts at once: pictures of them need not wait out their delays. */
const AT_ONCE = { alerts: { delays: { 'erp-unreachable': '1s', 'items-parked': '1s' } } };

const scene = (
  site: RealSite,
  ready: Scene['ready'],
  shots: readonly Shot[],
  before?: () => Promise<void>,
): Scene => ({
  dataDir: site.world.dataDir,
  ready,
  shots,
  end: async () => {
    await before?.();
    await site.cloud('start');
    await site.end();
  },
});

const untilTold = (site: RealSite, code: string): Promise<void> =>
  untilStatus(site, ({ alerts }) => alerts.some((alert) => alert.code === code));

const until = (site: RealSite, holds: (link: LinkStatus) => boolean): Promise<void> =>
  untilStatus(site, ({ links: [link] }) => link !== undefined && holds(link));

/** Looks at every event until it holds. */
async function untilStatus(site: RealSite, holds: (status: SiteStatus) => boolean): Promise<void> {
  const deadline = AbortSignal.timeout(SOON);
  await new Promise<void>((resolve, reject) => {
    deadline.addEventListener('abort', () => reject(new Error('the scene did not come about')), {
      once: true,
    });
    const end = site.agent.events.subscribe(({ status }) => {
      if (!holds(status)) return;
      end();
      resolve();
    });
  });
}

/** The snapshots of a new site, and the phones that fetch them. */
async function firstRound(site: RealSite): Promise<void> {
  await until(site, (link) => link.lastOut !== undefined && link.pendingOut.count === 0);
  for (const phone of site.world.phones) await synchronize(site.world.cloud, phone);
}

async function orders(site: RealSite, count: number): Promise<void> {
  const random = seededRandom('pictures');
  for (let made = 0; made < count; made += 1) {
    const phone = pick(random, site.world.phones);
    if (chance(random, 0.2)) phone.pay({});
    else phone.orders([{}]);
    await phone.send();
  }
}

/** Makes each scene and hands it on. */
export async function playScenes(
  only: string | undefined,
  shoot: (name: SceneName, scene: Scene) => Promise<void>,
): Promise<void> {
  for (const name of SCENES) {
    if (only !== undefined && only !== name) continue;
    const made = await MAKE[name]();
    try {
      await shoot(name, made);
    } finally {
      await made.end();
    }
  }
}
