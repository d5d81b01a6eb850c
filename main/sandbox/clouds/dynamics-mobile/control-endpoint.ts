import { z } from 'zod';
import type { FetchHandler } from '../serve.ts';
import { json } from './answers.ts';
import { streamOf } from './bodies.ts';
import type { DynamicsMobile } from './cloud.ts';
import type { Control, SnapshotView } from './control.ts';
import { CALL_KINDS, FAULT_KINDS } from './fault-script.ts';
import type { SwitchesPatch } from './switches.ts';

const area = z.string();
const ofArea = z.strictObject({ area });
const ofUser = z.strictObject({ area, user: z.string() });
const kind = z.enum(['packet', 'file']).optional();
const nothing = z.strictObject({});
const delivery = {
  area,
  user: z.string(),
  company: z.string().default(''),
  appCode: z.string().optional(),
  operation: z.string().optional(),
  packetType: kind,
  id: z.string().optional(),
};
const content = { xml: z.string().optional(), base64: z.string().optional() };
const fault = z.strictObject({
  on: z.enum([...CALL_KINDS, 'any']),
  kind: z.enum(FAULT_KINDS),
  area: area.optional(),
  status: z.number().int().optional(),
  retryAfterSeconds: z.number().optional(),
  ms: z.number().optional(),
  afterBytes: z.number().optional(),
  off: z.number().int().optional(),
  times: z.number().int().positive().default(1),
  skip: z.number().int().optional(),
});

function contentOf(given: { xml?: string | undefined; base64?: string | undefined }) {
  return given.xml !== undefined
    ? { xml: given.xml }
    : { bytes: new Uint8Array(Buffer.from(given.base64 ?? '', 'base64')) };
}

type Operation = (control: Control, argument: unknown) => unknown;

function operation<S extends z.ZodType>(
  schema: S,
  run: (control: Control, argument: z.infer<S>) => unknown,
): Operation {
  return (control, argument) => run(control, schema.parse(argument));
}

const OPERATIONS: Record<string, Operation> = {
  setSwitches: (control, patch) =>
    control.setSwitches(z.record(z.string(), z.unknown()).parse(patch) as SwitchesPatch),
  addArea: operation(
    z.strictObject({
      code: z.string(),
      keys: z.array(z.string()),
      users: z.array(z.string()),
      application: z.string().optional(),
    }),
    (control, options) => control.addArea(options),
  ),
  addUser: operation(
    z.strictObject({ area, user: z.string(), enabled: z.boolean().optional() }),
    (control, options) => control.addUser(options),
  ),
  setKeys: operation(z.strictObject({ area, keys: z.array(z.string()) }), (control, options) =>
    control.setKeys(options),
  ),
  deliver: operation(z.strictObject({ ...delivery, ...content }), (control, { xml, base64, ...to }) => ({
    id: control.deliver({ ...to, ...contentOf({ xml, base64 }) }),
  })),
  redeliver: operation(
    z.strictObject({ area, id: z.string(), xml: z.string().optional() }),
    (control, options) => control.redeliver(options),
  ),
  shuffle: operation(z.strictObject({ area, reverse: z.boolean().optional() }), (control, options) =>
    control.shuffle(options),
  ),
  postRaw: operation(
    z.strictObject({ area, id: z.string(), ...content }),
    (control, { area: code, id, ...raw }) => control.postRaw({ area: code, id, ...contentOf(raw) }),
  ),
  vanishBody: operation(
    z.strictObject({ area, id: z.string(), at: z.enum(['link', 'download']).optional() }),
    (control, options) => control.vanishBody(options),
  ),
  queueState: operation(z.strictObject({ area, packetType: kind }), (control, options) =>
    control.queueState(options),
  ),
  takenByOthers: operation(ofArea, (control, options) => control.takenByOthers(options)),
  syncLog: operation(ofArea, (control, options) => control.syncLog(options)),
  notifications: operation(ofArea, (control, options) => control.notifications(options)),
  deviceSnapshot: operation(ofUser, (control, options) => facts(control.deviceSnapshot(options))),
  synchronize: operation(ofUser, (control, options) => facts(control.synchronize(options))),
  device: operation(ofUser, (control, options) => facts(control.device(options))),
  faults: operation(z.array(fault), (control, script) => control.faults(script)),
  clearFaults: operation(nothing, (control) => control.clearFaults()),
  process: operation(nothing, (control) => control.process()),
  settled: operation(nothing, (control) => control.settled()),
  advance: operation(z.strictObject({ ms: z.number().min(0) }), (control, { ms }) => control.advance(ms)),
  statistics: operation(nothing, (control) => control.statistics()),
  log: operation(nothing, (control) => control.log()),
};

function facts(view: SnapshotView | undefined): Omit<SnapshotView, 'read'> | null {
  if (view === undefined) return null;
  const { read: _read, ...rest } = view;
  return rest;
}

/**
 * The control surface over HTTP, for harnesses and phones in other processes; to be served on a port of its own.
 * `POST /<method>` with the method's argument as JSON gives its result as JSON (`null` for none); what the method
 * refuses is 400 with a message. Large contents have routes of their own: `PUT /deliver?area=&user=&company=...` with
 * the packet as the body, `GET /snapshot?area=&user=&of=accepted|device` for the bytes of a snapshot (204 for none).
 */
export function createControl(cloud: DynamicsMobile): FetchHandler {
  return async (request) => {
    const url = new URL(request.url);
    const name = url.pathname.slice(1);
    try {
      if (request.method === 'PUT' && name === 'deliver') {
        const to = z.strictObject(delivery).parse(Object.fromEntries(url.searchParams));
        return json(200, { id: await cloud.control.deliverStream(to, request.body ?? emptyBody()) });
      }
      if (request.method === 'GET' && name === 'snapshot') return snapshotBytes(cloud.control, url);
      const run = Object.hasOwn(OPERATIONS, name) ? OPERATIONS[name] : undefined;
      if (request.method !== 'POST' || run === undefined)
        return json(404, { message: `there is no ${request.method} /${name}` });
      const text = await request.text();
      const result = await run(cloud.control, text === '' ? {} : JSON.parse(text));
      return json(200, result ?? null);
    } catch (error) {
      return json(400, { message: error instanceof Error ? error.message : String(error) });
    }
  };
}

function snapshotBytes(control: Control, url: URL): Response {
  const { of, ...user } = z
    .strictObject({ area, user: z.string(), of: z.enum(['accepted', 'device']).default('accepted') })
    .parse(Object.fromEntries(url.searchParams));
  const view = of === 'device' ? control.device(user) : control.deviceSnapshot(user);
  if (view === undefined) return new Response(null, { status: 204 });
  return new Response(streamOf(view.read()), {
    headers: { 'content-type': 'application/xml', 'content-length': String(view.bytes) },
  });
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {
  // A delivery without a body is one of no bytes.
}
