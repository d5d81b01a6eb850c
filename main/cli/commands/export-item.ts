import { createHash } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BODY_PART_BYTES } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse, type Refusal, type Reply } from '../../../shared/contract/reply.ts';
import { refused, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { withSite, type Access } from '../site-access.ts';

interface Exported {
  readonly size: number;
  readonly hash: string;
}

/** `original`: as the phone sent it, before any edit. */
interface Wanted {
  readonly item: number;
  readonly original?: true;
}

/**
 * The raw bytes of an item, to a file or to standard output, compared with the hash they are kept under. A file appears
 * whole or not at all.
 */
export function exportItem(
  context: Context,
  item: number,
  { file, original }: { readonly file: string | undefined; readonly original: boolean },
): Promise<number> {
  const { out, world } = context;
  const wanted: Wanted = original ? { item, original } : { item };
  if (file === undefined && out.json) {
    const message = 'Raw bytes and a JSON document do not fit on one standard output.';
    out.failure({ code: 'usage', message, hint: 'Name a file with --out.' });
    return Promise.resolve(EXIT.usage);
  }
  return withSite(context, async (access) => {
    const reply =
      file === undefined
        ? await copy(access, wanted, (bytes) => world.writeBytes(bytes))
        : await toFile(access, wanted, resolve(file));
    if (!reply.ok) return refused(out, reply.error);
    if (file === undefined) return EXIT.fine;
    const { size, hash } = reply.value;
    out.document({ item, file: resolve(file), size, hash });
    out.line(`Item ${item} is in ${resolve(file)}: ${size} bytes, SHA-256 ${hash}.`);
    return EXIT.fine;
  });
}

async function toFile(access: Access, wanted: Wanted, path: string): Promise<Reply<Exported>> {
  const part = `${path}.part`;
  try {
    const target = await open(part, 'w');
    let reply: Reply<Exported>;
    try {
      reply = await copy(access, wanted, (bytes) => target.writeFile(bytes));
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

/** All parts in order. */
async function copy(
  access: Access,
  wanted: Wanted,
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<Reply<Exported>> {
  const hash = createHash('sha256');
  const broken: { readonly ok: false; readonly error: Refusal } = refuse(
    'defect',
    `The bytes of item ${wanted.item} are not what was stored.`,
    'The disk of the data folder may be damaged.',
  );
  for (let offset = 0; ;) {
    const args = { ...wanted, offset, limit: BODY_PART_BYTES };
    const reply =
      access.kind === 'agent'
        ? await access.client.call('queueBody', args)
        : await access.site.queueBody(args);
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
