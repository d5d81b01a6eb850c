import { refused, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { withAgent } from '../site-access.ts';

/** Says what the ERP lacks of what was applied, and writes it again when asked to with the link's name. */
export function reconcile(
  context: Context,
  args: { readonly link: string; readonly replay: boolean; readonly confirm: string },
): Promise<number> {
  const { out } = context;
  const { link, replay, confirm } = args;
  return withAgent(context, async (client) => {
    const reply = await client.call('reconcile', { link, replay, confirm });
    if (!reply.ok) return refused(out, reply.error);
    const { compared, missing, gone, replayed } = reply.value;
    out.document(reply.value);
    out.line(
      `${compared} packets are known here as applied; ${missing.length} of them are missing in the ERP.`,
    );
    for (const id of missing)
      out.line(`  ${id}${gone.includes(id) ? ' (no copy is kept: enter it by hand)' : ''}`);
    if (replayed) out.line(`${missing.length - gone.length} packets are written again now.`);
    else if (missing.length > 0)
      out.line(`To write them again: erp-ferry reconcile ${link} --replay --confirm ${link}`);
    return gone.length > 0 || (missing.length > 0 && !replayed) ? EXIT.parked : EXIT.fine;
  });
}
