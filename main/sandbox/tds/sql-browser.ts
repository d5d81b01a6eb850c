import { createSocket } from 'node:dgram';

export interface BrowsedInstance {
  readonly name: string;
  /** Absent: the instance does not listen on TCP. */
  readonly tcp?: number | undefined;
}

export interface SqlBrowser {
  readonly port: number;
  /** What it answers from now on: an instance that starts anew may have another port. */
  show(instances: readonly BrowsedInstance[]): void;
  /** Idempotent. */
  close(): Promise<void>;
}

const LIST_ALL: ReadonlySet<number> = new Set([0x02, 0x03]);
const ASK_ONE = 0x04;
const ANSWER = 0x05;
const MAX_NAME = 32;

/**
 * Plays the service that knows the ports of a computer's instances (MC-SQLR), on a UDP port of 127.0.0.1. Like the real one
 * it says nothing to a question about an instance it does not know, nor to anything it does not understand.
 */
export async function startSqlBrowser(options: {
  readonly serverName: string;
  readonly instances: readonly BrowsedInstance[];
}): Promise<SqlBrowser> {
  let { instances } = options;
  const entry = ({ name, tcp }: BrowsedInstance): string =>
    [
      `ServerName;${options.serverName};InstanceName;${name};IsClustered;No;Version;15.0.2000.5;`,
      tcp === undefined ? '' : `tcp;${tcp};`,
      ';',
    ].join('');
  const answerTo = (question: Buffer): string => {
    const [kind = 0] = question;
    if (LIST_ALL.has(kind)) return question.length === 1 ? instances.map(entry).join('') : '';
    if (kind !== ASK_ONE || question.length > MAX_NAME + 2) return '';
    const name = question.toString('latin1', 1).replace(/\0$/, '').toUpperCase();
    return instances
      .filter((one) => one.name.toUpperCase() === name)
      .map(entry)
      .join('');
  };
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const text = Buffer.from(answerTo(question), 'latin1');
    if (text.length === 0) return;
    const head = Buffer.from([ANSWER, 0, 0]);
    head.writeUInt16LE(text.length, 1);
    socket.send(Buffer.concat([head, text]), from.port, from.address);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', () => {
      socket.off('error', reject);
      resolve();
    });
  });
  socket.on('error', () => undefined);
  let closed: Promise<void> | undefined;
  return {
    port: socket.address().port,
    show: (shown) => (instances = shown),
    close: () => (closed ??= new Promise((resolve) => socket.close(() => resolve()))),
  };
}
