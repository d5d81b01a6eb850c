import { makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';

const useStyles = makeStyles({
  table: { width: '100%', borderCollapse: 'collapse' },
  unseen: {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    whiteSpace: 'nowrap',
  },
  head: {
    ...typographyStyles.caption1Strong,
    position: 'sticky',
    top: 0,
    textAlign: 'start',
    verticalAlign: 'bottom',
    color: tokens.colorNeutralForeground2,
    backgroundColor: tokens.colorNeutralBackground1,
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    boxShadow: `inset 0 -1px 0 ${tokens.colorNeutralStroke2}`,
  },
  cell: {
    textAlign: 'start',
    fontWeight: tokens.fontWeightRegular,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`,
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
  },
  last: { '& > *': { borderBottom: 'none' } },
  number: { textAlign: 'end' },
});

interface PlainTableProps {
  /** For screen readers: what the table shows. */
  readonly caption: string;
  readonly columns: readonly { readonly name: string; readonly number?: boolean | undefined }[];
  /** The first cell names its row. */
  readonly rows: readonly { readonly key: string; readonly cells: readonly React.ReactNode[] }[];
}

/** A small table to be read, not worked with. */
export function PlainTable({ caption, columns, rows }: PlainTableProps) {
  const styles = useStyles();
  const look = (index: number, own: string): string =>
    mergeClasses(own, columns[index]?.number === true && styles.number);
  return (
    <table className={styles.table}>
      <caption className={styles.unseen}>{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ name }, index) => (
            <th key={name} scope="col" className={look(index, styles.head)}>
              {name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, cells }, row) => (
          <tr key={key} className={row === rows.length - 1 ? styles.last : undefined}>
            {cells.map((cell, index) =>
              index === 0 ? (
                <th key={columns[0]?.name} scope="row" className={look(index, styles.cell)}>
                  {cell}
                </th>
              ) : (
                <td key={columns[index]?.name} className={look(index, styles.cell)}>
                  {cell}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
