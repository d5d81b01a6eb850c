import { resolve } from 'node:path';
import { BODY_PART_BYTES } from '../../../shared/contract/queue-requests.ts';
import { refused, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { withSite, type Access } from '../site-access.ts';
import { copyParts, copyToFile, type ReadPart } from './copy-parts.ts';

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
  const named = { what: `The bytes of item ${item}` };
  if (file === undefined && out.json) {
    const message = 'Raw bytes and a JSON document do not fit on one standard output.';
    out.failure({ code: 'usage', message, hint: 'Name a file with --out.' });
    return Promise.resolve(EXIT.usage);
  }
  return withSite(context, async (access) => {
    const reply =
      file === undefined
        ? await copyParts(partsOf(access, wanted), (bytes) => world.writeBytes(bytes), named)
        : await copyToFile(partsOf(access, wanted), resolve(file), named);
    if (!reply.ok) return refused(out, reply.error);
    if (file === undefined) return EXIT.fine;
    const { size, hash } = reply.value;
    out.document({ item, file: resolve(file), size, hash });
    out.line(`Item ${item} is in ${resolve(file)}: ${size} bytes, SHA-256 ${hash}.`);
    return EXIT.fine;
  });
}

/** Parts of an item's bytes, from the agent or the store. */
const partsOf =
  (access: Access, wanted: Wanted): ReadPart =>
  (offset) => {
    const args = { ...wanted, offset, limit: BODY_PART_BYTES };
    return access.kind === 'agent' ? access.client.call('queueBody', args) : access.site.queueBody(args);
  };
