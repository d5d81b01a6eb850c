import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { openSecrets } from '../../../main/adapters/secrets/open-secrets.ts';
import { startSite } from '../../../main/compose.ts';
import { startWorld } from '../../../main/sandbox/program/world.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { Alert } from '../../../shared/contract/alert.ts';

type Post = { readonly state: string; readonly code: string; readonly about: string };

/** Where a webhook leads: each POST in its turn. */
async function receiver(): Promise<{ readonly url: string; next(): Promise<Post> }> {
  const posts: Post[] = [];
  let wake: () => void = () => undefined;
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      posts.push(JSON.parse(text) as Post);
      response.writeHead(204).end();
      wake();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.close();
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`,
    next: async () => {
      for (;;) {
        const post = posts.shift();
        if (post !== undefined) return post;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}

test(
  'the program as it is composed: the ERP goes, people hear of it, see it, and hear that it is back',
  { timeout: 120_000 },
  async () => {
    const hook = await receiver();
    const world = await startWorld({
      seed: 5,
      mode: 'sqs',
      now: () => Date.now(),
      settings: { pullEvery: '1h', pushEvery: '1h' },
    });
    onTestFinished(() => world.end());
    const file = join(world.dataDir, 'site.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const alerts = { webhook: {}, delays: { 'erp-unreachable': '1s' }, off: ['run-failed', 'items-parked'] };
    writeFileSync(file, JSON.stringify({ ...settings, alerts }));
    openSecrets(world.dataDir, { env: {}, now: () => Date.now() }).set('alerts.webhook.url', hook.url);
    const agent = await startSite({ dataDir: world.dataDir, env: world.env, mode: 'run' });
    onTestFinished(() => agent.stop(new AbortController().signal));
    const active = async (): Promise<readonly Alert[]> => {
      const status = await agent.handlers.status({});
      return status.ok ? status.value.alerts : [];
    };
    expect(await active()).toEqual([]);

    await fetch(`${world.erpControl}/stop`, { method: 'POST' });
    const about = `erp:${SAMPLE.erpId}`;
    expect(await hook.next()).toMatchObject({ state: 'raised', code: 'erp-unreachable', about });
    const [alert] = await active();
    expect(alert).toMatchObject({ code: 'erp-unreachable', about, toast: true, times: 1 });

    const seen = await agent.handlers.alertAcknowledge({ alert: alert!.id });
    expect(seen).toMatchObject({ ok: true, value: { alert: { id: alert!.id, toast: false } } });
    expect(await agent.handlers.alertAcknowledge({ alert: 4711 })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });

    await fetch(`${world.erpControl}/start`, { method: 'POST' });
    expect(await hook.next()).toMatchObject({ state: 'ended', code: 'erp-unreachable', about });
    expect(await active()).toEqual([]);
    const listed = await agent.handlers.alertsList({ ended: true, limit: 10 });
    expect(listed).toMatchObject({
      ok: true,
      value: { alerts: [{ id: alert!.id, endedAt: expect.any(Number) }] },
    });
  },
);
