import { fc, test as property } from '@fast-check/vitest';
import { expect, test } from 'vitest';
import { startTdsServer } from '../../../main/sandbox/tds/server.ts';
import type { SqlEvent } from '../../../main/sandbox/tsql/face.ts';
import { INT, ScriptedEngine, column, result } from '../../unit/tds/scripted-engine.ts';
import { HEADERS, RawClient, batch, login, packet, prelogin } from './raw-client.ts';

const engineOf = () =>
  new ScriptedEngine(async function* ({ request }): AsyncIterable<SqlEvent> {
    if (request.kind === 'transaction') {
      yield { kind: 'transaction', change: 'begin', id: 9n };
      return;
    }
    if (request.kind === 'bulk') for await (const _ of request.rows);
    yield* result([column('n', INT)], [[1]]);
  });

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const u16 = (value: number) => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const rpc = (rest: string) => Buffer.concat([HEADERS, hex('0100 7000 0000'), hex(rest)]);
const lying = (change: (message: Buffer) => void) => {
  const message = login();
  change(message);
  return message;
};

/** After any attack: the attacker is gone, and everybody else is served. */
async function survives(attack: (port: number) => Promise<void>): Promise<void> {
  const engine = engineOf();
  const server = await startTdsServer({ engine });
  try {
    await attack(server.port);
    const client = await RawClient.loggedIn(server.port);
    client.send(0x01, batch('SELECT 1'));
    expect((await client.message())[0]).toBe(0x81);
    client.end();
  } finally {
    await server.close();
  }
}

const beforeLogin: [string, Buffer][] = [
  ['a packet shorter than its header', hex('12 01 0004 0000 00 00')],
  ['a packet longer than any', hex('12 01 ffff 0000 00 00')],
  ['a type nobody knows', packet(0x55, Buffer.alloc(4))],
  ['a batch before the login', packet(0x01, batch('SELECT 1'))],
  ['prelogin options without end', packet(0x12, Buffer.alloc(400))],
  ['a prelogin option outside the message', packet(0x12, hex('00 7fff 0006 ff'))],
  ['an empty prelogin', packet(0x12, Buffer.alloc(0))],
  ['text of another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n')],
  ['too many attentions', Buffer.concat(Array.from({ length: 50 }, () => packet(0x06, Buffer.alloc(0))))],
  [
    'a first message without end',
    Buffer.concat(Array.from({ length: 40 }, () => packet(0x12, Buffer.alloc(4000), 0))),
  ],
];

test.each(beforeLogin)('before the login: %s', async (_name, bytes) => {
  await survives(async (port) => {
    const client = await RawClient.open(port);
    client.write(bytes);
    await client.closedByServer();
  });
});

const logins: [string, Buffer][] = [
  ['a login cut short', login().subarray(0, 60)],
  ['a name outside the message', lying((m) => m.writeUInt16LE(60_000, 40))],
  ['a password of 60000 characters', lying((m) => m.writeUInt16LE(60_000, 46))],
  ['a total that lies', lying((m) => m.writeUInt32LE(0xffff_ffff, 0))],
  ['a protocol of the last century', lying((m) => m.writeUInt32LE(0x70000000, 4))],
];

test.each(logins)('at the login: %s', async (_name, message) => {
  await survives(async (port) => {
    const client = await RawClient.open(port);
    client.send(0x12, prelogin());
    await client.message();
    client.send(0x10, message);
    await client.closedByServer();
  });
});

const requests: [string, number, Buffer][] = [
  ['request headers longer than the message', 0x01, hex('ffffffff 00000000')],
  ['request headers of no length', 0x01, hex('16000000 00000000 0000')],
  ['a batch of half a character', 0x01, Buffer.concat([HEADERS, hex('41')])],
  ['a numbered procedure that does not exist', 0x03, Buffer.concat([HEADERS, hex('ffff 0100 0000')])],
  ['a procedure name longer than the message', 0x03, Buffer.concat([HEADERS, hex('ff7f 4100')])],
  ['a parameter that ends in its name', 0x03, rpc('05 4000')],
  ['a value of 8000 bytes that is not there', 0x03, rpc('00 00 a5 401f 401f 00')],
  ['a chunk of 4 GB', 0x03, rpc('00 00 a5 ffff feffffffffffffff ffffffff 00')],
  ['a text of 2 GB', 0x03, rpc('00 00 23 ffffff7f 0904d00034 ffffff7f 41')],
  ['a decimal of 200 bytes', 0x03, rpc('00 00 6a 11 26 00 c8 01')],
  ['no call at all', 0x03, HEADERS],
  ['a transaction request nobody knows', 0x0e, Buffer.concat([HEADERS, hex('6300')])],
  ['an isolation level nobody knows', 0x0e, Buffer.concat([HEADERS, hex('0500 63 00')])],
  ['a login after the login', 0x10, login()],
  ['a bulk load of something else', 0x07, hex('ff ff ff')],
  ['a bulk load of 65535 columns', 0x07, hex('81 ffff')],
  ['a bulk row cut short', 0x07, hex('81 0100 00000000 0000 38 01 6100 d1 0102')],
  [
    'a bulk row of 2 GB',
    0x07,
    Buffer.concat([
      hex('81 0100 00000000 0000 22 ffffffff 0000 01 6100 d1 01 00 0000000000000000 ffffff7f'),
      Buffer.alloc(2000),
    ]),
  ],
  ['a token nobody knows among the rows', 0x07, hex('81 0100 00000000 0000 38 01 6100 e7')],
];

test.each(requests)('as a request: %s', async (_name, type, message) => {
  await survives(async (port) => {
    const client = await RawClient.loggedIn(port);
    client.send(type, message);
    await client.closedByServer();
  });
});

test('a message that changes its type between packets', async () => {
  await survives(async (port) => {
    const client = await RawClient.loggedIn(port);
    client.send(0x01, HEADERS, 0);
    client.send(0x03, HEADERS, 1);
    await client.closedByServer();
  });
});

test('packets without content do not add up to memory', async () => {
  await survives(async (port) => {
    const client = await RawClient.loggedIn(port);
    const empty = Buffer.concat(Array.from({ length: 10_000 }, () => packet(0x01, Buffer.alloc(0), 0)));
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < 20; n += 1) client.write(empty);
    client.send(0x01, batch('SELECT 1'));
    expect((await client.message())[0]).toBe(0x81);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(64 * 1024 * 1024);
    client.end();
  });
});

property.prop([fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.constantFrom(0x01, 0x03, 0x07, 0x0e)], {
  numRuns: 60,
})('random bytes as a request either get an answer or the door', async (bytes, type) => {
  await survives(async (port) => {
    const client = await RawClient.loggedIn(port);
    client.send(type, Buffer.concat([HEADERS, Buffer.from(bytes)]));
    await client.message().catch((error: Error) => expect(error.message).toBe('closed by the server'));
    client.end();
  });
});

test('a reset is told first, with the transaction it ended', async () => {
  const engine = engineOf();
  const server = await startTdsServer({ engine });
  const client = await RawClient.loggedIn(server.port);
  client.send(0x0e, Buffer.concat([HEADERS, hex('0500 02 00')]));
  expect((await client.message()).subarray(0, 13).toString('hex')).toBe('e30b00080809000000000000' + '00');
  client.send(0x01, batch('SELECT 1'), 0x09);
  const answer = await client.message();
  expect(answer.subarray(0, 6).toString('hex')).toBe('e30300120000');
  expect(answer.subarray(6, 20).toString('hex')).toBe('e30b000a00080900000000000000');
  expect(engine.resets).toHaveLength(1);
  await server.close();
});

test('an attention in the same piece as its request stops it; each gets one answer', async () => {
  const engine = engineOf();
  const server = await startTdsServer({ engine });
  const client = await RawClient.loggedIn(server.port);
  client.write(Buffer.concat([packet(0x01, batch('SELECT 1')), packet(0x06, Buffer.alloc(0))]));
  expect((await client.message()).toString('hex')).toBe('fd' + '00000000' + '0000000000000000');
  expect((await client.message()).toString('hex')).toBe('fd' + '20000000' + '0000000000000000');
  expect(engine.calls).toHaveLength(0);
  client.send(0x06, Buffer.alloc(0));
  expect((await client.message()).toString('hex')).toBe('fd' + '20000000' + '0000000000000000');
  await server.close();
});

test('a request taken back with the ignore flag is answered and not executed', async () => {
  const engine = engineOf();
  const server = await startTdsServer({ engine });
  const client = await RawClient.loggedIn(server.port);
  client.send(0x01, batch('DELETE FROM t'), 0);
  client.send(0x01, Buffer.alloc(0), 3);
  expect((await client.message())[0]).toBe(0xfd);
  expect(engine.calls).toHaveLength(0);
  await server.close();
});

test('a bulk load taken back half-way fails in the engine and leaves the connection usable', async () => {
  let outcome = 'none';
  const engine = new ScriptedEngine(async function* ({ request, signal }): AsyncIterable<SqlEvent> {
    if (request.kind !== 'bulk') return yield* result([column('n', INT)], [[1]]);
    try {
      for await (const _ of request.rows);
      outcome = 'complete';
    } catch (error) {
      outcome = signal.aborted ? 'stopped' : 'surprised';
      throw error;
    }
  });
  const server = await startTdsServer({ engine });
  const client = await RawClient.loggedIn(server.port);
  client.send(0x07, hex('81 0100 00000000 0000 38 01 6100 d1 01000000'), 0);
  client.send(0x07, Buffer.alloc(0), 3);
  expect((await client.message())[0]).toBe(0xfd);
  expect(outcome).toBe('stopped');
  client.send(0x01, batch('SELECT 1'));
  expect((await client.message())[0]).toBe(0x81);
  await server.close();
});

test('several calls in one message are answered in one', async () => {
  const engine = engineOf();
  const server = await startTdsServer({ engine });
  const client = await RawClient.loggedIn(server.port);
  const call = Buffer.concat([u16(1), Buffer.from('p', 'utf16le'), u16(0)]);
  client.send(0x03, Buffer.concat([HEADERS, call, hex('ff'), call]));
  const answer = await client.message();
  expect(engine.calls.map(({ request }) => request)).toMatchObject([{ name: 'p' }, { name: 'p' }]);
  // The first DONEPROC says that more follows, the last one that nothing does.
  expect(answer.toString('hex').match(/fe0[01]0000000000000000000000/g)).toEqual([
    'fe0100' + '0000' + '0000000000000000',
    'fe0000' + '0000' + '0000000000000000',
  ]);
  await server.close();
});
