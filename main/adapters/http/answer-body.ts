import type { IncomingMessage } from 'node:http';
import { errorWords } from './error-words.ts';
import type { Watchdog } from './watchdog.ts';

/** How the body of an answer ends early; the message is words without addresses. */
export class HttpBodyError extends Error {
  constructor(words: string) {
    super(words);
    this.name = 'HttpBodyError';
  }
}

interface BodyParts {
  readonly dog: Watchdog;
  readonly idleTimeoutMs: number;
  /** Why the exchange was ended from outside: cancelled, or what broke the connection. */
  readonly failed: () => string | undefined;
  readonly close: () => void;
}

/**
 * The body of an answer, once, as fast as it is taken. Only a body that is whole ends without an error: all bytes of the
 * declared length and none more, or the last chunk. One that nobody reads is given up after the idle time.
 */
export function answerBody(message: IncomingMessage, parts: BodyParts): AsyncIterable<Uint8Array> {
  const { dog, idleTimeoutMs } = parts;
  let late: string | undefined;
  const silent = (): void => {
    late = `silence for ${Math.round(idleTimeoutMs / 1000)} s`;
    message.destroy();
    parts.close();
  };
  // An error of a body that is not being read must not end the process.
  message.on('error', () => {});
  const unread = dog.watch(idleTimeoutMs, silent);
  let taken = false;

  async function* read(): AsyncGenerator<Uint8Array, void, undefined> {
    if (taken) throw new HttpBodyError('the body was read before');
    taken = true;
    unread();
    const declared = declaredLength(message);
    const source = message[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    let received = 0;
    try {
      for (;;) {
        const idle = dog.watch(idleTimeoutMs, silent);
        const next = await source.next().finally(idle);
        const cause = late ?? parts.failed();
        if (cause !== undefined) throw new HttpBodyError(cause);
        if (next.done === true) break;
        received += next.value.length;
        yield next.value;
      }
      if (!message.complete) throw new HttpBodyError('the connection broke within the body');
      if (declared !== undefined && received !== declared)
        throw new HttpBodyError(`${received} bytes came where ${declared} were declared`);
    } catch (error) {
      if (error instanceof HttpBodyError) throw error;
      const words = message.complete ? errorWords(error) : 'the connection broke within the body';
      throw new HttpBodyError(late ?? parts.failed() ?? words);
    } finally {
      message.destroy();
      parts.close();
    }
  }
  return {
    [Symbol.asyncIterator]: () => {
      const bytes = read();
      return {
        next: () => bytes.next(),
        // A generator that never began would not notice that it is abandoned.
        return: () => {
          unread();
          message.destroy();
          parts.close();
          return bytes.return();
        },
      };
    },
  };
}

function declaredLength(message: IncomingMessage): number | undefined {
  const text = message.headers['content-length'];
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
