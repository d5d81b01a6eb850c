import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import {
  CONTRACT_VERSION,
  contract,
  type ArgsIn,
  type RequestName,
  type ResultOf,
  type SiteClient,
} from '../../shared/contract/contract.ts';
import { refuse, type Reply } from '../../shared/contract/reply.ts';
import { siteEventSchema, type SiteEvent } from '../../shared/contract/status.ts';
import { fail, ok, type Result } from '../../shared/model/result.ts';
import { readAgentAccess, type AgentAccess } from './access-file.ts';
import {
  LineReader,
  MAX_ANSWER,
  challengeSchema,
  newNonce,
  proofHolds,
  prove,
  readLine,
  sendLine,
  welcomeSchema,
} from './pipe-protocol.ts';

export interface PipeClient extends SiteClient {
  /** Snapshots from now on, until the result is called or the connection ends. */
  subscribe(listener: (event: SiteEvent) => void): () => void;
  /** The process that was reached, as it says itself in the folder. */
  readonly agentPid: number;
  /** Resolves when the connection has ended, for whatever reason. */
  readonly closed: Promise<void>;
  close(): void;
}

export interface NoConnection {
  /** `stranger`: something answers there that does not know the token. */
  readonly kind: 'no-agent' | 'stranger' | 'other-version' | 'silent';
  readonly message: string;
}

const CONNECT_MS = 5_000;

const replySchema = z.union([
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({
    ok: z.literal(false),
    error: z.object({ code: z.string(), message: z.string(), hint: z.string().optional() }),
  }),
]);
const answerSchema = z.union([
  z.object({ id: z.number().nullable(), reply: replySchema }),
  z.object({ event: siteEventSchema }),
]);

/** Connects to the agent of a data folder and says hello. */
export async function connectPipe(dataDir: string): Promise<Result<PipeClient, NoConnection>> {
  const access = readAgentAccess(dataDir);
  if (access === undefined) return fail({ kind: 'no-agent', message: 'No agent runs on this data folder.' });
  const greeted = await greet(access);
  if (!greeted.ok) return greeted;
  const client = clientOf(greeted.value, access.pid);
  const hello = await client.call('hello', { contractVersion: CONTRACT_VERSION });
  if (hello.ok) return ok(client);
  client.close();
  return fail({
    kind: hello.error.code === 'other-version' ? 'other-version' : 'silent',
    message: hello.error.message,
  });
}

interface Greeted {
  readonly socket: Socket;
  /** Takes over the lines that follow. */
  readonly receive: (onLine: (line: string) => void) => void;
}

function greet(access: AgentAccess): Promise<Result<Greeted, NoConnection>> {
  return new Promise((resolve) => {
    const viewerNonce = newNonce();
    const socket = connect({ path: access.pipe });
    let challenged = false;
    let onLine = (line: string): void => {
      if (!challenged) {
        const challenge = readLine(line, challengeSchema);
        if (
          challenge === undefined ||
          !proofHolds(challenge.proof, prove(access.token, 'agent', viewerNonce, challenge.nonce))
        )
          return end({
            kind: 'stranger',
            message: 'What answers on the pipe is not the agent of this data folder.',
          });
        challenged = true;
        return sendLine(socket, { proof: prove(access.token, 'viewer', viewerNonce, challenge.nonce) });
      }
      if (readLine(line, welcomeSchema) === undefined)
        return end({ kind: 'stranger', message: 'The agent did not accept this connection.' });
      clearTimeout(deadline);
      socket.off('error', onError);
      socket.off('close', onClose);
      resolve(
        ok({
          socket,
          receive: (next) => {
            onLine = next;
          },
        }),
      );
    };
    const lines = new LineReader(
      MAX_ANSWER,
      (line) => onLine(line),
      () => socket.destroy(),
    );
    const end = (failure: NoConnection): void => {
      clearTimeout(deadline);
      socket.destroy();
      resolve(fail(failure));
    };
    // A refused or absent socket under a token file means that the process was killed: nobody is there.
    const onError = (): void => end({ kind: 'no-agent', message: 'No agent runs on this data folder.' });
    const onClose = (): void =>
      end({ kind: 'stranger', message: 'The agent did not accept this connection.' });
    const deadline = setTimeout(
      () => end({ kind: 'silent', message: 'The agent does not answer on its pipe.' }),
      CONNECT_MS,
    );
    socket.on('data', (chunk) => lines.push(chunk));
    socket.on('error', onError);
    socket.on('close', onClose);
    socket.once('connect', () => sendLine(socket, { nonce: viewerNonce }));
  });
}

function clientOf({ socket, receive }: Greeted, agentPid: number): PipeClient {
  const waiting = new Map<number, (reply: Reply<unknown>) => void>();
  const listeners = new Set<(event: SiteEvent) => void>();
  let nextId = 1;
  let subscribed = false;
  const gone = refuse('unavailable', 'The agent ended the connection.', 'Is it still running? Ask again.');

  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      for (const settle of waiting.values()) settle(gone);
      waiting.clear();
      resolve();
    });
  });
  socket.on('error', () => socket.destroy());
  receive((line) => {
    const answer = readLine(line, answerSchema);
    if (answer === undefined) return;
    if ('event' in answer) {
      for (const listener of listeners) listener(answer.event);
      return;
    }
    const settle = answer.id === null ? undefined : waiting.get(answer.id);
    if (answer.id === null || settle === undefined) return;
    waiting.delete(answer.id);
    settle(answer.reply as Reply<unknown>);
  });

  const send = (line: Record<string, unknown>, signal?: AbortSignal): Promise<Reply<unknown>> =>
    new Promise((resolve) => {
      if (socket.destroyed) return resolve(gone);
      const id = nextId;
      nextId += 1;
      waiting.set(id, resolve);
      signal?.addEventListener('abort', () => {
        if (waiting.delete(id)) resolve(refuse('unavailable', 'The answer was no longer awaited.'));
      });
      sendLine(socket, { id, ...line });
    });

  return {
    agentPid,
    async call<N extends RequestName>(
      name: N,
      args: ArgsIn<N>,
      signal?: AbortSignal,
    ): Promise<Reply<ResultOf<N>>> {
      const reply = await send({ request: name, args }, signal);
      if (!reply.ok) return reply;
      const parsed = contract[name].result.safeParse(reply.value);
      return parsed.success
        ? { ok: true, value: parsed.data as ResultOf<N> }
        : refuse(
            'other-version',
            'The agent answered in a shape that is not known here.',
            'Use programs of one version.',
          );
    },
    subscribe(listener) {
      listeners.add(listener);
      if (!subscribed) {
        subscribed = true;
        void send({ subscribe: true });
      }
      return () => listeners.delete(listener);
    },
    closed,
    close: () => socket.destroySoon(),
  };
}
