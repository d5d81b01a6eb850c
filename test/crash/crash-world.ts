import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { PipeClient } from '../../main/console/pipe-client.ts';
import { judgeSnapshots } from '../../main/sandbox/judge/judge-snapshots.ts';
import { judge, type Verdict } from '../../main/sandbox/judge/judge.ts';
import { judgeConnection } from '../../main/sandbox/program/judge-connection.ts';
import { startWorld, type QueueMode, type World } from '../../main/sandbox/program/world.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';
import { AgentProcess } from './agent-process.ts';
import { commitCuts, type CommitCuts } from './commit-cuts.ts';
import { EDGES, pointName, type CrashPoint, type DiskKind } from './crash-point.ts';
import type { Bug } from './planted-bugs.ts';
import { holdOrders, type HeldOrders } from './held-unit.ts';
import { FieldWork } from './field-work.ts';
import { logDefects } from './log-defects.ts';
import { SiteWatch } from './site-watch.ts';
import { stageVisits } from './staged-visits.ts';

/** A minute of the agent's is three seconds here: back-offs, renewals and reports are waited for that much shorter. */
const TIME_FACTOR = 20;
/** Longest real time until everything must be carried over once nobody kills any more. */
const HEAL_MS = 90_000;
/** What was listed hides for a second of the cloud's clock, which is ours to move. */
const VISIBILITY_MS = 2_000;

/** Something that is not as it must be, in words, with what is known. */
export interface Trouble {
  readonly what: string;
  readonly detail: string;
}

export interface WorldChoice {
  readonly mode: QueueMode;
  readonly disk: DiskKind;
  readonly seed: number;
  readonly bug?: Bug | undefined;
}

export interface WorldVerdict {
  readonly orders: Verdict;
  readonly snapshotFindings: readonly object[];
}

interface QueueState {
  readonly waiting: readonly string[];
  readonly delivered: readonly string[];
  readonly vanished: readonly string[];
}

/** ERP, cloud, phones and a succession of agents on one data folder. */
export class CrashWorld {
  readonly mode: QueueMode;
  readonly disk: DiskKind;
  readonly work: FieldWork;
  readonly cuts: CommitCuts;
  readonly troubles: Trouble[] = [];
  /** Packets a person had to release because three lives ended with them in hand: the program's own rule. */
  released = 0;
  wronglyParked = 0;
  /** Refused packets a person gave up: they are parked no more. */
  discarded = 0;
  /** Starts of the agent. */
  lives = 0;
  readonly #world: World;
  readonly #cache: string;
  readonly #clockStart = Date.now();
  readonly #bug: Bug | undefined;
  #trace = '';
  #nextTrace = '';
  #agent: AgentProcess | undefined;
  #next: AgentProcess;

  private constructor(world: World, options: WorldChoice) {
    const { mode, disk, seed } = options;
    this.mode = mode;
    this.disk = disk;
    this.#bug = options.bug;
    this.#world = world;
    this.#cache = mkdtempSync(join(tmpdir(), 'erp-ferry-crash-cache-'));
    this.work = new FieldWork({
      cloud: world.cloud,
      users: world.phones.map(({ user }) => user),
      seed: `${seed}/${mode}/${disk}`,
    });
    this.cuts = commitCuts(world.erpControl);
    this.#next = this.#spawn();
  }

  static async start(options: WorldChoice): Promise<CrashWorld> {
    const { mode, seed } = options;
    const world = await startWorld({
      seed,
      mode,
      scale: 'tiny',
      now: () => Date.now(),
      settings: { pullEvery: '8s', pushEvery: '16s' },
    });
    hurry(join(world.dataDir, 'site.json'));
    await stageVisits(world.erpPort, join(world.dataDir, 'mappings', SAMPLE.mapping));
    return new CrashWorld(world, options);
  }

  get running(): boolean {
    return this.#agent !== undefined && !this.#agent.dead;
  }

  /** The agent that runs now. */
  get agent(): AgentProcess {
    if (this.#agent === undefined) throw new Error('no agent was started');
    return this.#agent;
  }

  /** The next life, armed from its first moment when a point is given. The one before must be dead. */
  async startAgent(crashAt?: CrashPoint): Promise<AgentProcess> {
    if (this.running) throw new Error('an agent runs already');
    const agent = this.#next;
    this.#agent = agent;
    this.#trace = this.#nextTrace;
    this.#next = this.#spawn();
    this.lives += 1;
    await agent.start(crashAt);
    if (agent.refused !== undefined)
      this.troubles.push({ what: 'the agent did not start again', detail: agent.refused });
    return agent;
  }

  /** Somebody renames the site through the running agent. Resolves when it answered, or died over it. */
  async applySettings(): Promise<void> {
    const watch = await SiteWatch.open(this.#world.dataDir);
    if (watch === undefined) return;
    try {
      const read = await watch.client.call('settingsRead', {});
      if (!read.ok) return;
      const settings = read.value.settings as { readonly site: object };
      const renamed = { ...settings, site: { ...settings.site, name: `Life ${this.lives}` } };
      await watch.client.call('settingsApply', { settings: renamed, revision: read.value.revision });
    } finally {
      watch.close();
    }
  }

  /** The site's name by the file: what the next life starts with. */
  siteName(): string {
    const file = readFileSync(join(this.#world.dataDir, 'site.json'), 'utf8');
    return (JSON.parse(file) as { readonly site: { readonly name: string } }).site.name;
  }

  holdOrders(): Promise<HeldOrders> {
    return holdOrders(this.#world.erpPort);
  }

  /** Asks at every sign of life of the running agent. False when it died or the time was over first. */
  async until(holds: () => Promise<boolean>): Promise<boolean> {
    const watch = await SiteWatch.open(this.#world.dataDir);
    if (watch === undefined) return false;
    const deadline = AbortSignal.timeout(HEAL_MS);
    deadline.addEventListener('abort', () => watch.close(), { once: true });
    try {
      while ((await watch.next()) !== undefined) if (await holds()) return true;
      return false;
    } finally {
      watch.close();
    }
  }

  /** A person gives up one of the refused packets. What came of it the agent may not live to say. */
  discardRefused(): Promise<void> {
    return this.#withRefused((client, item) =>
      client.call('queueDiscard', { item: item.id, confirm: item.externalId }),
    );
  }

  /** A person takes everything out of one of the refused packets, so that nothing of it is left to refuse. The same holds. */
  editRefused(): Promise<void> {
    return this.#withRefused((client, item) =>
      client.call('queueEdit', {
        item: item.id,
        confirm: item.externalId,
        xml: `<NavMobileSync salesmancode="${item.user}"><table tablename="Nothing"></table></NavMobileSync>`,
      }),
    );
  }

  async #withRefused(act: (client: PipeClient, item: ItemView) => Promise<unknown>): Promise<void> {
    const watch = await SiteWatch.open(this.#world.dataDir);
    if (watch === undefined) return;
    try {
      const page = await watch.client.call('queueList', { states: ['parked'], limit: 500 });
      const item = page.ok
        ? page.value.items.find(({ reason }) => reason?.what.key !== 'reason.uncleanExits.what')
        : undefined;
      if (item !== undefined) await act(watch.client, item);
    } finally {
      watch.close();
    }
  }

  /** The last edge the newest life passed. */
  lastPassed(): string {
    const [number] = existsSync(this.#trace) ? readFileSync(this.#trace) : [];
    const edge = number === undefined ? undefined : EDGES[number];
    return edge === undefined ? 'before any step' : pointName(edge);
  }

  /** Starts an agent if none runs and lets it carry over everything. False when it could not: a trouble is noted. */
  async heal(): Promise<boolean> {
    if (!this.running) await this.startAgent();
    const end = await this.carriedOver();
    if (end === 'gone')
      this.troubles.push({
        what: 'the agent ended by itself or does not answer',
        detail: this.agent.refused ?? '',
      });
    return end === 'settled';
  }

  /** Until nothing is left to do for the running agent; `gone` when it died first. `stuck` is noted as a trouble. */
  async carriedOver(): Promise<'settled' | 'stuck' | 'gone'> {
    const watch = await SiteWatch.open(this.#world.dataDir);
    if (watch === undefined) return 'gone';
    const deadline = AbortSignal.timeout(HEAL_MS);
    deadline.addEventListener('abort', () => watch.close(), { once: true });
    let seen = 'nothing was told';
    const stuck = async (what: string, detail: string): Promise<'stuck'> => {
      this.troubles.push({ what, detail: detail + (await this.#openItems()) });
      return 'stuck';
    };
    try {
      for (;;) {
        const status = await watch.next();
        if (status === undefined) return deadline.aborted ? await stuck('stuck', seen) : 'gone';
        const link = onlyLink(status);
        await this.#lookAtParked(watch, link);
        const { waiting, delivered, vanished } = await this.#queue();
        if (vanished.length > 0)
          return await stuck('packets fell out of the cloud unread', vanished.join(' '));
        if (delivered.length > 0) await this.#world.cloud.call('advance', { ms: VISIBILITY_MS });
        seen = JSON.stringify({ ...summary(link), waiting: waiting.length, delivered: delivered.length });
        if (waiting.length + delivered.length === 0 && settled(link, this.#parked())) return 'settled';
      }
    } finally {
      watch.close();
    }
  }

  /** Everything carried over, fresh snapshots out, and on every phone. */
  async closeDay(): Promise<boolean> {
    if (!(await this.heal())) return false;
    if (!(await this.#pushed())) return false;
    if (!(await this.heal())) return false;
    await this.work.synchronize();
    return true;
  }

  /** Compares journals, ERP and what the phones hold. After `closeDay`. */
  async judge(): Promise<WorldVerdict> {
    const erp = await judgeConnection(this.#world.erpPort);
    try {
      const { phones } = this.work;
      const orders = await judge({ journals: phones.map(({ journal }) => journal), erp });
      const snapshots = await judgeSnapshots({
        snapshots: phones.flatMap(({ snapshot }) => snapshot ?? []),
        erp,
      });
      return { orders, snapshotFindings: snapshots.details };
    } finally {
      await erp.close();
    }
  }

  /** Bugs the agents met become a trouble. */
  lookIntoLogs(): void {
    const lines = logDefects(join(this.#world.dataDir, 'logs'));
    const [first] = lines;
    if (first !== undefined)
      this.troubles.push({ what: `${lines.length} defects in the log`, detail: first });
  }

  async end(): Promise<void> {
    await Promise.all([this.#agent?.kill(), this.#next.kill()]);
    await this.#world.end();
    rmSync(this.#cache, { recursive: true, force: true });
  }

  #spawn(): AgentProcess {
    this.#nextTrace = join(this.#cache, `trace-${this.lives + 1}`);
    return new AgentProcess(
      {
        dataDir: this.#world.dataDir,
        disk: this.disk,
        timeFactor: TIME_FACTOR,
        clockStart: this.#clockStart,
        trace: this.#nextTrace,
        bug: this.#bug,
      },
      { ...this.#world.env, NODE_COMPILE_CACHE: this.#cache },
    );
  }

  #queue(): Promise<QueueState> {
    return this.#world.cloud.call('queueState', { area: SAMPLE.appArea });
  }

  /** One whole push, from its beginning to its end. One that ran before may have read before the last packet came in. */
  async #pushed(): Promise<boolean> {
    const watch = await SiteWatch.open(this.#world.dataDir);
    if (watch === undefined) return false;
    const deadline = AbortSignal.timeout(HEAL_MS);
    deadline.addEventListener('abort', () => watch.close(), { once: true });
    try {
      let wanted: number | undefined;
      let seen: unknown;
      while ((await watch.next()) !== undefined) {
        if (wanted === undefined) {
          const asked = await watch.client.call('sync', { flow: 'push' });
          const flow = asked.ok ? asked.value.flows[0] : undefined;
          seen = flow ?? asked;
          if (flow?.outcome === 'started') wanted = flow.run;
          continue;
        }
        const runs = await watch.client.call('runsList', { limit: 500 });
        const run = runs.ok ? runs.value.runs.find(({ id }) => id === wanted) : undefined;
        seen = run ?? runs;
        if (run?.endedAt === undefined) continue;
        if (run.outcome === 'ok') return true;
        wanted = undefined;
      }
      this.troubles.push({ what: 'no push came to its end', detail: JSON.stringify(seen) });
      return false;
    } finally {
      watch.close();
    }
  }

  /**
   * A packet that was in hand when three lives ended is put before a person, who lets it go on here. Anything else beyond
   * the refused packets is a trouble.
   */
  async #lookAtParked(watch: SiteWatch, link: LinkStatus): Promise<void> {
    if (link.parked <= this.#parked()) return;
    const page = await watch.client.call('queueList', { states: ['parked'], limit: 500 });
    if (!page.ok) return;
    const unclean = page.value.items.filter(({ reason }) => reason?.what.key === 'reason.uncleanExits.what');
    for (const item of unclean) {
      const retried = await watch.client.call('queueRetry', { item: item.id });
      if (retried.ok) this.released += 1;
    }
    const beyond = page.value.items.length - unclean.length - this.#parked();
    if (beyond <= 0) return;
    this.wronglyParked += beyond;
    const told = page.value.items
      .filter(({ id }) => !unclean.some((item) => item.id === id))
      .toSorted((one, other) => other.id - one.id)
      .slice(0, beyond)
      .map(({ externalId, reason }) => `${externalId}: ${JSON.stringify(reason?.what)}`);
    this.troubles.push({
      what: `${beyond} packets were parked that nobody refuses`,
      detail: told.join('\n  '),
    });
  }

  #parked(): number {
    return this.work.refused + this.wronglyParked - this.discarded;
  }

  /** What is still open, as the program itself tells it. */
  async #openItems(): Promise<string> {
    const watch = await SiteWatch.open(this.#world.dataDir);
    if (watch === undefined) return ' (no agent answers)';
    try {
      const page = await watch.client.call('queueList', {
        states: ['ready', 'working', 'waiting', 'unknown', 'parked'],
        limit: 20,
      });
      if (!page.ok) return '';
      const told = page.value.items.map(
        ({ id, externalId, direction, state, attempts, reason }) =>
          `\n  item ${id} ${direction} ${externalId} ${state} after ${attempts} attempts: ${JSON.stringify(reason?.what)}`,
      );
      return told.join('');
    } finally {
      watch.close();
    }
  }
}

function onlyLink(status: SiteStatus): LinkStatus {
  const [link] = status.links;
  if (link === undefined) throw new Error('the site has no link');
  return link;
}

const settled = (link: LinkStatus, parked: number): boolean =>
  link.pendingIn.count === 0 &&
  link.pendingOut.count === 0 &&
  link.unknown === 0 &&
  link.unreported === 0 &&
  link.parked === parked;

const summary = (link: LinkStatus): object => ({
  pendingIn: link.pendingIn.count,
  pendingOut: link.pendingOut.count,
  parked: link.parked,
  unknown: link.unknown,
  unreported: link.unreported,
  lights: link.lights,
  lastRun: link.lastRuns[0],
});

/** A parked packet of this play never gets a person: it must not hold its user's snapshots for an hour. */
function hurry(file: string): void {
  const settings = JSON.parse(readFileSync(file, 'utf8')) as { links: { push: object }[] };
  for (const link of settings.links) Object.assign(link.push, { maxHold: '1s' });
  writeFileSync(file, `${JSON.stringify(settings, undefined, 2)}\n`);
}
