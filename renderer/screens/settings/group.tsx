import { Button, Card, Subtitle2, makeStyles, tokens } from '@fluentui/react-components';
import { useId } from 'react';

const useStyles = makeStyles({
  card: { padding: tokens.spacingHorizontalL, gap: tokens.spacingVerticalM },
  head: {
    display: 'flex',
    alignItems: 'center',
    justifyContent: 'space-between',
    gap: tokens.spacingHorizontalM,
  },
  title: { margin: 0 },
  words: { margin: 0, color: tokens.colorNeutralForeground2 },
});

interface GroupProps {
  readonly title: string;
  readonly explanation?: string | undefined;
  /** At the right of the title: remove, switch. */
  readonly act?: { readonly name: string; readonly disabled: boolean; readonly do: () => void } | undefined;
  readonly children: React.ReactNode;
}

/** Settings that belong together. */
export function Group({ title, explanation, act, children }: GroupProps) {
  const styles = useStyles();
  const id = useId();
  return (
    <Card className={styles.card} role="group" aria-labelledby={id}>
      <header className={styles.head}>
        <Subtitle2 as="h2" id={id} className={styles.title}>
          {title}
        </Subtitle2>
        {act !== undefined && (
          <Button size="small" disabled={act.disabled} onClick={act.do}>
            {act.name}
          </Button>
        )}
      </header>
      {explanation !== undefined && <p className={styles.words}>{explanation}</p>}
      {children}
    </Card>
  );
}
