import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { serveFetch } from '../clouds/serve.ts';
import { createSampleErp } from '../sample-erp/sample-erp.ts';
import { startTdsServer } from '../tds/server.ts';
import type { WireFault } from '../tds/wire-faults.ts';

/**
 * The sample ERP as a process of its own. One argument, JSON: `{ "seed"?, "scale"?, "port"?, "officeMs"? }`, the last one how
 * often the company decides about what stands in its inbox (0: when told to). Prints
 * `{ "port", "control" }` and runs until its standard input ends. `POST <control>/<what>` breaks the wire on purpose:
 * `arm` (a wire fault), `clear`, `close`, `stop`, `start`; `log` gives what was done so far. `office` decides about the inbox now.
 */
const options = z
  .strictObject({
    seed: z.int().default(1),
    scale: z.string().default('small'),
    port: z.int().default(0),
    officeMs: z.int().min(0).default(0),
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const erp = await createSampleErp({
  seed: options.seed,
  scale: options.scale as never,
  clock: {
    now: () => Date.now(),
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  },
});
/** The company's routine for what stands in its inbox; one at a time, whoever asks. */
const office = erp.open();
let atWork: Promise<unknown> = Promise.resolve();
const processInbox = (): Promise<unknown> => {
  atWork = atWork.catch(() => undefined).then(() => office.query('EXEC dbo.ProcessTransfers'));
  return atWork;
};
const shift =
  options.officeMs === 0
    ? undefined
    : setInterval(() => void processInbox().catch(() => undefined), options.officeMs);

const server = await startTdsServer({ engine: erp.engine, port: options.port });

const ACTIONS: Readonly<Record<string, (body: unknown) => unknown>> = {
  arm: (body) => ({ id: server.faults.arm(body as WireFault).id }),
  clear: () => server.faults.clear(),
  close: () => ({ closed: server.faults.closeConnections() }),
  freeze: () => ({ frozen: server.faults.freezeConnections() }),
  stop: () => server.faults.stopListening(),
  start: () => server.faults.startListening(),
  log: () => server.faults.log(),
  office: async () => {
    await processInbox();
  },
};

const control = await serveFetch(async (request) => {
  const action = ACTIONS[new URL(request.url).pathname.slice(1)];
  if (request.method !== 'POST' || action === undefined) return new Response(null, { status: 404 });
  const text = await request.text();
  const result = await action(text === '' ? undefined : JSON.parse(text));
  return Response.json(result ?? null);
});
process.stdout.write(`${JSON.stringify({ port: server.port, control: control.url })}\n`);

process.stdin.resume();
process.stdin.on('end', () => {
  clearInterval(shift);
  void Promise.all([server.close(), control.close()]).then(() => process.exit(0));
});
