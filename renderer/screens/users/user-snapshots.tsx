import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { SnapshotView } from '../../../shared/contract/user-requests.ts';
import { DetailPart } from '../../components/detail-pane.tsx';
import { Moment } from '../../components/moment.tsx';
import { PlainTable } from '../../components/plain-table.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { sizeWords } from '../../state/queue-words.ts';
import { useCopy } from '../../state/use-copy.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
  words: { color: tokens.colorNeutralForeground2, margin: `0 0 ${tokens.spacingVerticalXS}` },
  entry: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
  },
});

type Tables = ResultOf<'userShow'>['tables'];

/** The tables of the accepted snapshot, and by how many rows each differs from the one before. */
export function SnapshotTables({ tables }: { readonly tables: Tables }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const numbers = new Intl.NumberFormat(speaker.view.locale);
  // The first snapshot of a user has nothing to be compared with.
  const compared = tables.some(({ before }) => before !== undefined);
  return (
    <DetailPart title={speaker.text('users.tables')} data-part="tables">
      {tables.length === 0 ? (
        <p className={styles.quiet}>{speaker.text('users.tablesNone')}</p>
      ) : (
        <PlainTable
          caption={speaker.text('users.tables')}
          columns={[
            { name: speaker.text('users.table.name') },
            { name: speaker.text('users.table.rows'), number: true },
            ...(compared
              ? [
                  { name: speaker.text('users.table.before'), number: true },
                  { name: speaker.text('users.table.difference'), number: true },
                ]
              : []),
          ]}
          rows={tables.map(({ table, rows, before }) => ({
            key: table,
            cells: [
              table,
              numbers.format(rows),
              ...(compared
                ? [before === undefined ? '' : numbers.format(before), difference(rows, before, speaker)]
                : []),
            ],
          }))}
        />
      )}
    </DetailPart>
  );
}

function difference(rows: number, before: number | undefined, speaker: Speaker): string {
  if (before === undefined) return speaker.text('users.table.new');
  if (rows === before) return speaker.text('users.table.same');
  return rows > before
    ? speaker.text('users.table.more', { count: rows - before })
    : speaker.text('users.table.less', { count: before - rows });
}

/** Snapshots the cloud accepted, and where it says what became of them. */
export function SnapshotHistory({ history }: { readonly history: readonly SnapshotView[] }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const copy = useCopy();
  const numbers = new Intl.NumberFormat(speaker.view.locale);
  if (history.length === 0) return undefined;
  return (
    <DetailPart title={speaker.text('users.history')} data-part="history">
      <p className={styles.words}>{speaker.text('users.historyWords')}</p>
      <PlainTable
        caption={speaker.text('users.history')}
        columns={[
          { name: speaker.text('users.history.at') },
          { name: speaker.text('users.history.size'), number: true },
          { name: speaker.text('users.history.rows'), number: true },
          { name: speaker.text('users.history.entry') },
        ]}
        rows={history.map(({ item, since, size, rows, syncLogId }) => ({
          key: String(item),
          cells: [
            <Moment key="at" at={since}>
              {speaker.clock(since)}
            </Moment>,
            sizeWords(size, speaker),
            numbers.format(rows),
            syncLogId === undefined || syncLogId === '' ? (
              speaker.text('users.history.noEntry')
            ) : (
              <span key="entry" className={styles.entry}>
                {syncLogId}
                <Button
                  size="small"
                  appearance="subtle"
                  icon={<CopyRegular />}
                  aria-label={speaker.text('users.history.copy', { id: syncLogId })}
                  onClick={() => copy(syncLogId)}
                />
              </span>
            ),
          ],
        }))}
      />
    </DetailPart>
  );
}
