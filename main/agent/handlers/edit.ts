import type { Handlers } from '../../../shared/contract/contract.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import type { queueRequests } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import { itemId } from '../../../shared/model/ids.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { SiteAgent } from '../site-agent.ts';
import { itemView } from '../site-status.ts';
import { changeView } from './edit-view.ts';
import { noItem } from './reading.ts';

type EditHandlers = Pick<Handlers, keyof Pick<typeof queueRequests, 'queueEdit' | 'queueApply'>>;
type Refused = ReturnType<typeof refuse>;

/** What a person decides about packets beyond retrying and discarding: other contents, and the start of a new link. */
export function editHandlers(agent: SiteAgent): EditHandlers {
  const { store, links, runtime, settings } = agent.parts;

  const words = (failure: SyncFailure): string =>
    new Speaker({ now: runtime.wall(), timeZone: settings.site.timeZone, locale: 'en' }).say(
      failureView(failure).what,
    );

  return {
    queueEdit: async ({ item: number, xml, confirm, by, note }) => {
      const item = store.get(itemId(number));
      if (item === undefined) return noItem(number);
      const link = links.find((one) => one.parts.link === item.link);
      if (link === undefined)
        return refuse('not-now', `the link ${item.link} of item ${number} is not running`);
      const notParked = (): Refused =>
        refuse(
          'not-now',
          `item ${number} is ${store.get(item.id)?.state ?? item.state}: only a parked packet from a phone can be edited`,
        );
      if (item.state !== 'parked' || item.direction !== 'in') return notParked();
      if (confirm !== item.externalId)
        return refuse(
          'bad-arguments',
          'Editing needs the packet id of the item, typed exactly.',
          `confirm: ${item.externalId}`,
        );
      const end = await link.edit(item, { xml, by, note }, agent.signal);
      agent.changed();
      switch (end.kind) {
        case 'edited':
          return answer({
            item: itemView(end.item),
            changes: end.edit.changes.map(changeView),
            more: end.edit.more,
          });
        case 'not-parked':
          return notParked();
        case 'same-bytes':
          return refuse(
            'bad-arguments',
            `Item ${number}, or another one of its packet, has this text already.`,
          );
        case 'refused':
          return refuse(
            'bad-arguments',
            `The edited text cannot be applied. ${words(end.failure)}`,
            'Nothing was changed: correct the text and edit again.',
          );
        case 'in-the-erp':
          return refuse(
            'not-now',
            `The ERP has item ${number} already, so it is not edited but settled as applied.`,
          );
        case 'handed-over':
          return refuse(
            'not-now',
            `The ERP has item ${number} and decides about it, so it cannot be edited.`,
          );
        case 'other-contents':
          return refuse(
            'not-now',
            `The ERP has a packet with the id of item ${number} and other contents: no edit of it could get in.`,
          );
        case 'unproven':
          return refuse(
            'unavailable',
            `The ERP did not prove that item ${number} is not there (${end.failure.kind}). It stays as it was.`,
            'edit it again when the ERP answers',
          );
        default:
          return assertNever(end);
      }
    },

    queueApply: async ({ link: name, confirm, by }) => {
      const link = links.find((one) => one.parts.link === name);
      if (link === undefined)
        return refuse(
          'not-found',
          `no link is called "${name}"`,
          `links: ${links.map((one) => one.parts.link).join(', ')}`,
        );
      if (confirm !== name)
        return refuse('bad-arguments', 'Applying needs the name of the link typed.', `confirm: ${name}`);
      const stored = link.onlyStores() ? store.counts(link.parts.link, runtime.wall()).pendingIn : 0;
      link.startApplying(by);
      agent.changed();
      return answer({ link: name, stored });
    },
  };
}
