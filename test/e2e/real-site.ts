import { startWorld, type World } from '../../main/sandbox/program/world.ts';
import { synchronize } from '../../main/sandbox/day.ts';
import { createPhone, type Phone } from '../../main/sandbox/phones/phone.ts';
import { seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';
import type { SiteHandle } from '../../main/cli/program.ts';
import { startSite } from '../../main/compose.ts';
import { readConsoleAccess } from '../../main/console/access-file.ts';

/** Sample ERP and cloud as processes, phones, and the program as it is composed, with its console. */
export interface RealSite {
  readonly world: World;
  readonly agent: SiteHandle;
  /** The address a person opens. */
  readonly openUrl: string;
  /** Takes the ERP off the network, and brings it back. */
  erp(what: 'stop' | 'close' | 'start'): Promise<void>;
  /** A phone of this user whose orders have a type that no mapping knows. */
  oddPhone(user: string): Promise<Phone>;
  end(): Promise<void>;
}

/** `every` is both schedules: long ones leave every run after the first to a person. */
export async function startRealSite(every: string): Promise<RealSite> {
  const world = await startWorld({
    seed: 3,
    mode: 'sqs',
    now: () => Date.now(),
    settings: { pullEvery: every, pushEvery: every },
  });
  try {
    const agent = await startSite({ dataDir: world.dataDir, env: world.env, mode: 'run', console: true });
    const access = readConsoleAccess(world.dataDir);
    if (access === undefined) throw new Error('the agent serves no page');
    return {
      world,
      agent,
      openUrl: `${access.url}#token=${access.token}`,
      erp: async (what) => {
        const answer = await fetch(`${world.erpControl}/${what}`, { method: 'POST' });
        if (!answer.ok) throw new Error(`the sample ERP refused to ${what}`);
      },
      oddPhone: async (user) => {
        const phone = createPhone({
          user,
          company: SAMPLE.company,
          random: seededRandom(`odd/${user}`),
          now: () => Date.now(),
          deliver: (packet) =>
            world.cloud.deliver({
              ...packet,
              xml: packet.xml.replace(/<documentType>\d/, '<documentType>77'),
            }),
        });
        await synchronize(world.cloud, phone);
        return phone;
      },
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
