import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { AlertChannel } from '../../../main/core/alerts/alert-channel.ts';
import { StoreError } from '../../../main/core/queue/store-error.ts';
import { ok } from '../../../shared/model/result.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { erpAway, fine, HOUR, link, MINUTE, run, SECOND, status, T } from '../../unit/alerts/sample.ts';
import { alertingBench, alertSettings, mailChannel, webhookChannel } from './alerting-bench.ts';
import { certificateFor, mailServer, type Certificate } from './mail-server.ts';

let certificate: Certificate;
beforeAll(async () => {
  certificate = await certificateFor('localhost', '127.0.0.1');
});

const well = status([link('a'), link('b')]);
const outage = status([
  link('a', {
    lights: { erp: erpAway(T), cloud: fine },
    pendingIn: { count: 3, oldest: T - HOUR },
    pendingOut: { count: 2, oldest: T - HOUR },
    lastRuns: [run('failed', { kind: 'defect', message: 'm' }, { flow: 'push' })],
  }),
  link('b', { lights: { erp: erpAway(T), cloud: fine } }),
]);
const parked = status([link('a', { parked: 2 })]);

/** A channel that takes everything. */
function double(name: AlertChannel['name'] = 'webhook'): AlertChannel & { readonly sent: string[] } {
  const sent: string[] = [];
  return {
    name,
    tells: name === 'mail' ? ['raised'] : ['raised', 'ended'],
    sent,
    send: async ({ code, state, key }) => {
      sent.push(`${code} ${state} ${key.split('-').slice(2).join('-')}`);
      return ok(undefined);
    },
  };
}

async function receiver(answers: readonly number[] = []): Promise<{
  readonly url: string;
  readonly bodies: Record<string, unknown>[];
  received(count: number): Promise<void>;
}> {
  const bodies: Record<string, unknown>[] = [];
  let waiting: { count: number; resolve: () => void }[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (part: string) => (text += part));
    request.on('end', () => {
      bodies.push({
        ...(JSON.parse(text) as object),
        type: request.headers['content-type'],
        path: request.url,
      });
      response.writeHead(answers[bodies.length - 1] ?? 204).end();
      for (const one of waiting) if (bodies.length >= one.count) one.resolve();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => {
    server.close();
  });
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/hook/SECRET-KEY`,
    bodies,
    received: (count) =>
      bodies.length >= count
        ? Promise.resolve()
        : new Promise((resolve) => (waiting = [...waiting, { count, resolve }])),
  };
}

/** The lines of a message's text, without the breaks its encoding puts in. */
const textOf = (raw: string): readonly string[] =>
  raw
    .slice(raw.indexOf('\r\n\r\n') + 4)
    .replaceAll('=\r\n', '')
    .trimEnd()
    .split('\r\n');

describe('mail to people', () => {
  test('an ERP outage with three consequences is one mail, and its end brings none', async () => {
    const server = await mailServer(certificate);
    const bench = alertingBench(temporaryFolder(), [mailChannel(server.port, certificate)], {
      status: outage,
    });
    await bench.runtime.advance(59 * SECOND);
    expect(bench.alerting.active()).toEqual([]);
    await bench.runtime.advance(10 * SECOND);
    const [mail] = await server.received(1);
    await bench.logged('warning told');
    await bench.runtime.advance(HOUR);
    expect(bench.alerting.active()).toMatchObject([
      {
        code: 'erp-unreachable',
        toast: true,
        consequences: [
          { key: 'alert.orders-late.title' },
          { key: 'alert.snapshots-late.title' },
          { key: 'alert.run-failed.push.title' },
        ],
      },
    ]);
    bench.show(well);
    await bench.runtime.advance(HOUR);
    await bench.stop();
    expect(server.mails).toHaveLength(1);
    expect(textOf(mail!.raw)).toEqual([
      'Orders are waiting: the ERP database does not answer',
      '',
      'ERP database main, since 10:00 (the connection was refused). Nothing is lost: orders are kept here and go on by themselves.',
      '',
      'What follows from it:',
      '- Orders of a are late: 3 packets wait for the ERP',
      '- Phones of a work with old data: 2 snapshots wait',
      '- Phones may work with old data: sending snapshots of a failed',
      '',
      'Who acts: ERP administrator',
      'Next step: Check that SQL Server runs and this computer reaches it. Nothing is lost; it is tried again by itself.',
      '',
      'Site: Acme HQ',
    ]);
    expect(bench.alerting.list({ ended: false, limit: 10 })).toEqual([]);
    expect(bench.alerting.list({ ended: true, limit: 10 })).toMatchObject([{ endedAt: expect.any(Number) }]);
  });

  test('a server that is away is visible after a quarter of an hour, and met again when it is back', async () => {
    const gone = await mailServer(certificate);
    await gone.stop();
    const bench = alertingBench(temporaryFolder(), [mailChannel(gone.port, certificate)], { status: parked });
    await bench.logged('a warning could not be sent');
    expect(bench.alerting.notices()).toEqual([]);
    for (let tries = 2; bench.runtime.wall() < T + 16 * MINUTE; tries += 1) {
      await bench.runtime.advance(8 * MINUTE + 30 * SECOND);
      await bench.logged('a warning could not be sent', tries);
    }
    expect(bench.alerting.notices()).toMatchObject([
      {
        what: {
          key: 'site.mailFailing.what',
          params: { since: T, cause: expect.stringContaining('ECONNREFUSED') },
        },
      },
    ]);
    const back = await mailServer(certificate, { port: gone.port });
    bench.alerting.retry();
    await back.received(1);
    await bench.logged('a warning was sent');
    await bench.stop();
    expect(bench.alerting.notices()).toEqual([]);
    expect(bench.store.loadAlerts(0).deliveries).toEqual([]);
  });

  test('what ended while its mail waited says so', async () => {
    const gone = await mailServer(certificate);
    await gone.stop();
    const bench = alertingBench(temporaryFolder(), [mailChannel(gone.port, certificate)], { status: parked });
    await bench.logged('a warning could not be sent');
    bench.show(well);
    await bench.runtime.advance(10 * SECOND);
    const back = await mailServer(certificate, { port: gone.port });
    bench.alerting.retry();
    const [mail] = await back.received(1);
    expect(mail!.raw).toContain('It ended at 10:00.');
    expect(mail!.raw).not.toContain('Next step');
  });

  test('a wrong password and a server that takes no breath hold nothing up', async () => {
    const server = await mailServer(certificate);
    const { promise: met, resolve } = Promise.withResolvers<void>();
    const silent = net.createServer((socket) => {
      socket.on('error', () => undefined);
      resolve();
    });
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', () => done()));
    onTestFinished(() => {
      silent.close();
    });
    const refused = alertingBench(temporaryFolder(), [mailChannel(server.port, certificate, 'wrong')], {
      status: parked,
    });
    await refused.logged('a warning could not be sent');
    expect(JSON.stringify(refused.log)).toContain('535');
    expect(JSON.stringify(refused.log)).not.toContain('wrong');

    const hook = double();
    const { port } = silent.address() as AddressInfo;
    const half = alertingBench(temporaryFolder(), [mailChannel(port, certificate), hook], { status: parked });
    await met;
    half.show(outage);
    await half.runtime.advance(2 * MINUTE);
    expect(hook.sent).toEqual([
      'items-parked raised 1-2',
      'items-parked ended 1-3',
      'erp-unreachable raised 2-5',
    ]);
    expect(half.alerting.active()).toHaveLength(1);
  });
});

describe('starts and kills', () => {
  test('killed between sending and noting: one mail more, the same message, never one less', async () => {
    const server = await mailServer(certificate);
    const folder = temporaryFolder();
    const dying = alertingBench(folder, [mailChannel(server.port, certificate)], {
      status: parked,
      // From the moment the mail is out nothing reaches the disk any more.
      between: (store) => ({
        ...store,
        saveAlerts: (changes) => {
          if (changes.deliveries.some((one) => one.outcome === 'sent')) throw new StoreError('io', 'gone');
          store.saveAlerts(changes);
        },
      }),
    });
    await server.received(1);
    await dying.logged('warnings cannot be stored');
    // The same start knows what it sent.
    await dying.runtime.advance(2 * HOUR);
    await dying.stop();
    expect(server.mails).toHaveLength(1);

    const next = alertingBench(folder, [mailChannel(server.port, certificate)], {
      status: parked,
      store: dying.store,
      runtime: dying.runtime,
    });
    await server.received(2);
    await next.logged('a warning was sent');
    await next.runtime.advance(2 * HOUR);
    await next.stop();
    const ids = server.mails.map((mail) => /^Message-ID: (.*)$/m.exec(mail.raw)?.[1]);
    expect(ids).toEqual([ids[0], ids[0]]);
    expect(next.store.loadAlerts(0).deliveries).toEqual([]);
  });

  test('a start goes on where the last one was: what was owed goes out, what was told does not', async () => {
    const folder = temporaryFolder();
    const first = double();
    const before = alertingBench(folder, [first], { status: parked });
    await before.runtime.advance(10 * SECOND);
    before.show(status([...outage.links, ...parked.links].slice(1)));
    await before.stop();
    expect(first.sent).toEqual(['items-parked raised 1-1']);
    const second = double();
    const after = alertingBench(folder, [second], {
      status: parked,
      store: before.store,
      runtime: before.runtime,
    });
    await after.runtime.advance(HOUR);
    expect(second.sent).toEqual([]);
    after.show(well);
    await after.runtime.advance(10 * SECOND);
    expect(second.sent).toEqual(['items-parked ended 1-2']);
  });

  test('a disk that takes nothing is told of all the same, and kept when it takes something again', async () => {
    const hook = double();
    const full = status([link('a')], {
      notices: [
        {
          owner: 'erp-administrator',
          what: { key: 'failure.disk.what', params: { cause: 'the disk is full' } },
          next: { key: 'failure.disk.next', params: {} },
        },
      ],
    });
    const bench = alertingBench(temporaryFolder(), [hook], { status: well });
    await bench.runtime.advance(SECOND);
    bench.runtime.inject('disk.full', 1_000);
    bench.show(full);
    await bench.runtime.advance(2 * MINUTE);
    expect(hook.sent).toEqual(['disk-refuses raised 1-1']);
    expect(bench.store.loadAlerts(0).alerts).toEqual([]);
    expect(bench.log.filter((one) => one.event === 'warnings cannot be stored')).toHaveLength(1);
    bench.runtime.inject('disk.full', -10_000);
    await bench.runtime.advance(10 * SECOND);
    expect(bench.store.loadAlerts(0).alerts).toHaveLength(1);
    expect(hook.sent).toHaveLength(1);
  });
});

describe('quiet, seen, switched off', () => {
  test('quiet hours: nothing goes out in them, what lasts goes out at their end', async () => {
    const hook = double();
    const bench = alertingBench(temporaryFolder(), [hook], {
      status: parked,
      // 21:59 in Sofia.
      start: T + 12 * HOUR - MINUTE,
      settings: alertSettings({ quietHours: { from: '22:00', to: '06:00' } }),
    });
    await bench.runtime.advance(10 * SECOND);
    expect(hook.sent).toEqual(['items-parked raised 1-1']);
    await bench.runtime.advance(MINUTE);
    bench.show(outage);
    await bench.runtime.advance(7 * HOUR);
    expect(hook.sent).toHaveLength(1);
    expect(bench.alerting.active()).toMatchObject([{ code: 'erp-unreachable', toast: false }]);
    await bench.runtime.advance(HOUR + 2 * MINUTE);
    expect(hook.sent.slice(1)).toEqual(['items-parked ended 1-2', 'erp-unreachable raised 2-3']);
    expect(bench.alerting.active()).toMatchObject([{ toast: true }]);
    await bench.runtime.advance(5 * HOUR);
    expect(hook.sent).toHaveLength(3);
  });

  test('what waits to be sent is dropped when somebody has seen it', async () => {
    const gone = await mailServer(certificate);
    await gone.stop();
    const bench = alertingBench(temporaryFolder(), [mailChannel(gone.port, certificate)], { status: parked });
    await bench.logged('a warning could not be sent');
    const [alert] = bench.alerting.active();
    const seen = bench.alerting.acknowledge(alert!.id);
    expect(seen).toMatchObject({ acknowledgedAt: bench.runtime.wall(), toast: false });
    expect(bench.alerting.acknowledge(alert!.id)).toEqual(seen);
    expect(bench.alerting.acknowledge(99)).toBeUndefined();
    expect(bench.store.loadAlerts(0).deliveries).toEqual([]);
    expect(bench.alerting.active()).toMatchObject([{ id: alert!.id, toast: false }]);
    const back = await mailServer(certificate, { port: gone.port });
    await bench.runtime.advance(HOUR);
    await bench.stop();
    expect(back.mails).toEqual([]);
  });

  test('a kind that is switched off before a start is not told by it', async () => {
    const gone = await mailServer(certificate);
    await gone.stop();
    const folder = temporaryFolder();
    const before = alertingBench(folder, [mailChannel(gone.port, certificate)], { status: parked });
    await before.logged('a warning could not be sent');
    await before.stop();
    const mail = double('mail');
    const after = alertingBench(folder, [mail], {
      status: parked,
      settings: alertSettings({ off: ['items-parked'] }),
      store: before.store,
      runtime: before.runtime,
    });
    await after.runtime.advance(HOUR);
    expect(mail.sent).toEqual([]);
    expect(after.alerting.active()).toMatchObject([{ code: 'items-parked', toast: false }]);
  });
});

describe('webhook', () => {
  test('is posted that it is there and that it is over; anything but a 2xx is tried again', async () => {
    const hook = await receiver([500, 302]);
    const bench = alertingBench(temporaryFolder(), [webhookChannel(hook.url)], { status: parked });
    await hook.received(1);
    await bench.logged('a warning could not be sent', 1);
    await bench.runtime.advance(40 * SECOND);
    await bench.logged('a warning could not be sent', 2);
    await bench.runtime.advance(80 * SECOND);
    await hook.received(3);
    bench.show(well);
    await bench.runtime.advance(10 * SECOND);
    await hook.received(4);
    expect(hook.bodies.map((one) => one['state'])).toEqual(['raised', 'raised', 'raised', 'ended']);
    expect(hook.bodies[2]).toEqual({
      title: '2 items of a need a person',
      body: 'Seen at 10:00. Nothing is lost: the data is kept here and other work goes on.',
      severity: 'warning',
      code: 'items-parked',
      about: 'link:a',
      since: new Date(T).toISOString(),
      site: 'Acme HQ',
      state: 'raised',
      id: expect.stringMatching(/^ferry-\w+-1-1$/),
      type: 'application/json',
      path: '/hook/SECRET-KEY',
    });
    expect(JSON.stringify(bench.log)).not.toContain('SECRET-KEY');
  });
});
