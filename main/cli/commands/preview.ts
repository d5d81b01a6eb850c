import { resolve } from 'node:path';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { PREVIEW_PART_BYTES } from '../../../shared/contract/user-requests.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { withAgent } from '../site-access.ts';
import { copyToFile } from './copy-parts.ts';
import { ownerName } from './status.ts';

export interface PreviewArgs {
  readonly link: string;
  readonly user: string;
  readonly out?: string | undefined;
}

/** What one user would get now, against what was accepted last. Only an agent reads the ERP. */
export function preview(context: Context, { link, user, out: file }: PreviewArgs): Promise<number> {
  const { out, world } = context;
  return withAgent(context, async (client, zone) => {
    const reply = await client.call('preview', { link, user });
    if (!reply.ok) {
      refused(out, reply.error);
      const { code } = reply.error;
      // What was typed is right: it is the data that cannot be sent.
      return code === 'bad-arguments' ? EXIT.parked : code === 'unavailable' ? EXIT.unreachable : EXIT.failed;
    }
    const shown = reply.value;
    if (file !== undefined) {
      const copied = await copyToFile(
        (offset) => client.call('previewBody', { preview: shown.preview, offset, limit: PREVIEW_PART_BYTES }),
        resolve(file),
        { what: 'The bytes of the preview' },
      );
      if (!copied.ok) return refused(out, copied.error);
    }
    out.document(file === undefined ? shown : { ...shown, file: resolve(file) });
    tell(out, shown, speakerFor(world, zone));
    if (file !== undefined) out.line(`Its bytes are in ${resolve(file)}.`);
    return EXIT.fine;
  });
}

function tell(out: Output, shown: ResultOf<'preview'>, speaker: Speaker): void {
  out.line(`${shown.user}, ${shown.link}: ${shown.size} bytes, SHA-256 ${shown.hash}, ${shown.consistency}`);
  out.line(
    shown.comparedWith === undefined
      ? 'No snapshot was accepted yet: there is nothing to compare with.'
      : shown.same
        ? `Byte for byte what was accepted ${speaker.clock(shown.comparedWith)}.`
        : `Compared with what was accepted ${speaker.clock(shown.comparedWith)}.`,
  );
  if (shown.hold !== undefined) {
    out.line(speaker.say(shown.hold.what));
    out.line(`  ${ownerName(shown.hold.owner, speaker)}: ${speaker.say(shown.hold.next)}`);
  }
  for (const caution of shown.cautions) out.line(speaker.say(caution));
  out.line();
  out.table(
    ['Table', 'Rows', 'Bytes', 'Added', 'Removed', 'Changed', 'Comparison'],
    shown.tables.map((one) => [
      one.table,
      ...[one.rows, one.bytes, one.added, one.removed, one.changed].map(String),
      one.comparison,
    ]),
  );
  if (shown.changes.length === 0) return;
  out.line();
  out.table(
    ['Table', 'Row', 'Change', 'Field', 'Before', 'Now'],
    shown.changes.flatMap(({ table, row, change, fields }) =>
      fields.map(({ field, before, after }) => [table, row, change, field, before ?? '', after ?? '']),
    ),
  );
  if (shown.more > 0) out.line(`${shown.more} more changed rows.`);
}
