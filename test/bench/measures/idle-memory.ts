import { setTimeout as after } from 'node:timers/promises';
import { bareImportsBytes, buildProgram, isQuiet, quietWorld, startBuilt } from '../built-agent.ts';
import { rounded, type Measured } from '../figure.ts';

const MB = 1_000_000;
/** Idle for so long after the first runs, watched by a viewer: what they left is either given back by then, or kept. */
const IDLE_MS = 20_000;

export async function measure(): Promise<Measured> {
  buildProgram();
  const bare = (await bareImportsBytes()) / MB;
  const world = await quietWorld();
  try {
    const agent = startBuilt(world, true);
    const viewer = await agent.connect();
    await viewer.until(isQuiet);
    await after(IDLE_MS);
    const asItIs = (await agent.used('now')).memoryBytes / MB;
    const settled = (await agent.used('collect')).memoryBytes / MB;
    viewer.client.close();
    await agent.stop();
    return {
      values: [settled - bare],
      details: {
        agent: `${rounded(settled)} MB`,
        bareImports: `${rounded(bare)} MB`,
        agentBeforeCollecting: `${rounded(asItIs)} MB`,
      },
    };
  } finally {
    await world.end();
  }
}
