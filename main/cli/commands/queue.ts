import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { itemId } from '../../../shared/model/ids.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { join } from 'node:path';
import { openStore } from '../../adapters/sqlite/open-store.ts';
import { acquireSiteLock } from '../../adapters/sqlite/site-lock.ts';
import { itemView } from '../../agent/site-status.ts';
import type { QueueFilters } from '../arguments/command.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import type { Output } from '../output.ts';
import { storeFailure, withAgent, withSite } from '../site-access.ts';
import { ownerName } from './status.ts';

export function listQueue(context: Context, filters: QueueFilters): Promise<number> {
  const { out, world } = context;
  return withSite(context, async (access) => {
    const reply =
      access.kind === 'agent'
        ? await access.client.call('queueList', filters)
        : await access.site.queueList(filters);
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    const speaker = speakerFor(world, access.zone);
    const { items, total } = reply.value;
    if (items.length > 0)
      out.table(
        ['Item', 'Link', 'Way', 'State', 'Document', 'User', 'Since', 'Why'],
        items.map((item) => row(item, speaker)),
      );
    out.line(
      items.length === total
        ? `${total} found.`
        : `${items.length} of ${total}; more with --offset and --limit.`,
    );
    return EXIT.fine;
  });
}

const row = (item: ItemView, speaker: Speaker): readonly string[] => [
  String(item.id),
  item.link,
  speaker.text(`direction.${item.direction}`),
  speaker.text(`itemState.${item.state}`),
  speaker.title(item),
  item.user,
  speaker.clock(item.createdAt),
  item.reason === undefined ? '' : speaker.say(item.reason.what),
];

export function showItem(context: Context, item: number): Promise<number> {
  const { out, world } = context;
  return withSite(context, async (access) => {
    const reply =
      access.kind === 'agent'
        ? await access.client.call('queueShow', { item })
        : await access.site.queueShow({ item });
    if (!reply.ok) return refused(out, reply.error);
    out.document(reply.value);
    tell(out, reply.value, speakerFor(world, access.zone));
    return EXIT.fine;
  });
}

function tell(
  out: Output,
  { item, timeline, outcome, difference, unknown = [], body }: ResultOf<'queueShow'>,
  speaker: Speaker,
): void {
  out.line(
    `${speaker.title(item)} (item ${item.id}, ${item.link}, ${speaker.text(`direction.${item.direction}`)})`,
  );
  const company = item.company === '' ? '' : `, company ${item.company}`;
  out.line(
    `  ${speaker.text(`itemState.${item.state}`)}, user ${item.user}${company}, packet ${item.externalId}`,
  );
  if (item.reason !== undefined) {
    out.line(`  ${speaker.say(item.reason.what)}`);
    out.line(`  ${ownerName(item.reason.owner, speaker)}: ${speaker.say(item.reason.next)}`);
  }
  out.line();
  for (const { at, event, detail } of timeline)
    out.line(
      `  ${[speaker.clock(at), ...speaker.step(event, detail)].filter((one) => one !== '').join('  ')}`,
    );
  if (outcome !== undefined) out.line(`  ${outcome}`);
  if (difference !== undefined) tellDifference(out, difference, speaker);
  if (unknown.length > 0) {
    out.line();
    out.line('  Kept, and unknown to the mapping:');
    for (const { what, name } of unknown) out.line(`    ${what} ${name}`);
  }
  out.line();
  out.line(`  ${body.size} bytes, SHA-256 ${body.hash}`);
  if (body.text === undefined) return;
  out.line();
  for (const line of body.text.split(/\r?\n/)) out.line(line);
  if (body.truncated) out.line('… (the rest is not shown)');
}

function tellDifference(
  out: Output,
  { against, againstAt, changes, more }: NonNullable<ResultOf<'queueShow'>['difference']>,
  speaker: Speaker,
): void {
  out.line();
  out.line(`  What it changes against item ${against}, stored ${speaker.clock(againstAt)}:`);
  if (changes.length === 0) {
    out.line('    Too large to compare here; export both and compare the files.');
    return;
  }
  const word = (value: string | undefined): string => (value === undefined ? 'none' : JSON.stringify(value));
  for (const { table, row, field, before, after } of changes)
    out.line(`    ${table} ${row}, ${field}: ${word(before)} -> ${word(after)}`);
  if (more > 0) out.line(`    and ${more} more`);
}

/** Without an agent the store is changed here, under the site lock: the next start goes on from it. */
export async function retryItem(context: Context, item: number): Promise<number> {
  const { out } = context;
  return withSite(context, async (access) => {
    if (access.kind === 'agent') {
      const reply = await access.client.call('queueRetry', { item });
      return reply.ok ? changed(out, reply.value.item, 'goes on now') : refused(out, reply.error);
    }
    return retryStored(context, item, access.settings.site.timeZone);
  });
}

function retryStored(context: Context, item: number, zone: string): number {
  const { out, dataDir, world } = context;
  const lock = acquireSiteLock(dataDir);
  if (lock === 'held') {
    out.failure({
      code: 'site-owned',
      message: 'Another agent runs this site and does not answer.',
      hint: 'End it first.',
    });
    return EXIT.owned;
  }
  try {
    const store = openStore({ file: join(dataDir, 'ferry.sqlite'), zone });
    try {
      const found = store.get(itemId(item));
      if (found === undefined)
        return refused(out, { code: 'not-found', message: `no item has the number ${item}` });
      const retried = store.retry(found.id, world.now());
      return retried === undefined
        ? refused(out, {
            code: 'not-now',
            message: `item ${item} is ${found.state} and cannot be retried now`,
          })
        : changed(out, itemView(retried), 'goes on when an agent runs');
    } finally {
      store.close();
    }
  } catch (error) {
    return storeFailure(context, error);
  } finally {
    lock.release();
  }
}

/** Only the agent can: an item that may have reached the ERP needs a proof there first. */
export function parkItem(context: Context, item: number, note: string): Promise<number> {
  return withAgent(context, async (client) => {
    const reply = await client.call('queuePark', { item, note });
    return reply.ok
      ? changed(context.out, reply.value.item, 'is set aside until it is retried')
      : refused(context.out, reply.error);
  });
}

/** Only the agent can, see `parkItem`. Without the proof of the ERP the item stays parked, and the exit code says why. */
export function discardItem(
  context: Context,
  args: { readonly item: number; readonly confirm: string; readonly note: string },
): Promise<number> {
  const { out } = context;
  return withAgent(context, async (client) => {
    const { item, confirm, note } = args;
    const reply = await client.call('queueDiscard', { item, confirm, note });
    if (reply.ok) return changed(out, reply.value.item, 'is discarded; its bytes stay in the archive');
    const code = refused(out, reply.error);
    return reply.error.code === 'unavailable' ? EXIT.unreachable : code;
  });
}

function changed(out: Output, item: ItemView, words: string): number {
  out.document({ item });
  out.line(`${item.label === '' ? 'The packet' : item.label} (item ${item.id}) ${words}.`);
  return EXIT.fine;
}
