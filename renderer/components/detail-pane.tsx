import { Button, makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import { DismissRegular } from '@fluentui/react-icons/svg/dismiss';
import { useSpeaker } from '../state/contexts.ts';

const useStyles = makeStyles({
  detail: {
    display: 'flex',
    flexDirection: 'column',
    minWidth: 0,
    minHeight: 0,
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: 'hidden',
  },
  head: {
    display: 'flex',
    alignItems: 'flex-start',
    gap: tokens.spacingHorizontalS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalM} ${tokens.spacingVerticalS} ${tokens.spacingHorizontalL}`,
  },
  words: { flexGrow: 1, minWidth: 0 },
  title: { ...typographyStyles.subtitle1, margin: 0, overflowWrap: 'anywhere', unicodeBidi: 'isolate' },
  facts: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
    marginTop: tokens.spacingVerticalXXS,
    color: tokens.colorNeutralForeground2,
  },
  body: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    overflowY: 'auto',
    minHeight: 0,
    padding: `0 ${tokens.spacingHorizontalL} ${tokens.spacingVerticalL}`,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
  },
});

interface DetailPaneProps {
  /** For tests: what it is the detail of. */
  readonly id: string | number;
  readonly title: string;
  /** Under the title: state, whose, since when. */
  readonly facts?: React.ReactNode;
  readonly label: string;
  /** What its scrolling part is called. */
  readonly contents: string;
  readonly onClose: () => void;
  readonly children: React.ReactNode;
}

/** What stands beside a list about one of its rows. Escape closes it. */
export function DetailPane({ id, title, facts, label, contents, onClose, children }: DetailPaneProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  return (
    <section
      className={styles.detail}
      data-detail={id}
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        onClose();
      }}
    >
      <header className={styles.head}>
        <div className={styles.words}>
          <h2 className={styles.title}>{title}</h2>
          {facts !== undefined && <div className={styles.facts}>{facts}</div>}
        </div>
        <Button
          appearance="subtle"
          icon={<DismissRegular />}
          aria-label={speaker.text('queue.closeDetail')}
          onClick={onClose}
        />
      </header>
      <div className={styles.body} tabIndex={0} role="region" aria-label={contents}>
        {children}
      </div>
    </section>
  );
}

const usePartStyles = makeStyles({
  title: { ...typographyStyles.body1Strong, margin: `0 0 ${tokens.spacingVerticalS}` },
});

/** A part of a detail under its own heading. */
export function DetailPart({
  title,
  children,
  ...rest
}: { readonly title: string; readonly children: React.ReactNode } & Omit<
  React.ComponentPropsWithoutRef<'section'>,
  'title'
>) {
  const styles = usePartStyles();
  return (
    <section {...rest}>
      <h3 className={styles.title}>{title}</h3>
      {children}
    </section>
  );
}
