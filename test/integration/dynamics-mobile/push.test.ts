import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import {
  bodyOf,
  clientWorld,
  failure,
  never,
  SNAPSHOT,
  ticketFor,
  value,
  type ClientWorld,
} from './client-world.ts';

const worlds: ClientWorld[] = [];
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});
async function open(switches: SwitchesPatch = {}): Promise<ClientWorld> {
  const world = await clientWorld(switches);
  worlds.push(world);
  return world;
}
const request = { user: 'anna', packetUniqueId: 'anna-1', size: 100 };

describe('asking for an upload link', () => {
  it('rule 7, rule 20: gives a new link each time and changes nothing on the phone', async () => {
    const world = await open();
    const client = world.client();
    const before = performance.now();
    const first = value(await client.requestUpload(request, never));
    const second = value(await client.requestUpload(request, never));
    expect(first.url).not.toBe(second.url);
    expect(first.syncLogId).not.toBe('');
    expect(first.receivedAt).toBeGreaterThanOrEqual(before);
    expect(world.cloud.control.deviceSnapshot({ area: 'ACME', user: 'anna' })).toBeUndefined();
  });

  it('names with anything in them reach their user', async () => {
    const world = await open();
    const user = 'Žofie N/á';
    value(await world.client().requestUpload({ ...request, user }, never));
    expect(world.cloud.control.syncLog({ area: 'ACME' }).map((entry) => entry.user)).toEqual([user]);
  });

  it.each(['', '.', '..'])('a name that is a step in a path is refused before any call: %j', async (user) => {
    const world = await open();
    expect(failure(await world.client().requestUpload({ ...request, user }, never))).toMatchObject({
      kind: 'rejected',
      code: 'bad-user-name',
    });
    expect(world.sent).toEqual([]);
  });

  it.each([
    [0, 'packet-empty'],
    [100_000_001, 'packet-too-large'],
    [1.5, 'packet-empty'],
  ])('rule 9, rule 60: size %d is refused before any call', async (size, code) => {
    const world = await open();
    expect(failure(await world.client().requestUpload({ ...request, size }, never))).toMatchObject({
      kind: 'rejected',
      code,
    });
    expect(world.sent).toEqual([]);
  });

  it('rule 12: an id that is none is refused before any call', async () => {
    const world = await open();
    for (const packetUniqueId of ['', 'x'.repeat(65), 'a b', 'é'])
      expect(failure(await world.client().requestUpload({ ...request, packetUniqueId }, never)).kind).toBe(
        'rejected',
      );
    expect(world.sent).toEqual([]);
  });

  it('rule 10: an unknown user is that user’s failure, not the area’s', async () => {
    const world = await open();
    expect(failure(await world.client().requestUpload({ ...request, user: 'nobody' }, never))).toMatchObject({
      kind: 'rejected',
      code: 'unknown-user',
    });
  });

  it.each([400, 422])('status %i is a refusal of this packet, not of the area', async (status) => {
    const world = await open();
    world.cloud.control.faults([{ on: 'pushLink', kind: 'status', status, times: 1 }]);
    expect(failure(await world.client().requestUpload(request, never))).toMatchObject({
      kind: 'rejected',
      code: `http-${status}`,
    });
  });

  it('rule 11: success false is a refusal, whatever the status', async () => {
    const world = await open({ successFalse: true });
    expect(failure(await world.client().requestUpload(request, never))).toMatchObject({
      kind: 'rejected',
      code: 'push-refused',
    });
  });

  it('rule 9: a cloud with a smaller limit says 413', async () => {
    const world = await open({ maxBytes: 50 });
    expect(failure(await world.client().requestUpload(request, never))).toMatchObject({
      kind: 'rejected',
      code: 'packet-too-large',
    });
  });

  it('rule 2, rule 4, rule 5: key, throttle, outage, page', async () => {
    const world = await open();
    expect(failure(await world.client({}, 'wrong').requestUpload(request, never)).kind).toBe('unauthorized');
    world.cloud.control.faults([
      { on: 'pushLink', kind: 'status', status: 429, times: 1 },
      { on: 'pushLink', kind: 'status', status: 502, times: 1 },
      { on: 'pushLink', kind: 'cut', times: 1 },
      { on: 'pushLink', kind: 'html', times: 1 },
    ]);
    const kinds = [];
    for (let i = 0; i < 4; i += 1)
      kinds.push(failure(await world.client().requestUpload(request, never)).kind);
    expect(kinds).toEqual(['throttled', 'unreachable', 'unreachable', 'invalid-response']);
  });
});

describe('uploading', () => {
  it('rule 6, rule 15, rule 16, rule 17: with exact length and type and without the key is accepted', async () => {
    const world = await open({ signedType: true, strictSize: true, strictLinks: true });
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    value(await client.upload(ticket, bodyOf(SNAPSHOT), never));
    await world.cloud.control.settled();
    expect(world.cloud.control.deviceSnapshot({ area: 'ACME', user: 'anna' })).toMatchObject({
      syncLogId: ticket.syncLogId,
      packetUniqueId: 'p-1',
    });
    expect(world.sent.at(-1)?.headers).not.toHaveProperty('x-api-key');
  });

  it('rule 19: a second upload to a live link is taken', async () => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    value(await client.upload(ticket, bodyOf(SNAPSHOT), never));
    value(await client.upload(ticket, bodyOf(SNAPSHOT), never));
  });

  it('rule 13: an old link is link-expired', async () => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    world.cloud.control.advance(901_000);
    expect(failure(await client.upload(ticket, bodyOf(SNAPSHOT), never))).toMatchObject({
      kind: 'rejected',
      code: 'link-expired',
    });
  });

  it.each([400, 411, 413])('status %i is a refusal of this packet', async (status) => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    world.cloud.control.faults([{ on: 'upload', kind: 'status', status, times: 1 }]);
    expect(failure(await client.upload(ticket, bodyOf(SNAPSHOT), never))).toMatchObject({
      kind: 'rejected',
      code: `http-${status}`,
    });
  });

  it.each([401, 403])('status %i asks for a fresh link: it says nothing against the key', async (status) => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    world.cloud.control.faults([{ on: 'upload', kind: 'status', status, times: 1 }]);
    expect(failure(await client.upload(ticket, bodyOf(SNAPSHOT), never))).toMatchObject({
      kind: 'rejected',
      code: 'link-expired',
    });
  });

  it.each([302, 307])('status %i is followed nowhere, and is no success', async (status) => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    world.cloud.control.faults([{ on: 'upload', kind: 'status', status, times: 1 }]);
    expect(failure(await client.upload(ticket, bodyOf(SNAPSHOT), never)).kind).toBe('invalid-response');
  });

  it('an answer in the middle of the body: the socket is gone before anybody may try again', async () => {
    const sockets: Promise<unknown>[] = [];
    // Answers at once, reads nothing more and keeps the connection.
    const server = createServer((request, response) => {
      request.pause();
      response.writeHead(503).end();
    });
    server.on('connection', (socket) => {
      socket.on('error', () => undefined);
      sockets.push(once(socket, 'close'));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    try {
      const world = await open();
      const client = world.client();
      const ticket = { ...(await ticketFor(client, SNAPSHOT)), url: `http://127.0.0.1:${port}/up?sig=1` };
      let taken = 0;
      let ended = false;
      const piece = Buffer.alloc(1_000_000, 'x');
      const body = {
        size: 90_000_000,
        // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
        open: async function* () {
          try {
            for (; taken < 90; taken += 1) yield piece;
          } finally {
            ended = true;
          }
        },
      };
      expect(failure(await client.upload(ticket, body, never)).kind).toBe('unknown-outcome');
      expect(ended).toBe(true);
      expect(taken).toBeLessThan(90);
      expect(sockets).toHaveLength(1);
      await Promise.all(sockets);
    } finally {
      server.close();
    }
  });

  it('rule 5: 500, a cut, a lost answer: nobody knows', async () => {
    const world = await open();
    const client = world.client();
    const faults = [
      { on: 'upload', kind: 'status', status: 500, times: 1 },
      { on: 'upload', kind: 'cut', times: 1 },
      { on: 'upload', kind: 'lost-answer', times: 1 },
    ] as const;
    for (const fault of faults) {
      const ticket = await ticketFor(client, SNAPSHOT);
      world.cloud.control.faults([fault]);
      expect(failure(await client.upload(ticket, bodyOf(SNAPSHOT), never))).toMatchObject({
        kind: 'unknown-outcome',
      });
    }
    await world.cloud.control.settled();
    // The last of them arrived all the same.
    expect(world.cloud.control.deviceSnapshot({ area: 'ACME', user: 'anna' })).toBeDefined();
  });

  it('nobody listens: nothing left', async () => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    const gone = { ...ticket, url: 'http://127.0.0.1:1/upload?sig=1' };
    expect(failure(await client.upload(gone, bodyOf(SNAPSHOT), never)).kind).toBe('unreachable');
  });

  it('cancelled before a byte left is cancelled, after it nobody knows', async () => {
    const world = await open();
    const client = world.client();
    const ticket = await ticketFor(client, SNAPSHOT);
    expect(failure(await client.upload(ticket, bodyOf(SNAPSHOT), AbortSignal.abort())).kind).toBe(
      'cancelled',
    );
    const abort = new AbortController();
    const body = {
      size: 10,
      open: async function* () {
        yield Buffer.from('<');
        abort.abort();
        await new Promise((resolve) => setImmediate(resolve));
      },
    };
    expect(failure(await client.upload(ticket, body, abort.signal)).kind).toBe('unknown-outcome');
  });

  it('rule 60: 99,999,999 bytes go up in bounded memory', async () => {
    const world = await open({ strictModel: false });
    const client = world.client();
    const size = 99_999_999;
    const head = SNAPSHOT.replace('</NavMobileSync>', '<!--');
    const tail = '--></NavMobileSync>';
    const filler = size - Buffer.byteLength(head) - tail.length;
    const piece = Buffer.alloc(65_536, 'x');
    let peak = 0;
    const ticket = value(await client.requestUpload({ user: 'anna', packetUniqueId: 'big', size }, never));
    const held = process.memoryUsage().heapUsed;
    const result = await client.upload(
      ticket,
      {
        size,
        // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
        open: async function* () {
          yield Buffer.from(head);
          for (let left = filler; left > 0; left -= piece.length) {
            yield piece.subarray(0, Math.min(left, piece.length));
            peak = Math.max(peak, process.memoryUsage().heapUsed - held);
          }
          yield Buffer.from(tail);
        },
      },
      never,
    );
    value(result);
    // The simulator of this process keeps the bytes outside of the heap; what grows here would be the client's.
    expect(peak).toBeLessThan(80 * 1024 * 1024);
  });
});
