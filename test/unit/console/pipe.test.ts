import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readAgentAccess, writeAgentAccess } from '../../../main/console/access-file.ts';
import { pipeAddress } from '../../../main/console/pipe-address.ts';
import { connectPipe, type PipeClient } from '../../../main/console/pipe-client.ts';
import { newNonce, prove } from '../../../main/console/pipe-protocol.ts';
import { startPipe, type PipeOptions, type PipeServer } from '../../../main/console/pipe-server.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { NOW, SiteDouble } from './site-double.ts';

let folder: string;
let site: SiteDouble;
let server: PipeServer;
const clients: PipeClient[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ferry-pipe-'));
  site = new SiteDouble();
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.close();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const start = async (options: Partial<PipeOptions> = {}): Promise<void> => {
  server = await startPipe({ dataDir: folder, handlers: site.handlers(), events: site.events, ...options });
};
const join1 = async (): Promise<PipeClient> => {
  const connected = await connectPipe(folder);
  if (!connected.ok) throw new Error(connected.failure.message);
  clients.push(connected.value);
  return connected.value;
};

/** A client that speaks by hand. */
class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #text = '';
  #waiting: ((line: string) => void)[] = [];
  constructor(address: string) {
    this.socket = connect({ path: address });
    this.socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => this.socket.once('close', () => resolve()));
    this.socket.on('data', (data: Buffer) => {
      this.#text += data.toString();
      this.#flush();
    });
  }
  #flush(): void {
    for (
      let end = this.#text.indexOf('\n');
      end >= 0 && this.#waiting.length > 0;
      end = this.#text.indexOf('\n')
    ) {
      this.#waiting.shift()!(this.#text.slice(0, end));
      this.#text = this.#text.slice(end + 1);
    }
  }
  send(text: string): void {
    this.socket.write(`${text}\n`);
  }
  async line(): Promise<Record<string, unknown>> {
    const text = await new Promise<string>((resolve) => {
      this.#waiting.push(resolve);
      this.#flush();
    });
    return JSON.parse(text) as Record<string, unknown>;
  }
  async greet(token: string): Promise<void> {
    const mine = newNonce();
    this.send(JSON.stringify({ nonce: mine }));
    const { nonce } = await this.line();
    this.send(JSON.stringify({ proof: prove(token, 'viewer', mine, String(nonce)) }));
  }
}

describe('pipe', () => {
  it('calls handlers with parsed arguments and hands answers and refusals back', async () => {
    await start();
    const client = await join1();
    expect(await client.call('queueList', { text: 'SO-1042' })).toEqual({
      ok: true,
      value: { items: [], total: 0 },
    });
    expect(site.calls.at(-1)).toEqual({ name: 'queueList', args: { text: 'SO-1042', limit: 50, offset: 0 } });
    expect(await client.call('queueShow', { item: 3 })).toMatchObject({
      ok: false,
      error: { code: 'not-found' },
    });
    expect(await client.call('queueList', { limit: 0 })).toMatchObject({
      ok: false,
      error: { code: 'bad-arguments', message: expect.stringContaining('limit') as string },
    });
  });

  it('keeps its token and its socket to the owner and removes both when it stops', async () => {
    await start();
    if (process.platform !== 'win32') {
      expect(statSync(join(folder, 'agent.json')).mode & 0o777).toBe(0o600);
      expect(statSync(server.address).mode & 0o777).toBe(0o600);
    }
    await server.stop();
    expect(existsSync(join(folder, 'agent.json'))).toBe(false);
    expect(await connectPipe(folder)).toMatchObject({ ok: false, failure: { kind: 'no-agent' } });
  });

  it('answers out of order by number', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await start({
      handlers: site.handlers({
        runsList: async () => {
          await held;
          return answer({ runs: [] });
        },
      }),
    });
    const client = await join1();
    const slow = client.call('runsList', {});
    expect(await client.call('status', {})).toMatchObject({ ok: true });
    release();
    expect(await slow).toEqual({ ok: true, value: { runs: [] } });
  });

  it('serves two viewers, and one leaving does not disturb the other', async () => {
    await start();
    const [one, two] = [await join1(), await join1()];
    const next = (client: PipeClient): Promise<number> =>
      new Promise((resolve) => {
        const end = client.subscribe((event) => {
          end();
          resolve(event.status.at);
        });
      });
    const [first, second] = [next(one), next(two)];
    await site.untilListening(2);
    site.emit({ at: NOW + 5 });
    expect(await Promise.all([first, second])).toEqual([NOW + 5, NOW + 5]);
    one.close();
    await one.closed;
    await site.untilListening(1);
    expect(await two.call('status', {})).toMatchObject({ ok: true });
    expect(await one.call('status', {})).toMatchObject({ ok: false, error: { code: 'unavailable' } });
  });

  it('says that nobody is there: no file, or the file of a killed process', async () => {
    expect(await connectPipe(folder)).toMatchObject({ ok: false, failure: { kind: 'no-agent' } });
    writeAgentAccess(folder, { pipe: pipeAddress(folder), token: 'x'.repeat(43), pid: 1 });
    expect(await connectPipe(folder)).toMatchObject({ ok: false, failure: { kind: 'no-agent' } });
  });

  it('takes over the socket a killed process left', async () => {
    await start();
    const left = server.address;
    writeFileSync(join(folder, 'keep'), '');
    await server.stop();
    writeFileSync(left, 'stale');
    await start();
    expect(await (await join1()).call('status', {})).toMatchObject({ ok: true });
  });

  it('refuses a wrong token on both sides', async () => {
    await start();
    const access = readAgentAccess(folder)!;
    writeAgentAccess(folder, { ...access, token: 'y'.repeat(43) });
    expect(await connectPipe(folder)).toMatchObject({ ok: false, failure: { kind: 'stranger' } });
    const raw = new RawClient(access.pipe);
    await raw.greet('y'.repeat(43));
    await raw.closed;
    expect(site.calls).toEqual([]);
  });

  it('does not accept its own proof thrown back', async () => {
    await start();
    const raw = new RawClient(server.address);
    raw.send(JSON.stringify({ nonce: newNonce() }));
    const { proof } = await raw.line();
    raw.send(JSON.stringify({ proof }));
    await raw.closed;
  });

  it('is not told anything by a stranger on the address', async () => {
    const address = pipeAddress(folder);
    const heard: string[] = [];
    const impostor = createServer((socket) => {
      socket.on('data', (data) => {
        heard.push(data.toString());
        socket.write(`${JSON.stringify({ nonce: newNonce(), proof: 'z'.repeat(43) })}\n`);
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => impostor.listen({ path: address }, resolve));
    const token = 'secret-token-'.padEnd(43, 'k');
    writeAgentAccess(folder, { pipe: address, token, pid: 1 });
    expect(await connectPipe(folder)).toMatchObject({ ok: false, failure: { kind: 'stranger' } });
    expect(heard.join('')).not.toContain(token);
    await new Promise<void>((resolve) => impostor.close(() => resolve()));
  });

  it('hangs up on a request before the proof', async () => {
    await start();
    const raw = new RawClient(server.address);
    raw.send('{"id":1,"request":"status","args":{}}');
    await raw.closed;
    expect(site.calls).toEqual([]);
  });

  it('hangs up on a viewer that says nothing', async () => {
    await start({ greetingMs: 20 });
    await new RawClient(server.address).closed;
  });

  it('hangs up on a line without end, before and after the proof', async () => {
    await start();
    const before = new RawClient(server.address);
    before.socket.write('a'.repeat(5_000));
    await before.closed;
    const after = new RawClient(server.address);
    await after.greet(readAgentAccess(folder)!.token);
    expect(await after.line()).toEqual({ welcome: true });
    after.socket.write(`{"id":1,"request":"status","args":"${'a'.repeat(1_100_000)}`);
    await after.closed;
    expect(site.calls).toEqual([]);
  });

  it('answers what is no request and goes on', async () => {
    await start();
    const raw = new RawClient(server.address);
    await raw.greet(readAgentAccess(folder)!.token);
    await raw.line();
    raw.send('{"id":5,"request":');
    expect(await raw.line()).toMatchObject({ id: 5, reply: { ok: false, error: { code: 'bad-arguments' } } });
    raw.send('nonsense');
    expect(await raw.line()).toMatchObject({ id: null, reply: { ok: false } });
    raw.send('{"id":6,"request":"constructor"}');
    expect(await raw.line()).toMatchObject({
      id: 6,
      reply: { ok: false, error: { code: 'unknown-request' } },
    });
    raw.send('{"id":7,"request":"status"}');
    expect(await raw.line()).toMatchObject({ id: 7, reply: { ok: true } });
    raw.socket.destroy();
  });

  it('reads requests that arrive in pieces and several at once', async () => {
    await start();
    const raw = new RawClient(server.address);
    await raw.greet(readAgentAccess(folder)!.token);
    await raw.line();
    raw.socket.write('{"id":1,"request":"sta');
    await new Promise((resolve) => setImmediate(resolve));
    raw.socket.write('tus"}\n{"id":2,"request":"status"}\n\n{"id":3,"request":"status"}\n');
    const ids = [await raw.line(), await raw.line(), await raw.line()].map((line) => line['id']);
    expect(ids.map(Number).sort((a, b) => a - b)).toEqual([1, 2, 3]);
    raw.socket.destroy();
  });

  it('checks the right before the handler', async () => {
    await start({ right: 'view' });
    const client = await join1();
    expect(await client.call('shutdown', {})).toMatchObject({ ok: false, error: { code: 'forbidden' } });
    expect(site.calls.map((call) => call.name)).toEqual(['hello']);
  });

  it('refuses a viewer of another contract version in words', async () => {
    await start({
      handlers: site.handlers({ hello: async () => refuse('other-version', 'another version', 'restart') }),
    });
    expect(await connectPipe(folder)).toMatchObject({ ok: false, failure: { kind: 'other-version' } });
    const raw = new RawClient(server.address);
    await raw.greet(readAgentAccess(folder)!.token);
    await raw.line();
    raw.send('{"id":1,"request":"hello","args":{"contractVersion":99}}');
    expect(await raw.line()).toMatchObject({ reply: { ok: false, error: { code: 'other-version' } } });
    raw.socket.destroy();
  });

  it('settles open calls when the agent goes', async () => {
    await start({ handlers: site.handlers({ runsList: () => new Promise(() => undefined) }) });
    const client = await join1();
    const open = client.call('runsList', {});
    await client.call('status', {});
    await server.stop();
    expect(await open).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    await client.closed;
  });

  it.skipIf(process.platform === 'win32')(
    'finds a place for its socket when the folder has a long path',
    async () => {
      const deep = join(folder, 'a'.repeat(90), 'b'.repeat(90));
      mkdirSync(deep, { recursive: true });
      expect(Buffer.byteLength(pipeAddress(deep))).toBeLessThan(104);
      const far = await startPipe({ dataDir: deep, handlers: site.handlers(), events: site.events });
      const connected = await connectPipe(deep);
      expect(connected.ok).toBe(true);
      if (connected.ok) connected.value.close();
      await far.stop();
    },
  );
});
