import type { Handlers } from '../../../shared/contract/contract.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { PREVIEW_CHANGES } from '../../../shared/contract/user-requests.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { ok } from '../../../shared/model/result.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import type { PacketLink } from '../../core/packets/packet-link.ts';
import type { Preview, PreviewFailure } from '../../core/packets/push/preview.ts';
import { PreviewShelf } from '../../core/packets/push/preview-shelf.ts';
import type { SiteAgent } from '../site-agent.ts';
import { unread } from './reading.ts';
import { noUser } from './user-reading.ts';

type Refused = ReturnType<typeof refuse>;

/** What a user's phone would get now. Whoever asks for one that is under way gets that one. */
export function previewHandlers(
  agent: SiteAgent,
  linkNamed: (name: string) => PacketLink | Refused,
): Pick<Handlers, 'preview' | 'previewBody'> {
  const { bodies, store, runtime, reads, settings } = agent.parts;
  const shelf = new PreviewShelf({ bodies, store, runtime });
  const underWay = new Map<string, ReturnType<Handlers['preview']>>();
  const said = ({ what, next }: ReturnType<typeof failureView>): [string, string] => {
    const speaker = new Speaker({
      now: runtime.wall(),
      timeZone: settings.site.timeZone,
      locale: settings.site.language,
    });
    return [speaker.say(what), speaker.say(next)];
  };

  const make = async (link: PacketLink, user: string): ReturnType<Handlers['preview']> => {
    const found = await link.preview(user, PREVIEW_CHANGES, agent.signal);
    if (!found.ok) return notMade(link.parts.link, user, found.failure, said);
    const preview = await shelf.put(found.value.body, agent.signal);
    return answer({ ...viewOf(found.value), link: link.parts.link, preview });
  };

  return {
    preview: async ({ link: name, user }) => {
      const link = linkNamed(name);
      if ('ok' in link) return link;
      const key = JSON.stringify([name, user]);
      const running = underWay.get(key);
      if (running !== undefined) return running;
      const made = make(link, user).finally(() => underWay.delete(key));
      underWay.set(key, made);
      return made;
    },

    previewBody: async ({ preview, offset, limit }) => {
      const body = shelf.get(preview);
      const gone = refuse('not-found', 'this preview is not here any more', 'Make another one.');
      if (body === undefined) return gone;
      const { size, hash } = body;
      const found =
        body.place === 'row'
          ? ok(body.bytes.subarray(offset, offset + limit))
          : await reads.spooled({ hash, size, offset, limit }, agent.signal);
      if (!found.ok) return unread(found.failure);
      const bytes = found.value;
      if (bytes === undefined) return gone;
      return answer({
        size,
        hash,
        offset,
        base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
        end: offset + bytes.byteLength >= size,
      });
    },
  };
}

const viewOf = (one: Preview) => ({
  user: one.user,
  at: one.at,
  tookMs: one.tookMs,
  size: one.body.size,
  hash: one.body.hash,
  consistency: one.consistency,
  comparedWith: one.comparedWith,
  same: one.same,
  hold: one.hold,
  tables: one.tables.map((table) => ({ ...table })),
  changes: one.changes.map((change) => ({ ...change, fields: change.fields.map((field) => ({ ...field })) })),
  more: one.more,
  cautions: one.cautions.map((caution) => ({ ...caution })),
});

function notMade(
  link: string,
  user: string,
  failure: PreviewFailure,
  said: (words: ReturnType<typeof failureView>) => [string, string],
): Refused {
  if (failure.kind === 'unnamed') return noUser(link, user);
  const [what, next] = said(failureView(failure.failure));
  return failure.kind === 'refused'
    ? refuse('bad-arguments', what, next)
    : refuse('unavailable', what, hintOf(failure.failure) ?? next);
}

/** Nothing runs by itself here: who asked must ask again. */
const hintOf = ({ kind }: SyncFailure): string | undefined =>
  kind === 'cancelled' ? 'Ask again.' : undefined;
