import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemRuntime } from '../../../main/adapters/runtime/system-runtime.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { Speaker, isTextKey } from '../../../shared/i18n/say.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { orderPacket } from '../bad-input/order-packet.ts';
import { KEY, SettingsSite, type RawSite } from './settings-bench.ts';

let world: BadInputWorld;
let site: SettingsSite;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

type Tested = ResultOf<'hopTest'>;

/** `resolve ok`, `login failed`: the way in short. Every sentence must be there. */
function way({ hops }: Tested): readonly string[] {
  const speaker = new Speaker({ now: 0, timeZone: 'UTC', locale: 'en-GB' });
  return hops.map(({ name, outcome, detail, failure }) => {
    for (const text of [name, detail, failure?.what, failure?.next])
      if (text !== undefined) {
        expect(isTextKey(text.key), text.key).toBe(true);
        expect(speaker.say(text)).not.toMatch(/[{}]/);
      }
    return `${name.key.replace('hop.', '')} ${outcome}`;
  });
}

const why = ({ hops }: Tested): string | undefined =>
  hops.find(({ failure }) => failure !== undefined)?.failure?.what.key;

async function running(secrets = true): Promise<void> {
  site = SettingsSite.joined(world);
  if (secrets) site.signIn();
  await site.start();
}

/** The runs at the start are over: what happens to the queue from now on is the test's doing. */
const untilQuiet = (): Promise<true> =>
  site.until(async () => {
    const { links } = await site.ask('status', {});
    const quiet = links.every(
      ({ flows, lastRuns }) =>
        lastRuns.length > 0 &&
        flows.every(
          ({ flow, enabled, running: now }) =>
            !enabled || (now === undefined && lastRuns.some((run) => run.flow === flow)),
        ),
    );
    return quiet ? true : undefined;
  });

const draft = (change: (settings: RawSite) => void): RawSite => {
  const settings = site.joining(world);
  change(settings);
  return settings;
};

const testErp = (more: { settings?: unknown; secret?: string } = {}): Promise<Tested> =>
  site.ask('hopTest', { target: { kind: 'erp', erp: SAMPLE.erpId }, ...more });
const testCloud = (more: { settings?: unknown; secret?: string } = {}): Promise<Tested> =>
  site.ask('hopTest', { target: { kind: 'cloud', link: SAMPLE.linkId }, ...more });

const ERP = ['resolve', 'connect', 'encryption', 'login', 'database', 'ledger', 'snapshot'];
const until = (failing: string, all = ERP): readonly string[] =>
  all.map((name, index) => {
    const at = all.indexOf(failing);
    return `${name} ${index < at ? 'ok' : index === at ? 'failed' : 'skipped'}`;
  });

describe('the way to the ERP', () => {
  test('is tried with what runs and is stored: every step says what it found', async () => {
    await running();
    const tested = await testErp();
    expect(way(tested)).toEqual(ERP.map((name) => `${name} ok`));
    expect(tested).toMatchObject({ ok: true, problems: [] });
    expect(tested.hops[1]?.address).toBe(`127.0.0.1:${world.server.port}`);
    expect(tested.hops[2]?.detail?.key).toBe('hop.detail.notEncrypted');
    expect(tested.hops[4]?.detail?.params['version']).toMatch(/^\d+\./);
  });

  test('is tried with a draft and a secret that are not stored: encrypted, the certificate named', async () => {
    await running(false);
    const encrypted = draft((settings) =>
      Object.assign(settings.erps[0]!, { encrypt: true, trustServerCertificate: true }),
    );
    const tested = await testErp({ settings: encrypted, secret: SAMPLE.password });
    expect(way(tested)).toEqual(ERP.map((name) => `${name} ok`));
    expect(tested.hops[2]?.detail).toMatchObject({ key: 'hop.detail.certificateUnchecked' });
    expect(tested.hops[2]?.detail?.params['protocol']).toMatch(/^TLS/);
    // Nothing of it stays.
    expect((await site.ask('settingsRead', {})).secrets[0]).toMatchObject({ source: 'none' });
    expect(site.text).not.toContain('"encrypt": true');
  });

  test.each<[string, string, string, (settings: RawSite) => void, string]>([
    [
      'an unknown name',
      'resolve',
      'hop.noName.what',
      (s) => (s.erps[0]!['server'] = 'no-such-host.invalid'),
      '',
    ],
    [
      'a certificate nobody vouches for',
      'encryption',
      'hop.untrustedCertificate.what',
      (s) => (s.erps[0]!['encrypt'] = true),
      '',
    ],
    ['a wrong password', 'login', 'hop.loginRefused.what', () => undefined, 'wrong-canary-7'],
    [
      'an unknown database',
      'database',
      'hop.noDatabase.what',
      (s) => (s.erps[0]!['database'] = 'NoSuchErp'),
      '',
    ],
  ])('%s fails at %s', async (_what, hop, key, change, secret) => {
    await running();
    const tested = await testErp({ settings: draft(change), ...(secret === '' ? {} : { secret }) });
    expect(way(tested)).toEqual(until(hop));
    expect(why(tested)).toBe(key);
    expect(tested.ok).toBe(false);
    expect(tested.hops.find(({ outcome }) => outcome === 'failed')?.failure?.owner).toBe('erp-administrator');
    expect(JSON.stringify(tested)).not.toContain('wrong-canary-7');
  });

  test('without a password the encryption is still looked at, and the secret to enter is named', async () => {
    await running(false);
    const tested = await testErp();
    expect(way(tested)).toEqual(until('login'));
    expect(tested.hops[3]?.failure?.next.params['name']).toBe('erp.main.password');
  });

  test('a closed port, and a port where something else listens', async () => {
    await running();
    const silent = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end('SSH-2.0-not a database\r\n', () => socket.destroy()));
    });
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const other = await testErp({ settings: draft((s) => (s.erps[0]!['port'] = port)) });
    expect(way(other)).toEqual(until('encryption'));
    expect(why(other)).toBe('hop.noSqlServer.what');
    await new Promise((resolve) => silent.close(resolve));
    const closed = await testErp({ settings: draft((s) => (s.erps[0]!['port'] = port)) });
    expect(way(closed)).toEqual(until('connect'));
  });

  test('a server that takes the connection and says nothing is given up in time', async () => {
    site = SettingsSite.joined(world);
    site.signIn();
    const base = systemRuntime();
    // The deadline of the whole test, and nothing else, is shorter here.
    const sleep = (ms: number, signal: AbortSignal): Promise<void> =>
      base.sleep(ms === 10_000 ? 200 : ms, signal);
    await site.start({}, { runtime: { ...base, sleep } });
    const mute = createTcpServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as AddressInfo;
    const tested = await testErp({ settings: draft((s) => (s.erps[0]!['port'] = port)) });
    expect(way(tested)).toEqual(until('encryption'));
    expect(why(tested)).toBe('hop.tooLate.what');
    mute.close();
  });

  test('consistent reading that is switched off is a failed step with the statement to run', async () => {
    await running();
    await world.erp.query(`ALTER DATABASE ${SAMPLE.database} SET ALLOW_SNAPSHOT_ISOLATION OFF`);
    try {
      const tested = await testErp();
      expect(why(tested)).toBe('hop.noSnapshot.what');
      expect(tested.hops.filter(({ outcome }) => outcome === 'ok')).toHaveLength(6);
    } finally {
      await world.erp.query(`ALTER DATABASE ${SAMPLE.database} SET ALLOW_SNAPSHOT_ISOLATION ON`);
    }
  });

  test('writes nothing: where there is no ledger, there is none afterwards', async () => {
    await running();
    const count = async (): Promise<unknown> =>
      (
        await world.erp.query(
          "SELECT COUNT(*) AS n FROM sys.tables WHERE SCHEMA_NAME(schema_id) = N'untouched'",
        )
      )[0];
    const tested = await testErp({
      settings: draft((s) => (s.erps[0]!['ledger'] = { schema: 'untouched' })),
    });
    expect(tested.ok).toBe(true);
    expect(tested.hops[5]?.detail?.key).toBe('hop.detail.ledgerLater');
    expect(await count()).toEqual({ n: 0 });
  });

  test('a part of a draft that does not check is named at its place; the rest of the draft may be unfinished', async () => {
    await running();
    const unfinished = draft((s) => {
      s.links[0]!.cloud = {};
      s.erps.unshift({ id: 'new' });
    });
    expect((await testErp({ settings: unfinished })).ok).toBe(true);
    const wrong = await testErp({ settings: draft((s) => (s.erps[0]!['port'] = 'x')) });
    expect(wrong).toMatchObject({ ok: false, hops: [], problems: [{ path: 'erps[0].port' }] });
    expect(await site.reply('hopTest', { target: { kind: 'erp', erp: 'none' } })).toMatchObject({
      error: { code: 'not-found' },
    });
  });
});

describe('the way to the cloud', () => {
  const CLOUD = ['resolve', 'connect', 'encryption', 'key'];

  test('a key is proven, a wrong one and one of another area are refused', async () => {
    await running();
    expect(way(await testCloud())).toEqual(CLOUD.map((name) => `${name} ok`));
    const wrong = await testCloud({ secret: 'another-key' });
    expect(way(wrong)).toEqual(until('key', CLOUD));
    expect(why(wrong)).toBe('hop.keyRefused.what');
    const area = await testCloud({ settings: draft((s) => (s.links[0]!.cloud['appArea'] = 'ELSEWHERE')) });
    expect(why(area)).toBe('hop.keyRefused.what');
    const path = await testCloud({ settings: draft((s) => (s.links[0]!.cloud['pathPrefix'] = '/wrong')) });
    expect(why(path)).toBe('hop.wrongPath.what');
  });

  test.each([200, 404])(
    'a server that is no such cloud and says %i to everybody is not green',
    async (status) => {
      await running();
      const server = createServer((_request, response) => {
        response.statusCode = status;
        response.end('<html>hello</html>');
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      const tested = await testCloud({
        settings: draft((s) => (s.links[0]!.cloud['baseUrl'] = `http://127.0.0.1:${port}`)),
      });
      server.close();
      expect(why(tested)).toBe('hop.notTheCloud.what');
      expect(tested.ok).toBe(false);
    },
  );

  test.each(['sqs', 'sticky'] as const)(
    'takes nothing: after twenty tests all packets of a %s queue are listed as before',
    async (queue) => {
      await running();
      await untilQuiet();
      const { control } = world.cloud;
      const before = control.setSwitches({});
      control.setSwitches({ queue, visibility: 3_600 });
      try {
        const sent = Array.from({ length: 5 }, () =>
          control.deliver({
            area: site.area,
            user: world.users[0],
            company: SAMPLE.company,
            xml: orderPacket(world).xml,
          }),
        );
        const calls = control.statistics().calls;
        const links = calls.link;
        for (let turn = 0; turn < 20; turn += 1) expect((await testCloud()).ok).toBe(true);
        expect(control.statistics().calls.link).toBe(links + 40);
        expect(control.queueState({ area: site.area })).toMatchObject({
          waiting: sent,
          delivered: [],
          done: [],
        });
        expect(control.syncLog({ area: site.area })).toEqual([]);
        // The list itself agrees: nothing is hidden.
        const list = await fetch(
          `${world.cloudUrl}/mobile/erp/pull/${site.area}?packetType=packet&format=json`,
          { headers: { 'x-api-key': KEY } },
        );
        const listed = (await list.json()) as { id: string }[];
        expect(listed.map(({ id }) => id).sort()).toEqual([...sent].sort());
      } finally {
        control.setSwitches({ queue: before.queue, visibility: before.visibility });
      }
    },
  );
});

describe('mail and webhook', () => {
  test('are tried with a draft and reported step by step', async () => {
    await running();
    const mail = await site.ask('hopTest', {
      target: { kind: 'mail' },
      settings: draft((s) =>
        Object.assign(s, {
          alerts: { mail: { host: '127.0.0.1', port: 9, from: 'a@example.com', to: ['b@example.com'] } },
        }),
      ),
    });
    expect(mail.ok).toBe(false);
    expect(way(mail)[0]).toMatch(/ok$/);
    expect(await site.reply('hopTest', { target: { kind: 'webhook' } })).toMatchObject({
      error: { code: 'not-found' },
    });
    const webhook = await site.ask('hopTest', {
      target: { kind: 'webhook' },
      secret: 'https://127.0.0.1:9/hook/canary-in-the-address',
    });
    expect(webhook.ok).toBe(false);
    expect(JSON.stringify(webhook)).not.toContain('canary-in-the-address');
  });
});
