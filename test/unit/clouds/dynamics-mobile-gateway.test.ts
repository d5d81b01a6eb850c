import { describe, expect, it } from 'vitest';
import { MINIMAL, snapshot, testCloud } from './dynamics-mobile-world.ts';

const LIST = '/mobile/erp/pull/ACME?packetType=packet&format=json';

describe('gateway of the Dynamics Mobile cloud', () => {
  it('rule 1: serves /mobile/erp, and /erp only with the legacy prefix', async () => {
    const { api, control } = testCloud();
    expect((await api(LIST)).status).toBe(200);
    expect((await api(LIST.replace('/mobile', ''))).status).toBe(403);
    control.setSwitches({ legacyPrefix: true });
    expect((await api(LIST.replace('/mobile', ''))).status).toBe(200);
  });

  it('rule 2: answers 403 with a message to no key, an unknown one and the key of another area, changing nothing', async () => {
    const { api, deliver, control } = testCloud();
    deliver(1);
    for (const key of [null, 'wrong', 'other-key']) {
      const answer = await api(LIST, { key });
      expect(answer.status).toBe(403);
      expect(await answer.json()).toEqual({ message: 'Forbidden' });
      expect((await api('/mobile/erp/push/ACME/anna?size=1&packetType=xml', { key })).status).toBe(403);
    }
    expect(control.queueState({ area: 'ACME' }).waiting).toHaveLength(1);
    expect(control.syncLog({ area: 'ACME' })).toEqual([]);
  });

  it('rule 3: does not know other paths and methods', async () => {
    const { api, control } = testCloud();
    const unknown = [
      ['GET', '/'],
      ['GET', '/mobile/erp/pull'],
      ['GET', '/mobile/erp/pull/ACME/other'],
      ['POST', '/mobile/erp/pull/ACME'],
      ['GET', '/mobile/erp/pull/ACME/done'],
      ['PUT', '/mobile/erp/push/ACME/anna'],
      ['GET', '/mobile/erp/push/ACME/anna/more'],
    ] as const;
    for (const [method, path] of unknown) {
      const answer = await api(path, { method, key: null });
      expect([path, answer.status, await answer.json()]).toEqual([
        path,
        403,
        { message: 'Missing Authentication Token' },
      ]);
    }
    control.setSwitches({ unknownRoute: 404 });
    expect((await api('/')).status).toBe(404);
  });

  it('rule 4: answers 429 with Retry-After above the rate of a key, and other keys go on', async () => {
    const { api, time } = testCloud({ switches: { rate: 3 } });
    for (let i = 0; i < 3; i++) expect((await api(LIST)).status).toBe(200);
    time.ms += 10_000;
    const refused = await api(LIST);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '50']);
    expect(
      (await api('/mobile/erp/pull/OTHER?packetType=packet&format=json', { key: 'other-key' })).status,
    ).toBe(200);
    time.ms += 50_000;
    expect((await api(LIST)).status).toBe(200);
  });

  it('rule 6: refuses a key or authorization on upload and download links, and counts the leak', async () => {
    const { pushLink, put, control, deliver, list, link, get, api } = testCloud();
    const xml = snapshot(MINIMAL);
    const { uploadPath } = await pushLink(xml.length);
    for (const headers of [{ 'x-api-key': 'acme-key' }, { authorization: 'Bearer x' }])
      expect((await put(uploadPath, xml, headers)).status).toBe(400);
    deliver(1);
    const [entry] = await list();
    const url = await link(entry!.url);
    expect((await get(url, { headers: { 'x-api-key': 'acme-key' } })).status).toBe(400);
    expect((await get(url)).status).toBe(200);
    control.setSwitches({ strictLinks: false });
    expect((await put(uploadPath, xml, { 'x-api-key': 'acme-key' })).status).toBe(200);
    expect(control.statistics().leakedKeys).toBe(4);
    expect((await api(LIST)).status).toBe(200);
  });
});
