import { createInterface } from 'node:readline';
import { utilityProcess } from 'electron';
import type { Shell } from '../shell.ts';

/** The agent as Electron's own kind of child: it needs no `RunAsNode`, which is off in what is shipped, and ends with us. */
export const forkAgent: Shell['startAgent'] = ({ script, args, env, onLine, onExit }) => {
  const child = utilityProcess.fork(script, [...args], {
    serviceName: 'ERP Ferry agent',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)),
  });
  for (const stream of [child.stdout, child.stderr])
    if (stream !== null) createInterface({ input: stream }).on('line', onLine);
  child.once('exit', onExit);
  return { pid: () => child.pid, kill: () => void child.kill() };
};
