import { mkdirSync, mkdtempSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPhone, type Phone } from '../phones/phone.ts';
import { companyRows } from '../sample-erp/company.ts';
import { seededRandom } from '../sample-erp/seeded-random.ts';
import { SAMPLE, siteSettings, type SiteSettingsOptions } from '../sample-erp/site-settings.ts';
import { startChild } from './child.ts';
import { remoteCloud, type RemoteCloud } from './remote-cloud.ts';

export type QueueMode = 'sticky' | 'sqs';

export interface WorldOptions {
  readonly seed: number;
  readonly mode: QueueMode;
  readonly scale?: string | undefined;
  readonly switches?: Readonly<Record<string, unknown>> | undefined;
  readonly settings?: Partial<SiteSettingsOptions> | undefined;
  /** How often the ERP decides about what stands in its inbox, in milliseconds; 0 (default): when told to. */
  readonly officeMs?: number | undefined;
  /** What phones take for now, in milliseconds since 1970 UTC. */
  readonly now: () => number;
}

/** ERP and cloud in processes of their own, phones in this one, and a data folder that joins them. */
export interface World {
  readonly dataDir: string;
  /** Secrets for the agent, as its environment takes them. */
  readonly env: Readonly<Record<string, string>>;
  readonly erpPort: number;
  readonly erpControl: string;
  /** The ERP decides about what stands in its inbox. */
  office(): Promise<void>;
  readonly cloud: RemoteCloud;
  readonly phones: readonly Phone[];
  /** Ends the processes and deletes the data folder whole. */
  end(): Promise<void>;
}

const API_KEY = 'sandbox-key-0f6d2a34';
const MAPPING = new URL('../sample-erp/field-sales.json', import.meta.url);
const ERP = new URL('./erp-main.ts', import.meta.url);
const CLOUD = new URL('../clouds/dynamics-mobile/main.ts', import.meta.url);

export async function startWorld(options: WorldOptions): Promise<World> {
  const { seed, mode, scale = 'small', now } = options;
  const users = mobileUsers(seed, scale);
  const erp = await startChild<{ port: number; control: string }>(ERP, {
    seed,
    scale,
    officeMs: options.officeMs ?? 0,
  });
  const cloud = await startChild<{ url: string; control: string }>(CLOUD, {
    areas: [{ code: SAMPLE.appArea, keys: [API_KEY], users }],
    // Calls are not counted: what takes a phone a day takes minutes here.
    switches: { queue: mode, rate: 0, visibility: 1, ...options.switches },
    seed,
  });
  const dataDir = mkdtempSync(join(tmpdir(), 'erp-ferry-sandbox-'));
  const forget = (): void => rmSync(dataDir, { recursive: true, force: true });
  process.once('exit', forget);
  const settings = siteSettings({ erpPort: erp.said.port, cloudUrl: cloud.said.url, ...options.settings });
  mkdirSync(join(dataDir, 'mappings'));
  copyFileSync(MAPPING, join(dataDir, 'mappings', SAMPLE.mapping));
  writeFileSync(join(dataDir, 'site.json'), `${JSON.stringify(settings, undefined, 2)}\n`);
  const control = remoteCloud(cloud.said.control, SAMPLE.appArea);
  return {
    dataDir,
    env: {
      [`ERP_FERRY_SECRET_ERP_${SAMPLE.erpId.toUpperCase()}_PASSWORD`]: SAMPLE.password,
      [`ERP_FERRY_SECRET_LINK_${SAMPLE.linkId.toUpperCase().replaceAll('-', '_')}_APIKEY`]: API_KEY,
    },
    erpPort: erp.said.port,
    erpControl: erp.said.control,
    office: async () => {
      const answer = await fetch(`${erp.said.control}/office`, { method: 'POST' });
      if (!answer.ok) throw new Error(`the ERP's office answered ${answer.status}`);
    },
    cloud: control,
    phones: users.map((user) =>
      createPhone({
        user,
        company: SAMPLE.company,
        random: seededRandom(`${seed}/${user}`),
        now,
        deliver: (packet) => control.deliver(packet),
        deliverFile: (file) => control.deliverFile(file),
      }),
    ),
    end: async () => {
      await Promise.all([erp.end(), cloud.end()]);
      forget();
      process.off('exit', forget);
    },
  };
}

function mobileUsers(seed: number, scale: string): string[] {
  const table = companyRows({ seed, scale: scale as never }).find(
    ({ table: name }) => name === 'dbo.MobileUsers',
  );
  return (table?.rows ?? []).flatMap(([name]) => name ?? []);
}
