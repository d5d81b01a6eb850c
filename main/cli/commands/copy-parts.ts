import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { answer, refuse, type Refusal, type Reply } from '../../../shared/contract/reply.ts';

export interface Copied {
  readonly size: number;
  readonly hash: string;
}

/** One part of some bytes, as the contract gives them. */
export type ReadPart = (
  offset: number,
) => Promise<
  Reply<{ readonly size: number; readonly hash: string; readonly base64: string; readonly end: boolean }>
>;

/** What the bytes are called, at the beginning of a sentence. */
interface Named {
  readonly what: string;
}

/** Into a file that appears whole or not at all. */
export async function copyToFile(read: ReadPart, path: string, named: Named): Promise<Reply<Copied>> {
  const part = `${path}.part`;
  try {
    const target = await open(part, 'w');
    let reply: Reply<Copied>;
    try {
      reply = await copyParts(read, (bytes) => target.writeFile(bytes), named);
      await target.sync();
    } finally {
      await target.close();
    }
    if (reply.ok) await rename(part, path);
    else await rm(part, { force: true });
    return reply;
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    if (code === undefined) throw error;
    return refuse('unavailable', `${path} cannot be written (${code}).`, 'Name another file with --out.');
  }
}

/** All parts in order, compared with the hash they are kept under. */
export async function copyParts(
  read: ReadPart,
  write: (bytes: Uint8Array) => Promise<void>,
  { what }: Named,
): Promise<Reply<Copied>> {
  const hash = createHash('sha256');
  const broken: { readonly ok: false; readonly error: Refusal } = refuse(
    'defect',
    `${what} are not what was stored.`,
    'The disk of the data folder may be damaged.',
  );
  for (let offset = 0; ;) {
    const reply = await read(offset);
    if (!reply.ok) return reply;
    const { base64, end, size } = reply.value;
    const bytes = Buffer.from(base64, 'base64');
    hash.update(bytes);
    offset += bytes.length;
    if (bytes.length > 0) await write(bytes);
    if (end)
      return offset === size && hash.digest('hex') === reply.value.hash
        ? answer({ size, hash: reply.value.hash })
        : broken;
    if (bytes.length === 0) return broken;
  }
}
