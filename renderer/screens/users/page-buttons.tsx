import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ChevronLeftRegular } from '@fluentui/react-icons/svg/chevron-left';
import { ChevronRightRegular } from '@fluentui/react-icons/svg/chevron-right';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  pages: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalXS },
});

interface PageButtonsProps {
  readonly offset: number;
  /** Rows of one page. */
  readonly size: number;
  readonly total: number;
  readonly onOffset: (offset: number) => void;
}

/** Which part of a long list is shown, and the ways to its neighbours; nothing where all of it is shown. */
export function PageButtons({ offset, size, total, onOffset }: PageButtonsProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  if (total <= size && offset === 0) return undefined;
  const last = Math.min(total, offset + size);
  return (
    <span className={styles.pages}>
      {speaker.text('users.page', { first: Math.min(offset + 1, last), last, count: total })}
      <Button
        appearance="subtle"
        size="small"
        icon={<ChevronLeftRegular />}
        aria-label={speaker.text('users.previous')}
        disabledFocusable={offset === 0}
        onClick={() => onOffset(Math.max(0, offset - size))}
      />
      <Button
        appearance="subtle"
        size="small"
        icon={<ChevronRightRegular />}
        aria-label={speaker.text('users.next')}
        disabledFocusable={last >= total}
        onClick={() => onOffset(offset + size)}
      />
    </span>
  );
}
