import { describe, expect, it } from 'vitest';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import { orderPacket, testCloud } from './dynamics-mobile-world.ts';
import type { ListedEntry } from './dynamics-mobile-world.ts';

const LIST = '/mobile/erp/pull/ACME';
const ids = (entries: readonly { id: string }[]) => entries.map((entry) => entry.id);

/** A cloud with `count` packets waiting, and their ids in order. */
function filled(count: number, switches: SwitchesPatch, seed?: number) {
  const world = testCloud({ switches, seed });
  return { ...world, sent: Array.from({ length: count }, (_, i) => world.deliver(i)) };
}

describe('list', () => {
  it.each(['sticky', 'sqs'] as const)('rule 31: gives at most ten entries (%s)', async (queue) => {
    const { list } = filled(12, { queue });
    expect(await list()).toHaveLength(10);
  });

  it('rule 31: gives XML and JSON and refuses other formats and kinds', async () => {
    const { api } = filled(1, {});
    const xml = await api(`${LIST}?format=xml`);
    expect(xml.headers.get('content-type')).toBe('application/xml');
    expect(await xml.text()).toMatch(/^<messages><message><id>.*<\/message><\/messages>$/);
    for (const query of ['format=csv', '', 'format=xml&packetType=data'])
      expect((await api(`${LIST}?${query}`)).status).toBe(400);
  });

  it('rule 32: sticky: oldest first, the same entries again until reported done', async () => {
    const { list, listText, done, sent } = filled(12, { queue: 'sticky' });
    const first = await listText();
    expect(ids(JSON.parse(first) as ListedEntry[])).toEqual(sent.slice(0, 10));
    expect(await listText()).toBe(first);
    await done(first);
    expect(ids(await list())).toEqual(sent.slice(10));
  });

  it('rule 32: sqs: hides what was listed, brings it back after the visibility time with a new handle', async () => {
    const { list, time, sent } = filled(12, { queue: 'sqs' });
    const first = await list();
    const second = await list();
    expect([...ids(first), ...ids(second)].sort()).toEqual([...sent].sort());
    time.ms += 29_999;
    expect(await list()).toEqual([]);
    time.ms += 1;
    const handles = new Map([...first, ...second].map((entry) => [entry.id, entry.receiptHandle]));
    const again = await list();
    expect(again).toHaveLength(10);
    for (const entry of again) expect(entry.receiptHandle).not.toBe(handles.get(entry.id));
  });

  it('rule 32: sqs: any order', async () => {
    const { list, sent } = filled(10, { queue: 'sqs' });
    const listed = ids(await list());
    expect([...listed].sort()).toEqual([...sent].sort());
    expect(listed).not.toEqual(sent);
  });

  it('rule 32: sqs: fewer than ten or none although more wait', async () => {
    const short = filled(40, { queue: 'sqs', short: 1 });
    const lengths = [await short.list(), await short.list(), await short.list()].map((l) => l.length);
    expect(lengths.some((length) => length > 0 && length < 10)).toBe(true);
    expect(await filled(40, { queue: 'sqs', empty: 1 }).list()).toEqual([]);
  });

  it('rule 32: sqs: duplicates within a list, in the next list and after done, each with its own handle', async () => {
    const { list, done, time, sent } = filled(8, { queue: 'sqs', duplicate: 0.6 }, 3);
    const seen: ListedEntry[] = [];
    let [withinAList, inNextList, afterDone] = [0, 0, 0];
    const reported = new Set<string>();
    for (let round = 0; round < 200; round++) {
      const listed = await list();
      withinAList += listed.length - new Set(ids(listed)).size;
      afterDone += listed.filter((entry) => reported.has(entry.id)).length;
      const next = await list();
      inNextList += next.filter((entry) => ids(listed).includes(entry.id)).length;
      seen.push(...listed, ...next);
      await done(JSON.stringify(next));
      await done(JSON.stringify(listed));
      for (const id of ids(listed)) reported.add(id);
      time.ms += 31_000;
    }
    expect(new Set(ids(seen))).toEqual(new Set(sent));
    expect(withinAList).toBeGreaterThan(0);
    expect(inNextList).toBeGreaterThan(0);
    expect(afterDone).toBeGreaterThan(0);
    expect(new Set(seen.map((entry) => entry.receiptHandle)).size).toBe(seen.length);
    expect(await list()).toEqual([]);
  });

  it('rule 33: keeps files and packets apart', async () => {
    const { list, deliver, api, link, get } = testCloud();
    const packet = deliver(1);
    const photo = new Uint8Array([0xff, 0xd8, 0xff, 0x00]);
    const file = deliver(2, { packetType: 'file' }, { bytes: photo });
    expect(ids(await list())).toEqual([packet]);
    const files = (await (await api(`${LIST}?packetType=file&format=json`)).json()) as ListedEntry[];
    expect(files.map(({ id, packetType }) => ({ id, packetType }))).toEqual([
      { id: file, packetType: 'image' },
    ]);
    const body = await (await get(await link(files[0]!.url))).arrayBuffer();
    expect(new Uint8Array(body)).toEqual(photo);
    deliver(3);
    expect(await (await api(`${LIST}?format=json`)).json()).toHaveLength(1);
  });

  it('rule 34: never lists entries of one area with the key of another', async () => {
    const { api, control, list } = filled(1, { queue: 'sticky' });
    const other = control.deliver({ area: 'OTHER', user: 'anna', company: '', xml: orderPacket('X') });
    expect((await api('/mobile/erp/pull/OTHER?format=json')).status).toBe(403);
    const theirs = await api('/mobile/erp/pull/OTHER?format=json', { key: 'other-key' });
    expect(ids((await theirs.json()) as ListedEntry[])).toEqual([other]);
    expect(ids(await list())).not.toContain(other);
  });

  it('rule 35: gives the fields of a real entry', async () => {
    const { list, deliver, time } = testCloud({ switches: { queue: 'sticky' } });
    const user = 'Žofie Nová';
    const id = deliver(1, { user, operation: 'Sales Order', company: 'A&B <Löwe>' });
    deliver(2, { user: 'ben.o-k@x' });
    time.ms += 90_000_000;
    const [entry, plain] = await list();
    const { receiptHandle, ...rest } = entry!;
    expect(rest).toEqual({
      id,
      url: `push-done/json/prod/ACME/20250310/${user}/${id}.json`,
      userName: user,
      companyId: 'A&B <Löwe>',
      appCode: 'SLA',
      packetType: 'data',
      onDate: '2025-03-11T09:00:00.000Z',
      size: 0,
      operation: 'Sales Order',
    });
    expect(plain).not.toHaveProperty('operation');
    expect(receiptHandle.length).toBeGreaterThan(400);
    for (const character of '+/=') expect(receiptHandle).toContain(character);
  });

  it('rule 35: adds unknown fields that do not survive reading and writing again', async () => {
    const { listText, api } = filled(10, { queue: 'sticky', extraFields: true });
    const json = await listText();
    expect(json).toContain('"attributes"');
    expect(JSON.stringify(JSON.parse(json))).not.toBe(json);
    expect(await (await api(`${LIST}?format=xml`)).text()).toContain('<attributes count=');
  });

  it('rule 36: says that nothing waits in three ways', async () => {
    const { api, control } = testCloud();
    const answer = async (format: string) => {
      const { status, body, headers } = await api(`${LIST}?format=${format}`);
      return [status, body === null ? null : await new Response(body).text(), headers.get('content-length')];
    };
    expect(await answer('json')).toEqual([200, '[]', '2']);
    expect(await answer('xml')).toEqual([200, '<messages/>', '11']);
    control.setSwitches({ emptyBody: 'no-body' });
    expect(await answer('json')).toEqual([200, '', '0']);
    control.setSwitches({ emptyBody: '204' });
    expect((await answer('json'))[0]).toBe(204);
  });

  it('rule 37: loses entries older than the retention time', async () => {
    const { list, deliver, time, control } = testCloud({ switches: { queue: 'sticky' } });
    const old = deliver(1);
    time.ms += 86_400_000;
    const young = deliver(2);
    time.ms += 3 * 86_400_000 + 1;
    expect(ids(await list())).toEqual([young]);
    expect(control.queueState({ area: 'ACME' })).toEqual({
      waiting: [],
      delivered: [young],
      done: [],
      vanished: [old],
    });
  });

  it('rule 38: answers 429 to asking too often, for each kind of queue', async () => {
    const { api, time } = testCloud({ switches: { minPoll: 60 } });
    const status = async (kind: string) => (await api(`${LIST}?format=json&packetType=${kind}`)).status;
    expect([await status('packet'), await status('file'), await status('packet')]).toEqual([200, 200, 429]);
    time.ms += 60_000;
    expect(await status('packet')).toBe(200);
  });
});

describe('link and download', () => {
  it.each([
    ['object', (text: string) => (JSON.parse(text) as { url: string }).url],
    ['string', (text: string) => JSON.parse(text) as string],
    ['text', (text: string) => text],
  ] as const)('rule 39: gives the link as %s', async (linkShape, read) => {
    const { api, list, get } = filled(1, { linkShape });
    const [entry] = await list();
    const answer = await api(`${LIST}/link?path=${entry!.url.replace(/json/g, 'xml')}`);
    const url = read(await answer.text());
    expect(await (await get(url)).text()).toBe(orderPacket('O-0'));
  });

  it.each(['Žofie Nová', 'ben.o-k@x', 'a+b', "o'hara(x)"])(
    'rule 40: takes the path of %s raw and percent-encoded',
    async (user) => {
      const { list, deliver, api } = testCloud();
      deliver(1, { user });
      const [entry] = await list();
      const encodings = [(url: string) => url, encodeURI, encodeURIComponent];
      for (const encode of encodings)
        expect((await api(`${LIST}/link?path=${encode(entry!.url)}`)).status).toBe(200);
    },
  );

  it('rule 41: refuses paths of other areas, upward and unknown ones', async () => {
    const { list, api, control } = filled(1, {});
    const other = control.deliver({ area: 'OTHER', user: 'anna', company: '', xml: orderPacket('X') });
    const status = async (path: string) => (await api(`${LIST}/link?path=${path}`)).status;
    const [entry] = await list();
    const theirs = entry!.url.replace('ACME', 'OTHER').replaceAll(entry!.id, other);
    expect(await status(theirs)).toBe(403);
    expect(await status(entry!.url.replace('20250310', '20250310/../20250310'))).toBe(403);
    expect(await status('..%2F..%2Fetc%2Fpasswd')).toBe(403);
    expect(await status('push-done/xml/none.xml')).toBe(404);
    expect((await api(`${LIST}/link`)).status).toBe(400);
    expect((await api(`/mobile/erp/pull/OTHER/link?path=${entry!.url}`, { key: 'other-key' })).status).toBe(
      403,
    );
  });

  it('rule 42: the link works as often as asked until its life is over, without a key', async () => {
    const { list, link, get, time } = filled(1, {});
    const [entry] = await list();
    const url = await link(entry!.url);
    for (const wait of [0, 0, 900_000]) {
      time.ms += wait;
      expect((await get(url)).status).toBe(200);
    }
    time.ms += 1;
    const late = await get(url);
    expect([late.status, await late.text()]).toEqual([
      403,
      expect.stringContaining('<Code>AccessDenied</Code>'),
    ]);
    expect((await get(url, { method: 'HEAD' })).status).toBe(403);
    expect((await get(url.replace('Signature=', 'Signature=0'))).status).toBe(403);
  });

  it('rule 43: has the body of a packet under its xml and its json path', async () => {
    const { list, link, get } = filled(1, {});
    const [entry] = await list();
    const xmlPath = entry!.url.replace('/json/', '/xml/').replace(/json$/, 'xml');
    const xml = await get(await link(xmlPath));
    expect([xml.headers.get('content-type'), await xml.text()]).toEqual([
      'application/xml',
      orderPacket('O-0'),
    ]);
    const json = (await (await get(await link(entry!.url))).json()) as {
      salesmancode: string;
      tables: { name: string }[];
    };
    expect([json.salesmancode, json.tables[0]!.name]).toEqual(['anna', 'SalesHeader']);
  });

  it('rule 44: gives bodies of packets reported done, until the body retention is over', async () => {
    const { listText, done, link, get, api, time } = filled(1, {});
    const text = await listText();
    const [entry] = JSON.parse(text) as ListedEntry[];
    await done(text);
    time.ms += 29 * 86_400_000;
    expect((await get(await link(entry!.url))).status).toBe(200);
    time.ms += 86_400_001;
    expect((await api(`${LIST}/link?path=${entry!.url}`)).status).toBe(404);
  });

  it('a body can vanish before the link or behind it', async () => {
    const { list, deliver, control, api, link, get } = testCloud({ switches: { queue: 'sticky' } });
    const [a, b] = [deliver(1), deliver(2)];
    const [first, second] = await list();
    control.vanishBody({ area: 'ACME', id: a, at: 'link' });
    control.vanishBody({ area: 'ACME', id: b });
    expect((await api(`${LIST}/link?path=${first!.url}`)).status).toBe(404);
    const answer = await get(await link(second!.url));
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('NoSuchKey')]);
  });
});
