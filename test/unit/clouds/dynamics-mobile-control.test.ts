import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { MINIMAL, snapshot, testCloud } from './dynamics-mobile-world.ts';

const AREA = { area: 'ACME' };
const XML = snapshot(MINIMAL);

describe('control of the Dynamics Mobile cloud', () => {
  it('delivers a packet again under its id, also after done, also with other bytes', async () => {
    const { deliver, control, list, listText, done, link, get } = testCloud();
    const id = deliver(1);
    await done(await listText());
    control.redeliver({ ...AREA, id, xml: '<other/>' });
    const [entry] = await list();
    expect(entry!.id).toBe(id);
    const body = await get(await link(entry!.url.replace(/json/g, 'xml')));
    expect(await body.text()).toBe('<other/>');
    expect(control.queueState(AREA)).toMatchObject({ delivered: [id], done: [id] });
  });

  it('does not let a resend reuse an id', () => {
    const { deliver } = testCloud();
    const id = deliver(1);
    expect(() => deliver(2, { id })).toThrow(`the packet ${id} exists already`);
  });

  it('reverses and shuffles what waits', async () => {
    const { deliver, control, list } = testCloud({ switches: { queue: 'sticky' } });
    const sent = Array.from({ length: 8 }, (_, i) => deliver(i));
    control.shuffle({ ...AREA, reverse: true });
    expect((await list()).map((entry) => entry.id)).toEqual(sent.toReversed());
    control.shuffle(AREA);
    const shuffled = (await list()).map((entry) => entry.id);
    expect(shuffled.toSorted()).toEqual(sent.toSorted());
    expect(shuffled).not.toEqual(sent.toReversed());
  });

  it('serves hostile bytes as they are', async () => {
    const { deliver, control, list, link, get } = testCloud();
    const id = deliver(1);
    const bytes = new Uint8Array([0x3c, 0x00, 0xff, 0xfe, 0x21]);
    control.postRaw({ ...AREA, id, bytes });
    const [entry] = await list();
    const body = await get(await link(entry!.url.replace(/json/g, 'xml')));
    expect(new Uint8Array(await body.arrayBuffer())).toEqual(bytes);
    expect((await get(await link(entry!.url))).status).toBe(200);
  });

  it('changes switches as a whole or not at all', () => {
    const { control, cloud } = testCloud();
    expect(() => control.setSwitches({ queue: 'sticky', duplicate: 2 })).toThrow('duplicate');
    expect(cloud.switches.queue).toBe('sqs');
    expect(control.setSwitches({ queue: 'sticky' }).queue).toBe('sticky');
  });

  it('replaces the keys of an area', async () => {
    const { control, api } = testCloud();
    control.setKeys({ ...AREA, keys: ['new-key'] });
    const status = async (key: string) => (await api('/mobile/erp/pull/ACME?format=json', { key })).status;
    expect([await status('acme-key'), await status('new-key')]).toEqual([403, 200]);
  });

  it('moves its clock: a link grows old', async () => {
    const { control, pushLink, put } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    control.advance(900_001);
    expect((await put(uploadPath, XML)).status).toBe(403);
  });

  it('counts calls and uploads at once, over all and on one link', async () => {
    const { pushLink, cloud, control } = testCloud();
    const slow = (url: string) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          await promise;
          controller.enqueue(new TextEncoder().encode(XML));
          controller.close();
        },
      });
      const answer = cloud.handle(
        new Request(url, {
          method: 'PUT',
          body,
          duplex: 'half',
          headers: { 'content-type': 'application/xml', 'content-length': String(XML.length) },
        } as RequestInit),
      );
      return { resolve, answer };
    };
    const [a, b] = [await pushLink(XML.length), await pushLink(XML.length)];
    const uploads = [slow(a.uploadPath), slow(a.uploadPath), slow(b.uploadPath)];
    for (const upload of uploads) upload.resolve();
    for (const upload of uploads) expect((await upload.answer).status).toBe(200);
    expect(control.statistics()).toMatchObject({
      calls: { pushLink: 2, upload: 3, list: 0 },
      uploadsNow: 0,
      uploadsAtOnce: 3,
      uploadsAtOnceOnOneLink: 2,
    });
  });

  it('keeps keys and signed links out of its log', async () => {
    const { pushLink, put, cloud, deliver, list, link, get } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    await put(uploadPath, XML);
    deliver(1);
    const [entry] = await list();
    await get(await link(entry!.url));
    expect(cloud.log.map(({ kind, user, status }) => [kind, user, status])).toEqual([
      ['pushLink', 'anna', 200],
      ['upload', 'anna', 200],
      ['list', undefined, 200],
      ['link', undefined, 200],
      ['download', 'anna', 200],
    ]);
    const text = JSON.stringify(cloud.log);
    for (const secret of ['acme-key', 'Signature', 'transfer']) expect(text).not.toContain(secret);
  });

  it('keeps large snapshots in files, and drops those nobody can see any more', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloud-bodies-'));
    try {
      const { push, control, cloud } = testCloud({ folder });
      const big = (letter: string) =>
        snapshot({ ...MINIMAL, Item: [{ No: '1', Description: letter.repeat(300_000) }] });
      await push(big('a'));
      control.synchronize({ ...AREA, user: 'anna' });
      await push(big('b'));
      await push(big('c'));
      await push(`${big('d')}<`);
      expect(readdirSync(folder)).toHaveLength(2);
      const seen: string[] = [];
      for (const view of [
        control.device({ ...AREA, user: 'anna' })!,
        control.deviceSnapshot({ ...AREA, user: 'anna' })!,
      ]) {
        let text = '';
        for await (const chunk of view.read()) text += new TextDecoder().decode(chunk);
        seen.push(text);
      }
      expect(seen).toEqual([big('a'), big('c')]);
      control.synchronize({ ...AREA, user: 'anna' });
      expect(readdirSync(folder)).toHaveLength(1);
      expect(control.statistics().maxBytesInMemory).toBeLessThan(700_000);
      cloud.close();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
