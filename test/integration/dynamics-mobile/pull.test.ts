import { afterEach, describe, expect, it } from 'vitest';
import { composePart } from '../../../main/core/packets/codec/compose-part.ts';
import type { ListedEntry, PacketListing } from '../../../main/core/packets/packet-cloud.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import {
  bytesOf,
  clientWorld,
  failure,
  never,
  ORDER,
  value,
  WALL,
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

const listOf = async (world: ClientWorld, format: 'xml' | 'json' = 'xml'): Promise<PacketListing> =>
  value(await world.client({ listFormat: format }).list('packet', never));

const only = (listing: PacketListing): ListedEntry => {
  const [entry] = listing.entries;
  if (entry === undefined) throw new Error('nothing is listed');
  return entry;
};

async function streamFailure(world: ClientWorld, entry: ListedEntry): Promise<SyncFailure> {
  try {
    await bytesOf(world.client(), entry);
  } catch (error) {
    if (error instanceof BodyStreamError) return error.failure;
    throw error;
  }
  throw new Error('the body came whole');
}

describe.each(['sticky', 'sqs'] as const)('lists of a %s queue', (queue) => {
  it.each(['xml', 'json'] as const)(
    'rule 31, rule 35: at most ten entries as %s, with raw text of each byte for byte',
    async (format) => {
      const world = await open({ queue });
      const ids = Array.from({ length: 12 }, () => world.deliver(ORDER, 'Žofie N/á'));
      const listing = await listOf(world, format);
      expect(listing.entries).toHaveLength(10);
      for (const entry of listing.entries) {
        expect(ids).toContain(entry.id);
        expect(entry.user).toBe('Žofie N/á');
        expect(entry.company).toBe('ACME_LIVE');
        expect(entry.kind).toBe('data');
        expect(entry.receiptHandle.length).toBeGreaterThan(100);
        expect(listing.raw).toContain(entry.raw);
        expect(entry.raw).toMatch(format === 'xml' ? /^<message>[^]*<\/message>$/ : /^\{[^]*\}$/);
      }
      expect(new Set(listing.entries.map((entry) => entry.raw)).size).toBe(10);
    },
  );

  it.each(['xml', 'json'] as const)(
    'rule 47: reporting a whole %s list removes exactly its entries',
    async (format) => {
      const world = await open({ queue, strictEntries: true });
      for (let i = 0; i < 12; i += 1) world.deliver();
      const listing = await listOf(world, format);
      expect(value(await world.client().reportDone(listing, never))).toBeUndefined();
      const { done } = world.cloud.control.queueState({ area: 'ACME' });
      expect(done.toSorted()).toEqual(listing.entries.map((entry) => entry.id).toSorted());
      expect((await listOf(world, format)).entries).toHaveLength(2);
    },
  );

  it.each(['xml', 'json'] as const)(
    'rule 49: a part of a %s list, composed of raw entries',
    async (format) => {
      const world = await open({ queue, strictEntries: true });
      for (let i = 0; i < 5; i += 1) world.deliver();
      const listing = await listOf(world, format);
      const part = listing.entries.slice(1, 4);
      const raw = composePart(format, part);
      value(await world.client().reportDone({ queue: 'packet', format, raw }, never));
      expect(world.cloud.control.queueState({ area: 'ACME' }).done.toSorted()).toEqual(
        part.map((entry) => entry.id).toSorted(),
      );
    },
  );
});

describe('lists', () => {
  it.each(['normal', 'no-body', '204'] as const)(
    'rule 36: an empty queue as %s is an empty list',
    async (emptyBody) => {
      const world = await open({ emptyBody });
      for (const format of ['xml', 'json'] as const) {
        const listing = await listOf(world, format);
        expect(listing.entries).toEqual([]);
        expect((await world.client().reportDone(listing, never)).ok).toBe(true);
      }
    },
  );

  it('rule 33: packets and files are asked for apart', async () => {
    const world = await open();
    const packet = world.deliver();
    const file = world.cloud.control.deliver({
      area: 'ACME',
      user: 'anna',
      company: 'ACME_LIVE',
      packetType: 'file',
      bytes: new Uint8Array([0xff, 0xd8, 0xff, 0, 1]),
    });
    const client = world.client();
    expect(value(await client.list('packet', never)).entries.map((entry) => entry.id)).toEqual([packet]);
    const files = value(await client.list('file', never));
    expect(files.entries.map((entry) => [entry.id, entry.kind])).toEqual([[file, 'image']]);
    const parts: Uint8Array[] = [];
    for await (const chunk of value(await client.download(only(files), never))) parts.push(chunk);
    expect(Buffer.concat(parts)).toEqual(Buffer.from([0xff, 0xd8, 0xff, 0, 1]));
    value(await client.reportDone(files, never));
    expect(world.cloud.control.queueState({ area: 'ACME', packetType: 'file' }).done).toEqual([file]);
  });

  it('rule 2: a wrong key, no key, a key of another area: unauthorized, and nothing is taken', async () => {
    const world = await open();
    world.deliver();
    for (const key of ['wrong', '', 'other-key', 'línea\n'])
      expect(failure(await world.client({}, key).list('packet', never))).toMatchObject({
        kind: 'unauthorized',
      });
    expect(world.cloud.control.queueState({ area: 'ACME' }).delivered).toEqual([]);
  });

  it('rule 1, rule 3: the other prefix works where the cloud has it, else says so', async () => {
    const world = await open({ legacyPrefix: true });
    expect((await world.client({ pathPrefix: '/erp' }).list('packet', never)).ok).toBe(true);
    world.cloud.control.setSwitches({ legacyPrefix: false });
    expect(failure(await world.client({ pathPrefix: '/erp' }).list('packet', never))).toMatchObject({
      kind: 'unauthorized',
      cause: expect.stringContaining('Missing Authentication Token') as string,
    });
    world.cloud.control.setSwitches({ unknownRoute: 404 });
    expect(failure(await world.client({ pathPrefix: '/erp' }).list('packet', never))).toMatchObject({
      kind: 'rejected',
      code: 'http-404',
    });
  });

  it('rule 4, rule 38: too many calls: throttled, with the time the cloud names', async () => {
    const world = await open();
    world.cloud.control.faults([
      { on: 'list', kind: 'status', status: 429, retryAfterSeconds: 90, times: 1 },
    ]);
    expect(failure(await world.client().list('packet', never))).toEqual({
      kind: 'throttled',
      endpoint: `cloud:${new URL(world.url).host}`,
      retryAt: WALL + 90_000,
    });
    world.cloud.control.setSwitches({ minPoll: 60 });
    value(await world.client().list('packet', never));
    expect(failure(await world.client().list('packet', never)).kind).toBe('throttled');
  });

  it.each([500, 502, 503, 504])('rule 5: status %i is unreachable', async (status) => {
    const world = await open();
    world.cloud.control.faults([{ on: 'any', kind: 'status', status, times: 1 }]);
    expect(failure(await world.client().list('packet', never))).toMatchObject({ kind: 'unreachable' });
  });

  it.each(['xml', 'json'] as const)(
    'rule 5: a page instead of the %s list is invalid, a cut one too',
    async (listFormat) => {
      const world = await open();
      world.deliver();
      const client = world.client({ listFormat });
      world.cloud.control.faults([
        { on: 'list', kind: 'html', times: 1 },
        { on: 'list', kind: 'half', times: 1 },
        { on: 'list', kind: 'wrong-length', times: 1 },
        { on: 'list', kind: 'cut', times: 1 },
      ]);
      const kinds = [];
      for (let i = 0; i < 4; i += 1) kinds.push(failure(await client.list('packet', never)).kind);
      expect(kinds).toEqual(['invalid-response', 'invalid-response', 'invalid-response', 'unreachable']);
      expect(world.cloud.control.queueState({ area: 'ACME' }).done).toEqual([]);
    },
  );
});

describe('downloads', () => {
  it.each(['object', 'string', 'text'] as const)(
    'rule 39, rule 40: a link as %s leads to the body',
    async (linkShape) => {
      const world = await open({ linkShape });
      world.deliver(ORDER, 'Žofie N/á');
      expect(await bytesOf(world.client(), only(await listOf(world)))).toBe(ORDER);
    },
  );

  it('rule 43: a list in JSON leads to the XML body', async () => {
    const world = await open();
    world.deliver();
    const entry = only(await listOf(world, 'json'));
    expect(entry.path).toContain('/json/');
    expect(await bytesOf(world.client(), entry)).toBe(ORDER);
  });

  it('rule 6: the key goes to the gateway only', async () => {
    const world = await open({ strictLinks: true });
    world.deliver();
    await bytesOf(world.client(), only(await listOf(world)));
    const withKey = world.sent.filter((one) => 'x-api-key' in one.headers);
    expect(withKey).toHaveLength(2);
    expect(withKey.every((one) => new URL(one.url).pathname.startsWith('/mobile/erp/'))).toBe(true);
    expect(world.sent).toHaveLength(3);
  });

  it('rule 41: a path with dots or of another area never leads anywhere', async () => {
    const world = await open();
    world.deliver();
    const entry = only(await listOf(world));
    for (const path of ['../secret', entry.path.replace('/ACME/', '/OTHER/'), `${entry.path}x`])
      expect((await world.client().download({ ...entry, path }, never)).ok, path).toBe(false);
  });

  it('rule 42: an expired link is asked for anew once', async () => {
    const world = await open();
    world.deliver();
    const entry = only(await listOf(world));
    world.cloud.control.faults([{ on: 'download', kind: 'expired', times: 1 }]);
    expect(await bytesOf(world.client(), entry)).toBe(ORDER);
    world.cloud.control.faults([{ on: 'download', kind: 'expired', times: 2 }]);
    expect(failure(await world.client().download(entry, never))).toMatchObject({ kind: 'unreachable' });
  });

  it.each(['link', 'download'] as const)('a body that is gone (%s) is body-gone', async (at) => {
    const world = await open();
    const id = world.deliver();
    const entry = only(await listOf(world));
    world.cloud.control.vanishBody({ area: 'ACME', id, at });
    expect(failure(await world.client().download(entry, never))).toMatchObject({
      kind: 'rejected',
      code: 'body-gone',
    });
  });

  it.each(['half', 'wrong-length'] as const)(
    'rule 46: a body with a %s fault never ends well',
    async (kind) => {
      const world = await open();
      world.deliver();
      const entry = only(await listOf(world));
      for (const off of kind === 'half' ? [17] : [17, -17]) {
        world.cloud.control.faults([{ on: 'download', kind, off, times: 1 }]);
        expect(await streamFailure(world, entry), String(off)).toMatchObject({ kind: 'invalid-response' });
      }
    },
  );

  it('rule 46, rule 5: a page instead of a body, a JSON error, an empty body, a cut one', async () => {
    const world = await open();
    const id = world.deliver();
    const entry = only(await listOf(world));
    world.cloud.control.faults([{ on: 'download', kind: 'html', times: 1 }]);
    expect(await streamFailure(world, entry)).toMatchObject({ kind: 'invalid-response' });
    for (const xml of ['{"message":"later"}', '', ORDER.slice(0, -3)]) {
      world.cloud.control.postRaw({ area: 'ACME', id, xml });
      expect(await streamFailure(world, entry), xml).toMatchObject({ kind: 'invalid-response' });
    }
    for (const xml of ['<NavMobileSync><a></b></NavMobileSync>', '<!DOCTYPE x><NavMobileSync/>']) {
      world.cloud.control.postRaw({ area: 'ACME', id, xml });
      expect(await bytesOf(world.client(), entry)).toBe(xml);
    }
  });

  it('a body over the limit is refused, declared or not', async () => {
    const world = await open();
    world.deliver(`<NavMobileSync>${' '.repeat(1_000_001)}</NavMobileSync>`);
    const entry = only(await listOf(world));
    expect(failure(await world.client().download(entry, never))).toMatchObject({
      kind: 'rejected',
      code: 'body-too-large',
    });
  });

  it('a link to a host that is not allowed is not followed', async () => {
    const world = await open();
    world.deliver();
    const entry = only(await listOf(world));
    const before = world.sent.length;
    const client = world.client({ linkHosts: ['files.example'] });
    expect(failure(await client.download(entry, never))).toMatchObject({ kind: 'invalid-response' });
    expect(world.sent).toHaveLength(before + 1);
    const allowing = world.client({ linkHosts: [new URL(world.url).host] });
    expect(await bytesOf(allowing, entry)).toBe(ORDER);
  });
});

describe('reporting done', () => {
  it('rule 50, rule 52: again, and after an answer that was lost, does no harm', async () => {
    const world = await open();
    const id = world.deliver();
    const listing = await listOf(world);
    world.cloud.control.faults([{ on: 'done', kind: 'lost-answer', times: 1 }]);
    expect(failure(await world.client().reportDone(listing, never)).kind).toBe('unreachable');
    value(await world.client().reportDone(listing, never));
    value(await world.client().reportDone(listing, never));
    expect(world.cloud.control.queueState({ area: 'ACME' }).done).toEqual([id]);
  });

  it('rule 49: a part where only whole lists are taken is refused', async () => {
    const world = await open({ wholeListOnly: true });
    world.deliver();
    world.deliver();
    const { entries } = await listOf(world);
    const raw = composePart('xml', entries.slice(0, 1));
    expect(
      failure(await world.client().reportDone({ queue: 'packet', format: 'xml', raw }, never)),
    ).toMatchObject({
      kind: 'rejected',
      code: 'http-400',
    });
  });

  it('rule 51: the type and format of the list go along', async () => {
    const world = await open();
    world.deliver();
    value(await world.client().reportDone(await listOf(world, 'json'), never));
    expect(world.sent.at(-1)).toMatchObject({
      method: 'POST',
      url: `${world.url}/mobile/erp/pull/ACME/done?packetType=packet&format=json`,
      headers: { 'content-type': 'application/json' },
    });
  });
});
