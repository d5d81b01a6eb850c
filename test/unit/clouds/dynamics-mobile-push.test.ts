import { describe, expect, it } from 'vitest';
import { MINIMAL, snapshot, testCloud } from './dynamics-mobile-world.ts';

const PUSH = '/mobile/erp/push/ACME';
const QUERY = '?packetUniqueId=p1&size=10&packetType=xml';
const XML = snapshot(MINIMAL);

describe('push link', () => {
  it('rule 7: gives a new sync log id and a link never given before', async () => {
    const { pushLink, control } = testCloud();
    const links = [await pushLink(10), await pushLink(10), await pushLink(10)];
    expect(links.map((link) => link.success)).toEqual([true, true, true]);
    expect(new Set(links.map((link) => link.uploadPath)).size).toBe(3);
    expect(control.syncLog({ area: 'ACME' }).map((entry) => entry.syncLogId)).toEqual(
      links.map((link) => link.syncLogId),
    );
    expect(links[0]!.uploadPath).not.toContain('acme-key');
  });

  it('rule 7: takes percent-encoded users', async () => {
    const { api } = testCloud();
    for (const user of ['Žofie Nová', 'ben.o-k@x'])
      expect((await api(`${PUSH}/${encodeURIComponent(user)}${QUERY}`)).status).toBe(200);
  });

  it('rule 8: refuses another packet type', async () => {
    const { api } = testCloud();
    for (const type of ['&packetType=csv', '&packetType=packet', '']) {
      const answer = await api(`${PUSH}/anna?packetUniqueId=p1&size=10${type}`);
      expect([answer.status, ((await answer.json()) as { success: boolean }).success]).toEqual([400, false]);
    }
    expect((await api(`${PUSH}/anna?packetUniqueId=p1&size=10&packetType=json`)).status).toBe(200);
  });

  it('rule 9: refuses sizes that are none, and 413 above the limit', async () => {
    const { api } = testCloud();
    const status = async (size: string) =>
      (await api(`${PUSH}/anna?packetUniqueId=p&packetType=xml${size}`)).status;
    for (const size of ['', '&size=', '&size=0', '&size=-5', '&size=1.5', '&size=1e3', '&size=ten'])
      expect([size, await status(size)]).toEqual([size, 400]);
    expect(await status('&size=100000000')).toBe(200);
    expect(await status('&size=100000001')).toBe(413);
  });

  it('rule 10: answers 404 for an unknown or disabled user', async () => {
    const { api, control } = testCloud();
    control.addUser({ area: 'ACME', user: 'dora', enabled: false });
    expect((await api(`${PUSH}/nobody${QUERY}`)).status).toBe(404);
    expect((await api(`${PUSH}/dora${QUERY}`)).status).toBe(404);
    control.addUser({ area: 'ACME', user: 'dora' });
    expect((await api(`${PUSH}/dora${QUERY}`)).status).toBe(200);
  });

  it('rule 10: or takes the upload and rejects it later', async () => {
    const { push } = testCloud({ switches: { unknownUser: '200-and-reject-later' } });
    const entry = await push(snapshot(MINIMAL, { user: 'nobody' }), 'nobody');
    expect([entry.status, entry.reason]).toEqual(['rejected', 'unknown or disabled user']);
  });

  it('rule 11: answers 200 without success and without a link', async () => {
    const { api } = testCloud({ switches: { successFalse: true } });
    const answer = await api(`${PUSH}/anna${QUERY}`);
    expect([answer.status, await answer.json()]).toEqual([200, { success: false }]);
  });

  it('rule 12: accepts a missing packetUniqueId unless it is required', async () => {
    const { api, control } = testCloud();
    const path = `${PUSH}/anna?size=10&packetType=xml`;
    expect((await api(path)).status).toBe(200);
    control.setSwitches({ requireUniqueId: true });
    expect((await api(path)).status).toBe(400);
  });
});

describe('upload', () => {
  it('rule 13: refuses a PUT begun after the life of the link with an XML error', async () => {
    const { pushLink, put, time, control } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    time.ms += 900_000;
    expect((await put(uploadPath, XML)).status).toBe(200);
    time.ms += 1;
    const late = await put(uploadPath, XML);
    expect([late.status, late.headers.get('content-type')]).toEqual([403, 'application/xml']);
    expect(await late.text()).toContain('<Code>AccessDenied</Code>');
    expect(control.syncLog({ area: 'ACME' })[0]!.uploads).toBe(1);
  });

  it('rule 13: accepts a PUT begun in time and finished later', async () => {
    const { pushLink, cloud, time, control } = testCloud();
    const bytes = new TextEncoder().encode(XML);
    const { uploadPath } = await pushLink(bytes.length);
    let sent = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        time.ms += 600_000;
        controller.enqueue(bytes.subarray(sent, sent + 100));
        sent += 100;
        if (sent >= bytes.length) controller.close();
      },
    });
    const answer = await cloud.handle(
      new Request(uploadPath, {
        method: 'PUT',
        body,
        duplex: 'half',
        headers: { 'content-type': 'application/xml', 'content-length': String(bytes.length) },
      } as RequestInit),
    );
    expect(answer.status).toBe(200);
    await control.settled();
    expect(control.syncLog({ area: 'ACME' })[0]!.status).toBe('accepted');
  });

  it('rule 14: refuses a body above the limit and leaves the snapshot alone', async () => {
    const { push, pushLink, put, control } = testCloud();
    const first = await push(XML);
    const { uploadPath } = await pushLink(XML.length);
    control.setSwitches({ maxBytes: XML.length - 1, strictSize: false });
    expect((await put(uploadPath, XML)).status).toBe(413);
    control.setSwitches({ maxBytes: XML.length });
    // More bytes than declared: the storage stops reading.
    expect((await put(uploadPath, XML, { 'content-length': '100' })).status).toBe(413);
    await control.settled();
    expect(control.syncLog({ area: 'ACME' })[1]!.status).toBe('link');
    expect(control.deviceSnapshot({ area: 'ACME', user: 'anna' })!.syncLogId).toBe(first.syncLogId);
    expect((await put(uploadPath, XML)).status).toBe(200);
  });

  it('rule 15: refuses a content type other than the signed one', async () => {
    const { pushLink, put, control } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    for (const type of ['text/xml', 'application/xml; charset=utf-8', 'application/json'])
      expect((await put(uploadPath, XML, { 'content-type': type })).status).toBe(403);
    expect((await put(uploadPath, XML)).status).toBe(200);
    control.setSwitches({ signedType: false });
    expect((await put(uploadPath, XML, { 'content-type': 'text/xml' })).status).toBe(200);
  });

  it('rule 16: refuses chunked transfer with 501 and a missing length with 411', async () => {
    const { pushLink, put, get } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    expect((await put(uploadPath, XML, { 'transfer-encoding': 'chunked' })).status).toBe(501);
    const bare = await get(uploadPath, {
      method: 'PUT',
      body: XML,
      headers: { 'content-type': 'application/xml' },
    });
    expect(bare.status).toBe(411);
  });

  it('rule 17: refuses a length unlike the announced one, or only notes it', async () => {
    const { pushLink, put, control } = testCloud();
    const { uploadPath } = await pushLink(XML.length + 1);
    expect((await put(uploadPath, XML)).status).toBe(400);
    control.setSwitches({ strictSize: false });
    expect((await put(uploadPath, XML)).status).toBe(200);
    await control.settled();
    const [entry] = control.syncLog({ area: 'ACME' });
    expect(entry).toMatchObject({
      status: 'accepted',
      warnings: [`announced ${XML.length + 1} bytes, uploaded ${XML.length}`],
    });
  });

  it('rule 17: never stores an upload that ends before its declared length', async () => {
    const { pushLink, put, control } = testCloud();
    const { uploadPath } = await pushLink(XML.length + 5);
    const short = await put(uploadPath, XML, { 'content-length': String(XML.length + 5) });
    expect(short.status).toBe(400);
    expect(control.syncLog({ area: 'ACME' })[0]!.status).toBe('link');
  });

  it('rule 18: refuses other methods and tampered signatures on an upload link', async () => {
    const { pushLink, put, get } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    for (const method of ['GET', 'POST', 'HEAD', 'DELETE'])
      expect([method, (await get(uploadPath, { method })).status]).toEqual([method, 403]);
    expect((await put(uploadPath.replace(/.$/, 'g'), XML)).status).toBe(403);
  });

  it('rule 19: processes a second PUT on a live link and lets it replace the first', async () => {
    const { pushLink, put, control } = testCloud();
    const second = snapshot({ ...MINIMAL, Customer: [{ No: 'C2', Name: 'Corner' }] });
    const { uploadPath } = await pushLink(XML.length);
    expect((await put(uploadPath, XML)).status).toBe(200);
    expect((await put(uploadPath, second)).status).toBe(200);
    await control.settled();
    const [entry] = control.syncLog({ area: 'ACME' });
    expect(entry).toMatchObject({ uploads: 2, status: 'accepted' });
    const got = control.synchronize({ area: 'ACME', user: 'anna' });
    expect(got!.sha256).toBe(entry!.sha256);
    expect(control.notifications({ area: 'ACME' })).toHaveLength(2);
  });

  it('rule 20: leaves the device alone when nothing was uploaded', async () => {
    const { push, pushLink, control } = testCloud();
    const first = await push(XML);
    await pushLink(50);
    await control.settled();
    expect(control.synchronize({ area: 'ACME', user: 'anna' })!.syncLogId).toBe(first.syncLogId);
  });
});
