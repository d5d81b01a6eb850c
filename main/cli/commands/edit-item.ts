import { readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { resolve } from 'node:path';
import { EDIT_CHARS } from '../../../shared/contract/queue-requests.ts';
import { refused, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { withAgent } from '../site-access.ts';

/** Most changes that are printed for people; `--json` has all that are kept. */
const SHOWN = 40;

/**
 * Gives a parked packet the text of a file, with what that changes printed. Only the agent can: the ERP must prove first that
 * nothing of the packet is there.
 */
export async function editItem(
  context: Context,
  args: {
    readonly item: number;
    readonly file: string;
    readonly confirm: string;
    readonly note: string;
  },
): Promise<number> {
  const { out } = context;
  const { item, file, confirm, note } = args;
  const usage = (message: string, hint: string): number => {
    out.failure({ code: 'usage', message, hint });
    return EXIT.usage;
  };
  if (file === '')
    return usage('Which text?', `Name it: --file FILE. The text as it is: queue export ${item} --out FILE`);
  const xml = await textOf(resolve(file));
  if (xml === undefined) return usage(`${resolve(file)} cannot be read as UTF-8 text.`, 'Name another file.');
  if (xml.length > EDIT_CHARS)
    return usage(`At most ${EDIT_CHARS} characters can be edited; these are ${xml.length}.`, '');
  return withAgent(context, async (client) => {
    const reply = await client.call('queueEdit', { item, xml, confirm, note, by: person() });
    if (!reply.ok) {
      const code = refused(out, reply.error);
      return reply.error.code === 'unavailable' ? EXIT.unreachable : code;
    }
    const { changes, more } = reply.value;
    out.document(reply.value);
    for (const { table, row, field, before, after } of changes.slice(0, SHOWN))
      out.line(`  ${table} ${row} ${field}: ${before ?? '(none)'} -> ${after ?? '(none)'}`);
    const rest = more + Math.max(0, changes.length - SHOWN);
    if (rest > 0) out.line(`  and ${rest} more`);
    out.line(`Item ${item} goes on with the edited text; the bytes it had are kept.`);
    return EXIT.fine;
  });
}

/** A new link applies what it stored. */
export function applyStored(
  context: Context,
  { link, confirm }: { readonly link: string; readonly confirm: string },
): Promise<number> {
  const { out } = context;
  return withAgent(context, async (client) => {
    const reply = await client.call('queueApply', { link, confirm, by: person() });
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    out.line(`${link} applies what it pulls; ${reply.value.stored} stored packets go on now.`);
    return EXIT.fine;
  });
}

/** A text that a strict reader takes; the mark some editors put at its beginning is left out. */
async function textOf(path: string): Promise<string | undefined> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path));
  } catch {
    return undefined;
  }
}

/** The account this runs under: what the audit can know of who edits. */
function person(): string {
  try {
    return userInfo().username.slice(0, 100);
  } catch {
    return '';
  }
}
