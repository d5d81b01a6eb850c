import { setTimeout as after } from 'node:timers/promises';
import {
  buildProgram,
  isQuiet,
  quietWorld,
  startBuilt,
  type BuiltAgent,
  type Viewer,
} from '../built-agent.ts';
import { rounded, type Measured } from '../figure.ts';

const IDLE_MS = 60_000;
/** What a start leaves to do, compiling among it, is over by then. */
const CALM_MS = 15_000;
/** Seconds between two runs of the schedule. */
const EVERY = { pull: 5 * 60, push: 30 * 60 };

/** Part of one processor that the agent takes while nothing happens, in percent. */
async function idle(agent: BuiltAgent): Promise<number> {
  await after(CALM_MS);
  const from = performance.now();
  const before = await agent.used('now');
  await after(IDLE_MS);
  const { processorSeconds } = await agent.used('now');
  return ((processorSeconds - before.processorSeconds) / ((performance.now() - from) / 1000)) * 100;
}

/** Seconds of processor time of a run that finds nothing to carry. */
async function runSeconds(agent: BuiltAgent, viewer: Viewer, flow: 'pull' | 'push'): Promise<number> {
  const before = await agent.used('now');
  const reply = await viewer.client.call('sync', { flow });
  const id = reply.ok ? reply.value.flows[0]?.run : undefined;
  if (id === undefined) throw new Error(`no ${flow} was started`);
  const { links } = await viewer.until((status) =>
    status.links.some(({ lastRuns }) => lastRuns.some((run) => run.id === id && run.endedAt !== undefined)),
  );
  if (!links.some(({ lastRuns }) => lastRuns.some((run) => run.id === id && run.outcome === 'ok')))
    throw new Error(`the ${flow} did not go well`);
  const { processorSeconds } = await agent.used('now');
  return processorSeconds - before.processorSeconds;
}

export async function measure(): Promise<Measured> {
  buildProgram();
  const world = await quietWorld();
  try {
    const agent = startBuilt(world, true);
    const viewer = await agent.connect();
    await viewer.until(isQuiet);
    const watched = await idle(agent);
    const pull = await runSeconds(agent, viewer, 'pull');
    const push = await runSeconds(agent, viewer, 'push');
    viewer.client.close();
    const alone = await idle(agent);
    await agent.stop();
    const runs = (pull / EVERY.pull + push / EVERY.push) * 100;
    return {
      values: [Math.max(watched, alone) + runs],
      details: {
        withViewer: `${rounded(watched)} %`,
        withoutViewer: `${rounded(alone)} %`,
        runsOfTheSchedule: `${rounded(runs)} %`,
        pull: `${rounded(pull * 1000)} ms`,
        push: `${rounded(push * 1000)} ms`,
      },
    };
  } finally {
    await world.end();
  }
}
