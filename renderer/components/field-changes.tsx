import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import type { ItemEditView } from '../../shared/contract/queue-requests.ts';
import { useSpeaker } from '../state/contexts.ts';

const useStyles = makeStyles({
  scroll: {
    overflowX: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  table: { borderCollapse: 'collapse', width: '100%', fontSize: tokens.fontSizeBase200 },
  head: {
    ...typographyStyles.caption1,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'nowrap',
  },
  cell: {
    textAlign: 'start',
    verticalAlign: 'top',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    maxWidth: '240px',
    overflowWrap: 'anywhere',
    whiteSpace: 'pre-wrap',
    unicodeBidi: 'isolate',
  },
  none: { color: tokens.colorNeutralForeground3 },
  where: { color: tokens.colorNeutralForeground2 },
  more: { margin: `${tokens.spacingVerticalXS} 0 0`, color: tokens.colorNeutralForeground2 },
});

export type FieldChange = ItemEditView['changes'][number];

interface FieldChangesProps {
  readonly changes: readonly FieldChange[];
  /** Changes beyond those listed. */
  readonly more: number;
  /** For screen readers: what the table shows. */
  readonly caption: string;
}

/** What differs, field by field: where, what it was, what it is. Everything is shown as text. */
export function FieldChanges({ changes, more, caption }: FieldChangesProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const head = mergeClasses(styles.cell, styles.head);
  const value = (text: string | undefined) =>
    text === undefined || text === '' ? (
      <span className={styles.none}>{speaker.text(text === undefined ? 'change.none' : 'change.empty')}</span>
    ) : (
      text
    );
  return (
    <>
      <div className={styles.scroll} tabIndex={0} role="region" aria-label={caption}>
        <table className={styles.table}>
          <thead>
            <tr>
              {(['change.where', 'change.field', 'change.before', 'change.after'] as const).map((key) => (
                <th key={key} scope="col" className={head}>
                  {speaker.text(key)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {changes.map((change, n) => (
              // Rows of a packet may bear one name: the place is what tells them apart.
              // oxlint-disable-next-line react/no-array-index-key
              <tr key={n} data-change={change.field}>
                <td className={mergeClasses(styles.cell, styles.where)}>
                  {speaker.text('change.row', { table: change.table, row: change.row })}
                </td>
                <th scope="row" className={styles.cell}>
                  {change.field}
                </th>
                <td className={styles.cell}>{value(change.before)}</td>
                <td className={styles.cell}>{value(change.after)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {more > 0 && <p className={styles.more}>{speaker.text('change.more', { count: more })}</p>}
    </>
  );
}
