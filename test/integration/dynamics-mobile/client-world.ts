import { setTimeout as delay } from 'node:timers/promises';
import { createDynamicsMobileCloud } from '../../../main/adapters/dynamics-mobile/dynamics-mobile-cloud.ts';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import type { ListedEntry, PacketCloud, UploadTicket } from '../../../main/core/packets/packet-cloud.ts';
import type { HttpBody, HttpTransport } from '../../../main/core/runtime/http-transport.ts';
import type { Runtime } from '../../../main/core/runtime/runtime.ts';
import {
  createDynamicsMobile,
  type DynamicsMobile,
} from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import { serveFetch } from '../../../main/sandbox/clouds/serve.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { brokenRule } from '../../rules/broken-rule.ts';
import type { Result } from '../../../shared/model/result.ts';
import { settingsSchema, type LinkSettings } from '../../../shared/model/settings.ts';

export const KEY = 'CANARYKEY-5b1f';
export const never = new AbortController().signal;
export const WALL = Date.parse('2025-03-10T09:00:00Z');

export function testRuntime(): Runtime {
  let id = 0;
  return {
    wall: () => WALL,
    monotonic: () => performance.now(),
    sleep: (ms, signal) => delay(ms, undefined, { signal, ref: false }).catch(() => {}),
    yield: async () => {},
    random: () => 0.5,
    newId: () => `id-${(id += 1)}`,
    step: () => {},
    fault: () => false,
  };
}

export function cloudSettings(baseUrl: string, more: object = {}): LinkSettings['cloud'] {
  const settings = settingsSchema.parse({
    schemaVersion: 1,
    site: { name: 'Test', timeZone: 'Europe/Sofia' },
    erps: [{ id: 'main', server: 'sql', database: 'ERP', user: 'ferry', timeZone: 'Europe/Sofia' }],
    links: [
      {
        id: 'sales',
        kind: 'dynamics-mobile',
        erp: 'main',
        mapping: 'sales.json',
        cloud: { baseUrl, appArea: 'ACME', companies: ['ACME_LIVE'], ...more },
        push: { users: { query: 'SELECT 1' } },
      },
    ],
  });
  const [link] = settings.links;
  if (link === undefined) throw new Error('no link');
  return link.cloud;
}

export interface ClientWorld {
  readonly cloud: DynamicsMobile;
  readonly url: string;
  /** Every URL that was asked, with what was sent along. */
  readonly sent: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
  }[];
  client(more?: object, key?: string): PacketCloud;
  deliver(xml?: string, user?: string): string;
  close(): Promise<void>;
}

export const ORDER =
  '<NavMobileSync salesmancode="anna"><table tablename="SalesHeader" name="SalesHeader"><r status="insert"><DMS_ROWID>5a3c7e10-0000-4000-8000-0000000000c1</DMS_ROWID><no>SO-1</no></r></table></NavMobileSync>';

/** A served cloud and the product's client of its first area. */
export async function clientWorld(switches: SwitchesPatch = {}): Promise<ClientWorld> {
  let next = 1;
  let seed = 5;
  const cloud = createDynamicsMobile({
    clock: { now: () => WALL },
    random: () => {
      seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
      return seed / 4_294_967_296;
    },
    newId: () => `00000000-0000-4000-8000-${String(next++).padStart(12, '0')}`,
    areas: [
      { code: 'ACME', keys: [KEY], users: ['anna', 'Žofie N/á'] },
      { code: 'OTHER', keys: ['other-key'], users: ['anna'] },
    ],
    switches: { rate: 0, duplicate: 0, short: 0, empty: 0, ...switches },
    broken: brokenRule(),
  });
  const defects: unknown[] = [];
  const server = await serveFetch((request) => cloud.handle(request), {
    onDefect: (error) => defects.push(error),
  });
  const runtime = testRuntime();
  const sent: ClientWorld['sent'] = [];
  const real = createNodeHttpTransport(runtime);
  const http: HttpTransport = {
    send: (request, signal) => {
      sent.push({ method: request.method, url: request.url, headers: request.headers });
      return real.send(request, signal);
    },
  };
  return {
    cloud,
    url: server.url,
    sent,
    client: (more = {}, key = KEY) =>
      createDynamicsMobileCloud({
        settings: cloudSettings(server.url, more),
        apiKey: async () => key,
        http,
        runtime,
        maxPacketBytes: 1_000_000,
      }),
    deliver: (xml = ORDER, user = 'anna') =>
      cloud.control.deliver({ area: 'ACME', user, company: 'ACME_LIVE', operation: 'Sales Order', xml }),
    close: async () => {
      await server.close();
      cloud.close();
      if (defects.length > 0) throw new Error('the simulator failed', { cause: defects[0] });
    },
  };
}

export function value<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`failed: ${JSON.stringify(result.failure)}`);
  return result.value;
}

export function failure<T>(result: Result<T>): SyncFailure {
  if (result.ok) throw new Error('it did not fail');
  return result.failure;
}

export const bodyOf = (text: string): HttpBody => {
  const bytes = Buffer.from(text);
  return {
    size: bytes.length,
    // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
    open: async function* () {
      yield bytes;
    },
  };
};

export async function bytesOf(client: PacketCloud, entry: ListedEntry): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of value(await client.download(entry, never))) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

export const ticketFor = async (client: PacketCloud, text: string, user = 'anna'): Promise<UploadTicket> =>
  value(await client.requestUpload({ user, packetUniqueId: 'p-1', size: Buffer.byteLength(text) }, never));

export const SNAPSHOT =
  '<?xml version="1.0" encoding="UTF-8"?>\n<NavMobileSync salesmancode="anna">' +
  '<table tablename="DeviceSetup"><r status="insert"><Code>anna</Code></r></table>' +
  '<table tablename="CompanyInfo"><r status="insert"><Code>A</Code><Name>Acme</Name></r></table>' +
  '<table tablename="Customer"><r status="insert"><No>C-1</No><Name>Corner</Name></r></table></NavMobileSync>';
