import { describe, expect, it } from 'vitest';
import { ConnectionCut } from '../../../main/sandbox/clouds/connection-cut.ts';
import { createDynamicsMobile } from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { brokenRule } from '../../rules/broken-rule.ts';
import { MINIMAL, orderPacket, snapshot, testCloud } from './dynamics-mobile-world.ts';

const LIST = '/mobile/erp/pull/ACME?packetType=packet&format=json';
const XML = snapshot(MINIMAL);

describe('faults', () => {
  it.each([500, 502, 503, 504])('rule 5: answers any call with %d', async (status) => {
    const { api, control, pushLink, put } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    control.faults([{ on: 'any', kind: 'status', status, times: 2 }]);
    expect((await api(LIST)).status).toBe(status);
    expect((await put(uploadPath, XML)).status).toBe(status);
    expect((await put(uploadPath, XML)).status).toBe(200);
  });

  it('rule 5: cuts, with nothing done', async () => {
    const { api, control, deliver, listText, done } = testCloud();
    deliver(1);
    const text = await listText();
    control.faults([
      { on: 'done', kind: 'cut', times: 1 },
      { on: 'list', kind: 'cut', times: 1 },
    ]);
    await expect(done(text)).rejects.toBeInstanceOf(ConnectionCut);
    await expect(api(LIST)).rejects.toBeInstanceOf(ConnectionCut);
    expect(control.queueState({ area: 'ACME' }).done).toEqual([]);
  });

  it('rule 5: gives a 200 with an HTML body', async () => {
    const { api, control } = testCloud();
    control.faults([{ on: 'list', kind: 'html', times: 1 }]);
    const answer = await api(LIST);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    expect(await answer.text()).toContain('<html>');
  });

  it.each(['503', 'cut', 'html'] as const)('rule 5: a standing fault (%s) hits every call', async (fault) => {
    const { api, control, put, pushLink } = testCloud();
    const { uploadPath } = await pushLink(XML.length);
    control.setSwitches({ fault });
    const outcome = (call: Promise<Response>) =>
      call.then(
        async (answer) => `${answer.status} ${(await answer.text()).includes('<html>')}`,
        () => 'cut',
      );
    const wanted = { 503: '503 false', cut: 'cut', html: '200 true' }[fault];
    for (let times = 0; times < 2; times++) {
      expect(await outcome(api(LIST))).toBe(wanted);
      expect(await outcome(put(uploadPath, XML))).toBe(wanted);
    }
    control.setSwitches({ fault: 'none' });
    expect(await outcome(api(LIST))).toBe('200 false');
  });

  it('rule 5: delays by the given sleep, then answers', async () => {
    const slept: number[] = [];
    const cloud = createDynamicsMobile({
      clock: { now: () => 0 },
      random: () => 0.5,
      newId: () => 'x',
      areas: [{ code: 'A', keys: ['k'], users: [] }],
      broken: brokenRule(),
      sleep: (ms) => {
        slept.push(ms);
        return Promise.resolve();
      },
    });
    cloud.control.faults([{ on: 'list', kind: 'delay', ms: 70_000, times: 1 }]);
    const request = new Request('http://c/mobile/erp/pull/A?format=json', { headers: { 'x-api-key': 'k' } });
    expect((await cloud.handle(request)).status).toBe(200);
    expect(slept).toEqual([70_000]);
  });

  it('skips, counts and keeps to its area', async () => {
    const { api, control } = testCloud();
    control.faults([
      { on: 'list', kind: 'status', status: 429, retryAfterSeconds: 9, skip: 1, times: 2, area: 'ACME' },
    ]);
    const statuses = [];
    for (let i = 0; i < 4; i++) {
      expect((await api('/mobile/erp/pull/OTHER?format=json', { key: 'other-key' })).status).toBe(200);
      const answer = await api(LIST);
      statuses.push(`${answer.status} ${answer.headers.get('retry-after')}`);
    }
    expect(statuses).toEqual(['200 null', '429 9', '429 9', '200 null']);
  });

  it('gives links that are expired from the start, and refuses a link as expired', async () => {
    const { control, pushLink, put, deliver, list, link, get } = testCloud();
    control.faults([
      { on: 'pushLink', kind: 'expired', times: 1 },
      { on: 'link', kind: 'expired', times: 1 },
      { on: 'download', kind: 'expired', times: 1, skip: 1 },
    ]);
    expect((await put((await pushLink(XML.length)).uploadPath, XML)).status).toBe(403);
    expect((await put((await pushLink(XML.length)).uploadPath, XML)).status).toBe(200);
    deliver(1);
    const [entry] = await list();
    expect((await get(await link(entry!.url))).status).toBe(403);
    const url = await link(entry!.url);
    expect((await get(url)).status).toBe(403);
    expect((await get(url)).status).toBe(200);
  });

  it('loses the answer of an upload that was taken', async () => {
    const { control, pushLink, put } = testCloud();
    control.faults([{ on: 'upload', kind: 'lost-answer', times: 1 }]);
    const { uploadPath } = await pushLink(XML.length);
    await expect(put(uploadPath, XML)).rejects.toBeInstanceOf(ConnectionCut);
    await control.settled();
    expect(control.syncLog({ area: 'ACME' })[0]!.status).toBe('accepted');
  });

  it('rule 46: cuts a download half-way', async () => {
    const { control, deliver, list, link, get } = testCloud();
    deliver(1);
    const [entry] = await list();
    control.faults([{ on: 'download', kind: 'half', times: 1 }]);
    const answer = await get(await link(entry!.url));
    let got = 0;
    const reading = (async () => {
      for await (const chunk of answer.body!) got += chunk.length;
    })();
    await expect(reading).rejects.toBeInstanceOf(ConnectionCut);
    const whole = Number(answer.headers.get('content-length'));
    expect([whole > 0, got]).toEqual([true, Math.floor(whole / 2)]);
  });

  it.each([17, -5])('rule 46: declares a length %d off', async (off) => {
    const { control, deliver, list, link, get } = testCloud();
    deliver(1);
    const [entry] = await list();
    control.faults([{ on: 'download', kind: 'wrong-length', off, times: 1 }]);
    const xmlPath = entry!.url.replace('/json/', '/xml/').replace(/json$/, 'xml');
    const answer = await get(await link(xmlPath));
    const true_ = new TextEncoder().encode(orderPacket('O-1')).length;
    expect(Number(answer.headers.get('content-length'))).toBe(true_ + off);
    expect((await answer.arrayBuffer()).byteLength).toBe(true_);
  });

  it('chaos hits about the given share of the calls, with more than one kind of fault', async () => {
    const { api, control, cloud } = testCloud({ switches: { chaos: 0.5 } });
    for (let i = 0; i < 200; i++)
      await api(LIST)
        .then((answer) => answer.text())
        .catch(() => undefined);
    const hit = cloud.log.filter((call) => call.fault !== undefined);
    expect(hit.length).toBeGreaterThan(60);
    expect(hit.length).toBeLessThan(140);
    expect(new Set(hit.map((call) => call.fault)).size).toBeGreaterThan(3);
    control.setSwitches({ chaos: 0 });
    expect((await api(LIST)).status).toBe(200);
  });
});
