import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import { Fragment } from 'react';
import type { PreviewChange } from '../../../shared/contract/user-requests.ts';
import { DetailPart } from '../../components/detail-pane.tsx';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  title: {
    ...typographyStyles.caption1Strong,
    margin: `${tokens.spacingVerticalS} 0 ${tokens.spacingVerticalXS}`,
  },
  scroll: {
    overflowX: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  table: { borderCollapse: 'collapse', width: '100%', fontSize: tokens.fontSizeBase200 },
  head: { color: tokens.colorNeutralForeground2, whiteSpace: 'nowrap' },
  cell: {
    textAlign: 'start',
    verticalAlign: 'top',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    maxWidth: '260px',
    overflowWrap: 'anywhere',
    whiteSpace: 'pre-wrap',
    unicodeBidi: 'isolate',
  },
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
});

/** Rows that differ, by table: changed ones field by field, added and removed ones whole. Everything is shown as text. */
export function PreviewChanges({
  changes,
  more,
}: {
  readonly changes: readonly PreviewChange[];
  readonly more: number;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const tables = Map.groupBy(changes, ({ table }) => table);
  return (
    <DetailPart title={speaker.text('preview.changes')} data-part="changes">
      {changes.length === 0 && more === 0 && (
        <p className={styles.quiet}>{speaker.text('preview.changesNone')}</p>
      )}
      {[...tables].map(([table, rows]) => (
        <Fragment key={table}>
          <h4 className={styles.title}>{table}</h4>
          <TableChanges table={table} rows={rows} />
        </Fragment>
      ))}
      {more > 0 && <p className={styles.quiet}>{speaker.text('preview.more', { count: more })}</p>}
    </DetailPart>
  );
}

function TableChanges({ table, rows }: { readonly table: string; readonly rows: readonly PreviewChange[] }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  return (
    <div
      className={styles.scroll}
      tabIndex={0}
      role="region"
      aria-label={speaker.text('preview.changesOf', { table })}
    >
      <table className={styles.table}>
        <thead>
          <tr>
            {(
              ['preview.row', 'preview.change', 'preview.field', 'preview.before', 'preview.after'] as const
            ).map((key) => (
              <th key={key} scope="col" className={mergeClasses(styles.cell, styles.head)}>
                {speaker.text(key)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <RowChange key={`${row.change} ${row.row}`} row={row} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RowChange({ row: { row, change, fields } }: { readonly row: PreviewChange }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const names = (span: number) => (
    <>
      <th scope="rowgroup" rowSpan={span} className={styles.cell}>
        {row}
      </th>
      <td rowSpan={span} className={styles.cell}>
        {speaker.text(`preview.change.${change}`)}
      </td>
    </>
  );
  if (change !== 'changed')
    return (
      <tr data-row={row} data-change={change}>
        {names(1)}
        <td colSpan={3} className={styles.cell}>
          {fields
            .map(({ field, before, after }) =>
              speaker.text('preview.value', { field, value: (change === 'added' ? after : before) ?? '' }),
            )
            .join(', ')}
        </td>
      </tr>
    );
  return fields.map(({ field, before, after }, n) => (
    <tr key={field} data-row={row} data-change={change}>
      {n === 0 && names(fields.length)}
      <td className={styles.cell}>{field}</td>
      <td className={styles.cell}>{before ?? speaker.text('change.none')}</td>
      <td className={styles.cell}>{after ?? speaker.text('change.none')}</td>
    </tr>
  ));
}
