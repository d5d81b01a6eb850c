import { Link } from '@fluentui/react-components';
import type { MobileUserView } from '../../../shared/contract/user-requests.ts';
import { FactList } from '../../components/fact-list.tsx';
import { Moment } from '../../components/moment.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';
import { sizeWords } from '../../state/queue-words.ts';

/** What is known of a user, each fact with its age. */
export function UserFacts({ user }: { readonly user: MobileUserView }) {
  const speaker = useSpeaker();
  const { accepted, unchangedSince, lastOrder, pendingIn } = user;
  return (
    <FactList
      label={speaker.text('users.facts')}
      facts={[
        {
          name: speaker.text('users.fact.snapshot'),
          value:
            accepted === undefined ? (
              speaker.text('users.none')
            ) : (
              <Moment at={accepted.since}>
                {speaker.text('users.fact.acceptedAt', { at: accepted.since })}
              </Moment>
            ),
        },
        ...(accepted === undefined
          ? []
          : [
              {
                name: speaker.text('users.fact.contents'),
                value: speaker.text('users.fact.contentsOf', {
                  size: sizeWords(accepted.size, speaker),
                  rows: accepted.rows,
                }),
              },
              {
                name: speaker.text('users.fact.moment'),
                value: speaker.text(`users.consistency.${accepted.consistency}`),
              },
              {
                name: speaker.text('users.fact.unchanged'),
                value:
                  unchangedSince === undefined ? (
                    speaker.text('users.fact.unchangedUnknown')
                  ) : (
                    <Moment at={unchangedSince}>{speaker.clock(unchangedSince)}</Moment>
                  ),
              },
            ]),
        {
          name: speaker.text('users.fact.pending'),
          value: speaker.text('users.fact.pendingOf', { count: pendingIn }),
        },
        {
          name: speaker.text('users.fact.order'),
          value:
            lastOrder === undefined ? (
              speaker.text('users.noOrder')
            ) : (
              <>
                <Link inline href={hashOf({ screen: 'queue', item: lastOrder.item })}>
                  {speaker.title({ direction: 'in', label: lastOrder.label, user: user.user })}
                </Link>{' '}
                <Moment at={lastOrder.at}>{speaker.ago(lastOrder.at)}</Moment>
              </>
            ),
        },
      ]}
    />
  );
}
