import { createDynamicsMobile } from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import type { DeliveryContent } from '../../../main/sandbox/clouds/dynamics-mobile/control.ts';
import type { Delivery } from '../../../main/sandbox/clouds/dynamics-mobile/delivery.ts';
import { renderDevicePacket } from '../../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import { brokenRule } from '../../rules/broken-rule.ts';

export const ORIGIN = 'http://cloud.test';

/** Small, repeatable and good enough for shuffles. */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return state / 4_294_967_296;
  };
}

/** Sqs surprises off, so that a test meets only those it asks for. */
export const CALM: SwitchesPatch = { duplicate: 0, short: 0, empty: 0, extraFields: false, rate: 0 };

export interface TestCloudOptions {
  switches?: SwitchesPatch | undefined;
  seed?: number | undefined;
  application?: string | undefined;
  folder?: string | undefined;
}

/** A calm cloud with two areas, and a hand-driven client of the first. */
export function testCloud(options: TestCloudOptions = {}) {
  const time = { ms: Date.parse('2025-03-10T08:00:00.000Z') };
  let next = 1;
  const cloud = createDynamicsMobile({
    clock: { now: () => time.ms },
    random: seededRandom(options.seed ?? 7),
    newId: () => `00000000-0000-4000-8000-${String(next++).padStart(12, '0')}`,
    areas: [
      {
        code: 'ACME',
        keys: ['acme-key'],
        users: ['anna', 'ben.o-k@x', 'Žofie Nová'],
        application: options.application,
      },
      { code: 'OTHER', keys: ['other-key'], users: ['anna'] },
    ],
    switches: { ...CALM, ...options.switches },
    folder: options.folder,
    broken: brokenRule(),
  });

  const api = (path: string, init: RequestInit & { key?: string | null } = {}) => {
    const { key = 'acme-key', ...rest } = init;
    const headers = new Headers(rest.headers);
    if (key !== null) headers.set('x-api-key', key);
    return cloud.handle(new Request(`${ORIGIN}${path}`, { ...rest, headers }));
  };

  const pushLink = async (size: number, query = '', user = 'anna') =>
    (await (
      await api(
        `/mobile/erp/push/ACME/${encodeURIComponent(user)}?packetUniqueId=p1&size=${size}&packetType=xml${query}`,
      )
    ).json()) as { success: boolean; syncLogId: string; uploadPath: string };

  const put = (url: string, body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
    return cloud.handle(
      new Request(url, {
        method: 'PUT',
        body: bytes as Uint8Array<ArrayBuffer>,
        headers: {
          'content-type': 'application/xml',
          'content-length': String(bytes.length),
          ...headers,
        },
      }),
    );
  };

  /** Link, upload, processing; returns the upload's sync log entry. */
  const push = async (xml: string, user = 'anna') => {
    const link = await pushLink(new TextEncoder().encode(xml).length, '', user);
    const answer = await put(link.uploadPath, xml);
    if (answer.status !== 200) throw new Error(`upload answered ${answer.status}`);
    await cloud.control.settled();
    const entry = cloud.control.syncLog({ area: 'ACME' }).find((e) => e.syncLogId === link.syncLogId);
    if (entry === undefined) throw new Error('the sync log has no such entry');
    return entry;
  };

  const deliver = (
    n: number,
    more: Partial<Delivery> = {},
    content: DeliveryContent = { xml: orderPacket(`O-${n}`) },
  ) => cloud.control.deliver({ area: 'ACME', user: 'anna', company: 'ACME_LIVE', ...more, ...content });

  const listText = async (query = '') =>
    (await api(`/mobile/erp/pull/ACME?packetType=packet&format=json${query}`)).text();

  const list = async (query = '') => JSON.parse(await listText(query)) as ListedEntry[];

  const done = (body: string, query = 'packetType=packet&format=json', headers = {}) =>
    api(`/mobile/erp/pull/ACME/done?${query}`, { method: 'POST', body, headers });

  const link = async (path: string) =>
    ((await (await api(`/mobile/erp/pull/ACME/link?path=${path}`)).json()) as { url: string }).url;

  const get = (url: string, init: RequestInit = {}) => cloud.handle(new Request(url, init));

  return {
    cloud,
    control: cloud.control,
    time,
    api,
    pushLink,
    put,
    push,
    deliver,
    list,
    listText,
    done,
    link,
    get,
  };
}

export interface ListedEntry {
  id: string;
  url: string;
  userName: string;
  companyId: string;
  appCode: string;
  packetType: string;
  operation?: string;
  onDate: string;
  size: number;
  receiptHandle: string;
}

export function orderPacket(number: string): string {
  return renderDevicePacket({
    user: 'anna',
    tables: [
      {
        name: 'SalesHeader',
        rows: [
          {
            status: 'insert',
            fields: [
              ['DMS_ROWID', `row-${number}`],
              ['no', number],
              ['customerName', 'Köln & Söhne'],
            ],
          },
        ],
      },
    ],
  });
}

/** Tables with rows of fields, as the ERP pushes them. */
export function snapshot(
  tables: Record<string, Record<string, string>[]>,
  { user = 'anna', status = 'insert' }: { user?: string; status?: string } = {},
): string {
  const body = Object.entries(tables).map(([name, rows]) => {
    const lines = rows.map(
      (row) =>
        `<r status="${status}">${Object.entries(row)
          .map(([field, value]) => `<${field}>${value}</${field}>`)
          .join('')}</r>`,
    );
    return `<table tablename="${name}">${lines.join('')}</table>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><NavMobileSync salesmancode="${user}">${body.join('')}</NavMobileSync>`;
}

/** The least a Field Sales device accepts. */
export const MINIMAL = {
  DeviceSetup: [{ Code: 'anna' }],
  CompanyInfo: [{ Code: 'ACME', Name: 'Acme' }],
  Customer: [{ No: 'C1', Name: 'Corner' }],
};
