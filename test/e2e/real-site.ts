import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSecrets } from '../../main/adapters/secrets/open-secrets.ts';
import type { SiteHandle } from '../../main/cli/program.ts';
import { startSite } from '../../main/compose.ts';
import { readConsoleAccess } from '../../main/console/access-file.ts';
import { synchronize } from '../../main/sandbox/day.ts';
import { createPhone, type Phone } from '../../main/sandbox/phones/phone.ts';
import { judgeConnection } from '../../main/sandbox/program/judge-connection.ts';
import { startWorld, type World } from '../../main/sandbox/program/world.ts';
import { seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';

/** Sample ERP and cloud as processes, phones, and the program as it is composed, with its console. */
export interface RealSite {
  readonly world: World;
  readonly agent: SiteHandle;
  /** The address a person opens. */
  readonly openUrl: string;
  /** The key the cloud takes. */
  readonly key: string;
  /** Takes the ERP off the network, and brings it back. */
  erp(what: 'stop' | 'close' | 'freeze' | 'start'): Promise<void>;
  /** Cuts every call to the cloud, or lets them through again. */
  cloud(what: 'stop' | 'start'): Promise<void>;
  /** Asks the ERP itself, past the product. */
  ask(sql: string): Promise<readonly Record<string, unknown>[]>;
  /** A phone of this user whose packets are changed on their way. */
  alteredPhone(user: string, alter: (xml: string) => string): Promise<Phone>;
  settings(): string;
  end(): Promise<void>;
}

/** `every` is both schedules: long ones leave every run after the first to a person. `over`: further settings. */
export async function startRealSite(
  every: string,
  over: Readonly<Record<string, unknown>> = {},
): Promise<RealSite> {
  const world = await startWorld({
    seed: 3,
    mode: 'sqs',
    now: () => Date.now(),
    settings: { pullEvery: every, pushEvery: every },
  });
  try {
    const file = join(world.dataDir, 'site.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const console = { enabled: true, right: 'administer' };
    writeFileSync(file, JSON.stringify({ ...settings, console, ...over }, undefined, 2));
    // Stored ones, not the environment's: those would win over what a person enters.
    const key = Object.entries(world.env).find(([name]) => name.endsWith('APIKEY'))?.[1] ?? '';
    const secrets = openSecrets(world.dataDir, { env: {}, now: () => Date.now() });
    secrets.set(`erp.${SAMPLE.erpId}.password`, SAMPLE.password);
    secrets.set(`link.${SAMPLE.linkId}.apiKey`, key);
    const agent = await startSite({ dataDir: world.dataDir, env: {}, mode: 'run' });
    const access = readConsoleAccess(world.dataDir);
    if (access === undefined) throw new Error('the agent serves no page');
    return {
      world,
      agent,
      key,
      openUrl: `${access.url}#token=${access.token}`,
      erp: async (what) => {
        const answer = await fetch(`${world.erpControl}/${what}`, { method: 'POST' });
        if (!answer.ok) throw new Error(`the sample ERP refused to ${what}`);
      },
      cloud: async (what) => {
        if (what === 'stop') await world.cloud.call('faults', [{ kind: 'cut', on: 'any', times: 1_000_000 }]);
        else await world.cloud.call('clearFaults', {});
      },
      // A connection of its own each time: taking the ERP off the network cuts this one too.
      ask: async (sql) => {
        const own = await judgeConnection(world.erpPort);
        try {
          return await own.query(sql);
        } finally {
          await own.close();
        }
      },
      alteredPhone: async (user, alter) => {
        const phone = createPhone({
          user,
          company: SAMPLE.company,
          random: seededRandom(`odd/${user}`),
          now: () => Date.now(),
          deliver: (packet) => world.cloud.deliver({ ...packet, xml: alter(packet.xml) }),
        });
        await synchronize(world.cloud, phone);
        return phone;
      },
      settings: () => readFileSync(file, 'utf8'),
      end: async () => {
        await agent.stop(AbortSignal.timeout(20_000));
        await world.end();
      },
    };
  } catch (error) {
    await world.end();
    throw error;
  }
}
