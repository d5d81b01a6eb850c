import { Title2, makeStyles, tokens } from '@fluentui/react-components';

const useStyles = makeStyles({
  page: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalL,
    maxWidth: '1200px',
    width: '100%',
    marginInline: 'auto',
    padding: `${tokens.spacingVerticalXL} ${tokens.spacingHorizontalXXL} ${tokens.spacingVerticalXXL}`,
    boxSizing: 'border-box',
    minHeight: '100%',
  },
  full: { height: '100%', maxWidth: 'none' },
  head: {
    display: 'flex',
    alignItems: 'flex-start',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalL,
    flexWrap: 'wrap',
  },
  words: { minWidth: 0, flex: '1 1 320px' },
  title: { margin: 0 },
  sentence: { margin: `${tokens.spacingVerticalXS} 0 0`, color: tokens.colorNeutralForeground2 },
  act: { display: 'flex', gap: tokens.spacingHorizontalS, flexShrink: 0, flexWrap: 'wrap' },
});

interface PageFrameProps {
  readonly title: string;
  /** One sentence of state. */
  readonly sentence?: React.ReactNode;
  /** The primary action, at the right. */
  readonly action?: React.ReactNode;
  /** Fills the window: for a list that scrolls within. */
  readonly full?: boolean | undefined;
  readonly children: React.ReactNode;
}

/** Title, one sentence of state, primary action; then the page. */
export function PageFrame({ title, sentence, action, full = false, children }: PageFrameProps) {
  const styles = useStyles();
  return (
    <div className={full ? `${styles.page} ${styles.full}` : styles.page}>
      <header className={styles.head}>
        <div className={styles.words}>
          <Title2 as="h1" className={styles.title}>
            {title}
          </Title2>
          {sentence !== undefined && <p className={styles.sentence}>{sentence}</p>}
        </div>
        {action !== undefined && <div className={styles.act}>{action}</div>}
      </header>
      {children}
    </div>
  );
}
