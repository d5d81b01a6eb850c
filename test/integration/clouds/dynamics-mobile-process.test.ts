import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SyncLogEntry } from '../../../main/sandbox/clouds/dynamics-mobile/state.ts';
import { call } from './loopback-client.ts';

const AREAS = [{ code: 'ACME', keys: ['acme-key'], users: ['anna', 'Žofie Nová'] }];
const API = { 'x-api-key': 'acme-key' };
const SWITCHES = { rate: 0, queue: 'sticky', extraFields: false };

let child: ChildProcess;
let url = '';
let controlUrl = '';

beforeAll(async () => {
  child = spawn(
    process.execPath,
    [
      'main/sandbox/clouds/dynamics-mobile/main.ts',
      JSON.stringify({ areas: AREAS, switches: SWITCHES, seed: 1 }),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const [line] = (await once(createInterface(child.stdout!), 'line')) as [string];
  ({ url, control: controlUrl } = JSON.parse(line) as { url: string; control: string });
});

afterAll(async () => {
  child.stdin!.end();
  await once(child, 'exit');
  expect(child.exitCode).toBe(0);
});

async function control<T>(method: string, argument: unknown = {}): Promise<T> {
  const answer = await fetch(`${controlUrl}/${method}`, { method: 'POST', body: JSON.stringify(argument) });
  if (answer.status !== 200) throw new Error(`${method}: ${await answer.text()}`);
  return (await answer.json()) as T;
}

const list = async (query = '') =>
  (await call(`${url}/mobile/erp/pull/ACME?format=json${query}`, { headers: API })).body.toString();

const pushLink = async (size: number) =>
  JSON.parse(
    (
      await call(`${url}/mobile/erp/push/ACME/anna?packetUniqueId=p&size=${size}&packetType=xml`, {
        headers: API,
      })
    ).body.toString(),
  ) as { uploadPath: string; syncLogId: string };

const newestEntry = async (): Promise<SyncLogEntry> => {
  await control('settled');
  return (await control<SyncLogEntry[]>('syncLog', { area: 'ACME' })).at(-1)!;
};

const HEAD =
  '<NavMobileSync salesmancode="anna"><table tablename="DeviceSetup"><r><Code>a</Code></r></table>' +
  '<table tablename="CompanyInfo"><r><Code>A</Code><Name>Acme</Name></r></table>' +
  '<table tablename="Customer"><r><No>1</No><Name>C</Name></r></table><table tablename="Item">';
const TAIL = '</table></NavMobileSync>';

/** A valid snapshot of exactly `total` bytes, in pieces. */
function* bigSnapshot(total: number): Generator<Uint8Array> {
  const row = '<r status="insert"><No>I-000000</No><Description>Größe 5</Description></r>';
  const rowBytes = Buffer.byteLength(row);
  const piece = Buffer.from(row.repeat(500));
  const padding = total - Buffer.byteLength(HEAD) - Buffer.byteLength(TAIL);
  let rows = Math.floor((padding - 64) / rowBytes);
  yield Buffer.from(HEAD);
  const rest = padding - rows * rowBytes;
  for (; rows >= 500; rows -= 500) yield piece;
  yield Buffer.from(row.repeat(rows));
  yield Buffer.from(`<r>${' '.repeat(rest - 7)}</r>`);
  yield Buffer.from(TAIL);
}

describe('the Dynamics Mobile cloud as a process', () => {
  it('goes the whole way of a pull: list, link, download, done', async () => {
    const { id } = await control<{ id: string }>('deliver', {
      area: 'ACME',
      user: 'Žofie Nová',
      company: 'ACME_LIVE',
      xml: '<NavMobileSync salesmancode="Žofie Nová"/>',
    });
    const text = await list();
    const [entry] = JSON.parse(text) as { id: string; url: string }[];
    expect(entry!.id).toBe(id);
    const path = encodeURIComponent(entry!.url.replace(/json/g, 'xml')).replaceAll('%2F', '/');
    const link = await call(`${url}/mobile/erp/pull/ACME/link?path=${path}`, { headers: API });
    const body = await call((JSON.parse(link.body.toString()) as { url: string }).url);
    expect(body.body.toString()).toBe('<NavMobileSync salesmancode="Žofie Nová"/>');
    const done = await call(`${url}/mobile/erp/pull/ACME/done?format=json`, {
      method: 'POST',
      headers: API,
      body: [Buffer.from(text)],
    });
    expect(done.status).toBe(200);
    expect(await control('queueState', { area: 'ACME' })).toEqual({
      waiting: [],
      delivered: [],
      done: [id],
      vanished: [],
    });
  });

  it('rule 16: refuses a chunked upload on the wire', async () => {
    const { uploadPath } = await pushLink(5);
    const answer = await call(uploadPath, {
      method: 'PUT',
      headers: { 'content-type': 'application/xml' },
      body: [Buffer.from('hello')],
    });
    expect(answer.status).toBe(501);
  });

  it('rule 17: an upload whose client goes away half-way leaves nothing', async () => {
    const { uploadPath } = await pushLink(1000);
    const target = new URL(uploadPath);
    const socket = connect(Number(target.port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `PUT ${target.pathname}${target.search} HTTP/1.1\r\nhost: ${target.host}\r\ncontent-type: application/xml\r\ncontent-length: 1000\r\n\r\n${'x'.repeat(500)}`,
      () => socket.destroy(),
    );
    await once(socket, 'close');
    const again = await call(uploadPath, {
      method: 'PUT',
      headers: { 'content-type': 'application/xml', 'content-length': 1000 },
      body: [Buffer.alloc(1000, 'y')],
    });
    expect(again.status).toBe(200);
    expect(await newestEntry()).toMatchObject({
      uploads: 1,
      bytes: 1000,
      sha256: createHash('sha256').update('y'.repeat(1000)).digest('hex'),
    });
  });

  it('rule 5: cuts an upload in the middle', async () => {
    const { uploadPath } = await pushLink(200_000);
    await control('faults', [{ on: 'upload', kind: 'cut', afterBytes: 100_000 }]);
    await expect(
      call(uploadPath, {
        method: 'PUT',
        headers: { 'content-type': 'application/xml', 'content-length': 200_000 },
        body: [Buffer.alloc(100_000), Buffer.alloc(100_000)],
      }),
    ).rejects.toThrow();
    expect(await newestEntry()).toMatchObject({ uploads: 0, status: 'link' });
  });

  it('rule 46: cuts a download half-way and lies about its length', async () => {
    const xml = `<a>${'x'.repeat(100_000)}</a>`;
    await control('deliver', { area: 'ACME', user: 'anna', company: '', xml });
    const [entry] = JSON.parse(await list()) as { url: string }[];
    const path = entry!.url.replace(/json/g, 'xml');
    const link = await call(`${url}/mobile/erp/pull/ACME/link?path=${path}`, { headers: API });
    const body = (JSON.parse(link.body.toString()) as { url: string }).url;
    await control('faults', [
      { on: 'download', kind: 'half' },
      { on: 'download', kind: 'wrong-length', off: -7 },
      { on: 'download', kind: 'wrong-length', off: 7 },
    ]);
    const got = [];
    for (let i = 0; i < 4; i++) {
      const answer = await call(body);
      got.push([Number(answer.headers['content-length']) - xml.length, answer.body.length, answer.complete]);
    }
    expect(got).toEqual([
      [0, Math.floor(xml.length / 2), false],
      [-7, xml.length - 7, true],
      [7, xml.length, false],
      [0, xml.length, true],
    ]);
  });

  it('rule 60: takes a snapshot of 99,999,999 bytes in bounded memory and gives it to a phone', async () => {
    const total = 99_999_999;
    const { uploadPath } = await pushLink(total);
    const answer = await call(uploadPath, {
      method: 'PUT',
      headers: { 'content-type': 'application/xml', 'content-length': total },
      body: bigSnapshot(total),
    });
    expect(answer.status).toBe(200);
    const hash = createHash('sha256');
    for (const piece of bigSnapshot(total)) hash.update(piece);
    const sha256 = hash.digest('hex');
    expect(await newestEntry()).toMatchObject({
      status: 'accepted',
      bytes: total,
      sha256,
    });
    await control('synchronize', { area: 'ACME', user: 'anna' });
    const phone = createHash('sha256');
    const snapshot = await fetch(`${controlUrl}/snapshot?area=ACME&user=anna&of=device`);
    for await (const chunk of snapshot.body!) phone.update(chunk);
    expect(phone.digest('hex')).toBe(sha256);
    const { maxBytesInMemory } = await control<{ maxBytesInMemory: number }>('statistics');
    expect(maxBytesInMemory).toBeLessThan(1_500_000);
    if (process.platform === 'linux') {
      const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'));
      expect(Number(peak![1])).toBeLessThan(260_000);
    }
  }, 60_000);

  it('rule 14: refuses one byte too many without waiting for them', async () => {
    const { uploadPath } = await pushLink(100_000_000);
    const answer = await call(uploadPath, {
      method: 'PUT',
      headers: { 'content-type': 'application/xml', 'content-length': 100_000_001 },
      body: (function* () {
        for (let i = 0; i < 1000 && child.exitCode === null; i++) yield Buffer.alloc(100_000);
        yield Buffer.alloc(1);
      })(),
    });
    expect(answer.status).toBe(413);
    expect((await newestEntry()).status).toBe('link');
  });

  it('takes a device packet as a stream and lets a phone see an empty device', async () => {
    const query = 'area=ACME&user=anna&company=X&operation=Visit+End';
    const put = await fetch(`${controlUrl}/deliver?${query}`, { method: 'PUT', body: '<a>streamed</a>' });
    const { id } = (await put.json()) as { id: string };
    const entries = JSON.parse(await list()) as { id: string; operation: string; companyId: string }[];
    expect(entries.find((entry) => entry.id === id)).toMatchObject({
      operation: 'Visit End',
      companyId: 'X',
    });
    const user = 'area=ACME&user=%C5%BDofie%20Nov%C3%A1';
    expect((await fetch(`${controlUrl}/snapshot?${user}`)).status).toBe(204);
    expect(await control('synchronize', { area: 'ACME', user: 'Žofie Nová' })).toBeNull();
  });

  it('refuses control calls it does not understand, with the reason', async () => {
    await expect(control('setSwitches', { quueue: 'sqs' })).rejects.toThrow('quueue');
    await expect(control('faults', [{ on: 'list', kind: 'fire' }])).rejects.toThrow('kind');
    await expect(control('queueState', { area: 'NONE' })).rejects.toThrow('there is no area NONE');
    await expect(control('constructor')).rejects.toThrow('there is no POST /constructor');
  });
});
