import { Link, makeStyles, tokens } from '@fluentui/react-components';
import { Fragment } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { ItemEditView, ItemView } from '../../../shared/contract/queue-requests.ts';
import { DetailPart } from '../../components/detail-pane.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { FieldChanges } from '../../components/field-changes.tsx';
import { Moment } from '../../components/moment.tsx';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { SaveButton, useByteSaving } from '../../components/save-bytes.tsx';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import { fetchBody, fileNameOf } from '../../state/fetch-bytes.ts';
import { hashOf } from '../../state/place.ts';

const useStyles = makeStyles({
  words: { margin: `0 0 ${tokens.spacingVerticalXS}`, color: tokens.colorNeutralForeground2 },
  note: { margin: `0 0 ${tokens.spacingVerticalXS}`, overflowWrap: 'anywhere', unicodeBidi: 'isolate' },
  edit: { marginBottom: tokens.spacingVerticalM },
});

type Shown = ResultOf<'queueShow'>;

/** What it changes about a document that came before it, field by field. */
export function Difference({ difference }: { readonly difference: NonNullable<Shown['difference']> }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { against, againstAt, changes, more } = difference;
  return (
    <DetailPart title={speaker.text('queue.difference')} data-part="difference">
      <p className={styles.words}>
        <Link inline href={hashOf({ screen: 'queue', item: against })}>
          {speaker.text('queue.differenceAgainst', { item: String(against) })}
        </Link>{' '}
        <Moment at={againstAt}>{speaker.text('queue.differenceStored', { at: againstAt })}</Moment>
      </p>
      {changes.length === 0 && more === 0 ? (
        <p className={styles.words}>{speaker.text('queue.differenceNone')}</p>
      ) : (
        <FieldChanges changes={changes} more={more} caption={speaker.text('queue.difference')} />
      )}
    </DetailPart>
  );
}

/** Tables and codes that the mapping does not know. */
export function Unknown({ unknown }: { readonly unknown: NonNullable<Shown['unknown']> }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const named = (kind: 'table' | 'code'): string =>
    unknown
      .filter(({ what }) => what === kind)
      .map(({ name }) => name)
      .join(', ');
  return (
    <DetailPart title={speaker.text('queue.unknown')} data-part="unknown">
      <p className={styles.words}>{speaker.text('queue.unknownWords')}</p>
      <FactList
        label={speaker.text('queue.unknown')}
        facts={(['table', 'code'] as const)
          .filter((kind) => named(kind) !== '')
          .map((kind) => ({ name: speaker.text(`queue.unknown.${kind}`), value: named(kind) }))}
      />
    </DetailPart>
  );
}

/** Who changed what of the packet here, the newest first, and what the phone had sent. */
export function Edits({
  item,
  edits,
  live,
}: {
  readonly item: ItemView;
  readonly edits: readonly ItemEditView[];
  readonly live: boolean;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const connection = useConnection();
  const saving = useByteSaving(fileNameOf(`${item.externalId}-original`, 'xml'), (progress, signal) =>
    fetchBody(connection, item.id, progress, signal, true),
  );
  return (
    <DetailPart title={speaker.text('queue.edits')} data-part="edits">
      {edits.toReversed().map(({ revision, at, by, note, changes, more }) => (
        <Fragment key={revision}>
          <p className={styles.words}>
            <Moment at={at}>
              {by === '' ? speaker.text('queue.edited', { at }) : speaker.text('queue.editedBy', { at, by })}
            </Moment>
            {', '}
            {speaker.text('queue.editRevision', { revision })}
          </p>
          {note !== '' && <p className={styles.note}>{speaker.text('queue.editNote', { note })}</p>}
          <div className={styles.edit}>
            {changes.length > 0 && (
              <FieldChanges
                changes={changes}
                more={more}
                caption={speaker.text('queue.editChanges', { revision })}
              />
            )}
          </div>
        </Fragment>
      ))}
      <SaveButton saving={saving} name={speaker.text('queue.saveOriginal')} live={live} size="small" />
      {saving.refusal !== undefined && <RefusalBar refusal={saving.refusal} />}
    </DetailPart>
  );
}
