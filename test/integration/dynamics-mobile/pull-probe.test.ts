import { describe, expect, onTestFinished, test } from 'vitest';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { probeCloud, type ProbeReport } from '../../../main/core/probe/probe-cloud.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import { clientWorld, cloudSettings, KEY, never, testRuntime, type ClientWorld } from './client-world.ts';

async function world(switches: SwitchesPatch = {}): Promise<ClientWorld> {
  const made = await clientWorld(switches);
  onTestFinished(() => made.close());
  return made;
}

const probe = (
  w: ClientWorld,
  more: { key?: string; user?: string; path?: string; settings?: object } = {},
): Promise<ProbeReport> =>
  probeCloud(
    createNodeHttpTransport(testRuntime()),
    {
      cloud: cloudSettings(w.url, more.settings ?? {}),
      key: more.key ?? KEY,
      user: more.user,
      path: more.path,
      id: 'probe-1',
    },
    never,
  );

const pointOf = (report: ProbeReport, name: string) => report.points.find(({ point }) => point === name);

async function pathOfWaiting(w: ClientWorld): Promise<string> {
  w.deliver();
  const listing = await w.client().list('packet', never);
  if (!listing.ok) throw new Error('no list');
  return listing.value.entries[0]?.path ?? '';
}

describe('the probe', () => {
  test('finds prefix and key, and takes, hides and reports nothing', async () => {
    const w = await world();
    w.deliver();
    const before = w.cloud.control.queueState({ area: 'ACME' });
    const report = await probe(w);
    expect(pointOf(report, 'prefix')).toEqual({ point: 'prefix', state: 'settled', value: '/mobile/erp' });
    expect(pointOf(report, 'key')?.state).toBe('settled');
    expect(pointOf(report, 'unknown-path')).toMatchObject({
      state: 'settled',
      value: '403 "Missing Authentication Token", which a missing key does not give',
    });
    expect(pointOf(report, 'link-answer')?.state).toBe('unknown');
    for (const name of ['upload-answer', 'list', 'report'])
      expect(pointOf(report, name), name).toMatchObject({
        state: 'unknown',
        value: expect.stringContaining('not asked'),
      });
    expect(w.cloud.control.queueState({ area: 'ACME' })).toEqual(before);
  });

  test('finds the other prefix too, where it is served, whichever one is set', async () => {
    const w = await world({ legacyPrefix: true });
    for (const pathPrefix of ['/mobile/erp', '/erp']) {
      const value = pointOf(await probe(w, { settings: { pathPrefix } }), 'prefix')?.value;
      expect(value?.split(' and ').toSorted()).toEqual(['/erp', '/mobile/erp']);
    }
  });

  test('does not take a wrong key for a wrong path, nor the other way round', async () => {
    const w = await world();
    const wrongKey = await probe(w, { key: 'not-the-key' });
    expect(pointOf(wrongKey, 'prefix')?.state).toBe('unknown');
    expect(pointOf(wrongKey, 'key')).toMatchObject({
      state: 'unknown',
      value: expect.stringContaining('refused as without a key'),
    });
    const wrongPath = await probe(w, { settings: { pathPrefix: '/other' } });
    expect(pointOf(wrongPath, 'prefix')?.value).toBe('/mobile/erp');
    expect(pointOf(wrongPath, 'key')).toMatchObject({
      state: 'settled',
      value: expect.stringContaining('the path is refused, not the key'),
    });
  });

  test.each([
    ['object', 'a JSON object with "url"'],
    ['string', 'a JSON string'],
    ['text', 'bare text'],
  ] as const)('knows a link that comes as %s', async (linkShape, value) => {
    const w = await world({ linkShape });
    const report = await probe(w, { path: await pathOfWaiting(w) });
    expect(pointOf(report, 'link-answer')).toEqual({ point: 'link-answer', state: 'settled', value });
  });

  test('asks for an upload link of a test user and uploads nothing', async () => {
    const w = await world();
    const report = await probe(w, { user: 'anna' });
    expect(pointOf(report, 'upload-answer')).toEqual({
      point: 'upload-answer',
      state: 'settled',
      value: 'JSON with success, uploadPath, syncLogId',
    });
    expect(w.cloud.control.deviceSnapshot({ area: 'ACME', user: 'anna' })).toBeUndefined();
    const nobody = await probe(w, { user: 'nobody-at-all' });
    expect(pointOf(nobody, 'upload-answer')?.state).toBe('unknown');
  });

  test('keeps neither key nor signed link', async () => {
    const w = await world();
    const report = await probe(w, { user: 'anna', path: await pathOfWaiting(w) });
    const kept = JSON.stringify(report);
    expect(kept).toContain('[signed]');
    expect(kept).not.toContain(KEY);
    expect(kept).not.toMatch(/[?&](sig|token|signature|expires|x-amz)/i);
  });

  test('says so when nobody answers', async () => {
    const w = await world();
    const report = await probe(w, { settings: { baseUrl: 'http://127.0.0.1:1' } });
    expect(report.answers.every(({ status }) => status === undefined)).toBe(true);
    expect(report.points.every(({ state }) => state === 'unknown')).toBe(true);
  });
});
