import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { useMemo } from 'react';
import { useSpeaker } from '../../state/contexts.ts';
import { readDocument, type ShownTable } from '../../state/queue-document.ts';

const useStyles = makeStyles({
  quiet: { color: tokens.colorNeutralForeground2, margin: `0 0 ${tokens.spacingVerticalM}` },
  table: { marginBottom: tokens.spacingVerticalL },
  title: {
    margin: `0 0 ${tokens.spacingVerticalXS}`,
    fontSize: tokens.fontSizeBase300,
    fontWeight: tokens.fontWeightSemibold,
    overflowWrap: 'anywhere',
  },
  count: { color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular },
  fields: {
    display: 'grid',
    gridTemplateColumns: 'minmax(96px, max-content) minmax(0, 1fr)',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXS,
    margin: 0,
  },
  name: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  value: { margin: 0, overflowWrap: 'anywhere', whiteSpace: 'pre-wrap', unicodeBidi: 'isolate' },
  scroll: {
    overflowX: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  grid: { borderCollapse: 'collapse', minWidth: '100%', fontSize: tokens.fontSizeBase200 },
  cell: {
    textAlign: 'start',
    verticalAlign: 'top',
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    maxWidth: '240px',
    overflowWrap: 'anywhere',
    whiteSpace: 'pre-wrap',
    unicodeBidi: 'isolate',
  },
  short: { whiteSpace: 'nowrap' },
  headCell: {
    fontWeight: tokens.fontWeightRegular,
    color: tokens.colorNeutralForeground2,
    whiteSpace: 'nowrap',
  },
});

/** Text up to this length stays on one line. */
const SHORT_CHARS = 30;

/** The packet as a person reads it: its tables, with fields and values. Everything in it is shown as text. */
export function DocumentTab({ text }: { readonly text: string }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const shown = useMemo(() => readDocument(text), [text]);
  if (shown === undefined) return <p className={styles.quiet}>{speaker.text('queue.document.unreadable')}</p>;
  return (
    <>
      {shown.tables.map((table) => (
        <TableView key={table.name} table={table} />
      ))}
      {shown.cut && <p className={styles.quiet}>{speaker.text('queue.document.cut')}</p>}
    </>
  );
}

function TableView({ table }: { readonly table: ShownTable }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { name, columns, rows, moreRows, moreColumns } = table;
  const status = {
    update: speaker.text('queue.document.updated'),
    delete: speaker.text('queue.document.removed'),
  };
  const [only] = rows;
  return (
    <section className={styles.table}>
      <h4 className={styles.title}>
        {rows.length === 1 && moreRows === 0 ? (
          <>
            {name} {only?.status !== undefined && <span className={styles.count}>{status[only.status]}</span>}
          </>
        ) : (
          speaker.text('queue.document.rows', { table: name, count: rows.length + moreRows })
        )}
      </h4>
      {only !== undefined && rows.length === 1 ? (
        <dl className={styles.fields} aria-label={speaker.text('queue.document.fields', { table: name })}>
          {columns.map((column, n) => (
            <div key={column} style={{ display: 'contents' }}>
              <dt className={styles.name}>{column}</dt>
              <dd className={styles.value}>{only.values[n] ?? ''}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <div
          className={styles.scroll}
          tabIndex={0}
          role="region"
          aria-label={speaker.text('queue.document.fields', { table: name })}
        >
          <table className={styles.grid}>
            <thead>
              <tr>
                <th scope="col" className={mergeClasses(styles.cell, styles.headCell)}>
                  {speaker.text('queue.document.row')}
                </th>
                {columns.map((column) => (
                  <th key={column} scope="col" className={mergeClasses(styles.cell, styles.headCell)}>
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((row, n) => (
                // Rows have no name of their own; their place is what they are.
                // oxlint-disable-next-line react/no-array-index-key
                <tr key={n}>
                  <td className={styles.cell}>
                    {n + 1}
                    {row.status !== undefined && ` ${status[row.status]}`}
                  </td>
                  {row.values.map((value, column) => (
                    <td
                      key={columns[column]}
                      className={mergeClasses(
                        styles.cell,
                        (value?.length ?? 0) <= SHORT_CHARS && styles.short,
                      )}
                    >
                      {value}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {moreRows > 0 && (
        <p className={styles.quiet}>{speaker.text('queue.document.more', { count: moreRows })}</p>
      )}
      {moreColumns > 0 && (
        <p className={styles.quiet}>{speaker.text('queue.document.moreColumns', { count: moreColumns })}</p>
      )}
    </section>
  );
}
