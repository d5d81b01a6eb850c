import { Button, makeStyles, mergeClasses, tokens, typographyStyles } from '@fluentui/react-components';
import { CheckmarkRegular } from '@fluentui/react-icons/svg/checkmark';
import { ChevronDownRegular } from '@fluentui/react-icons/svg/chevron-down';
import { ChevronRightRegular } from '@fluentui/react-icons/svg/chevron-right';
import { useEffect, useId, useRef, useState } from 'react';
import type { Alert } from '../../../shared/contract/alert.ts';
import { Advice } from '../../components/advice.tsx';
import { Moment } from '../../components/moment.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { goTo } from '../../state/place.ts';
import { useActions } from '../../state/use-actions.ts';
import { SeverityShape } from './severity-shape.tsx';

const useStyles = makeStyles({
  card: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    // Only a deep link moves the focus here, and its mark says so already.
    ':focus': { outlineStyle: 'none' },
  },
  chosen: {
    border: `1px solid ${tokens.colorCompoundBrandStroke}`,
    boxShadow: `inset 4px 0 0 ${tokens.colorCompoundBrandStroke}`,
  },
  head: {
    display: 'flex',
    flexWrap: 'wrap',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    ...typographyStyles.caption1,
    color: tokens.colorNeutralForeground3,
  },
  severity: {
    display: 'inline-flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground1,
    fontWeight: tokens.fontWeightSemibold,
  },
  title: { ...typographyStyles.subtitle2, margin: 0, overflowWrap: 'anywhere' },
  over: { color: tokens.colorNeutralForeground2, fontWeight: tokens.fontWeightRegular },
  body: { margin: 0, maxWidth: '90ch', overflowWrap: 'anywhere' },
  advice: { maxWidth: '90ch' },
  foot: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalS, alignItems: 'center' },
  follows: { margin: 0, paddingLeft: '28px', color: tokens.colorNeutralForeground2 },
});

interface AlertCardProps {
  readonly alert: Alert;
  readonly live: boolean;
  /** The one that was asked for: it is shown and marked. */
  readonly chosen: boolean;
}

/** One root cause: the effect first, then since when, what is safe, who acts; what follows from it is folded beneath. */
export function AlertCard({ alert, live, chosen }: AlertCardProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { perform, tell } = useActions();
  const id = useId();
  const card = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const title = speaker.say(alert.title);
  const over = alert.endedAt !== undefined;
  const { place } = alert;
  useEffect(() => {
    if (!chosen) return;
    card.current?.scrollIntoView({ block: 'center' });
    card.current?.focus({ preventScroll: true });
  }, [chosen]);
  const acknowledge = async (): Promise<void> => {
    const reply = await perform('alertAcknowledge', { alert: alert.id });
    if (reply.ok) tell('success', speaker.text('notes.acknowledged'));
  };
  const show = speaker.text(`notes.open.${place.screen}`);
  return (
    <article
      ref={card}
      tabIndex={-1}
      aria-labelledby={id}
      aria-current={chosen ? 'true' : undefined}
      className={mergeClasses(styles.card, chosen && styles.chosen)}
      data-alert={alert.id}
      data-severity={alert.severity}
      data-ended={over}
    >
      <div className={styles.head}>
        <span className={styles.severity}>
          <SeverityShape severity={alert.severity} over={over} />
          {speaker.text(over ? 'notes.ended' : `notes.severity.${alert.severity}`)}
        </span>
        <Moment at={alert.since}>{speaker.text('notes.since', { at: alert.since })}</Moment>
        {alert.endedAt !== undefined && (
          <>
            <span>
              {speaker.text('notes.lasted', { length: speaker.lasting(alert.endedAt - alert.since) })}
            </span>
            <Moment at={alert.endedAt}>{speaker.text('notes.endedAt', { at: alert.endedAt })}</Moment>
          </>
        )}
        {alert.times > 1 && <span>{speaker.text('notes.times', { count: alert.times })}</span>}
        {alert.acknowledgedAt !== undefined && (
          <Moment at={alert.acknowledgedAt}>
            {speaker.text('notes.acknowledgedAt', { at: alert.acknowledgedAt })}
          </Moment>
        )}
      </div>
      <h3 id={id} className={mergeClasses(styles.title, over && styles.over)}>
        {title}
      </h3>
      <p className={styles.body}>{speaker.say(alert.body)}</p>
      {!over && (
        <div className={styles.advice}>
          <Advice owner={alert.owner} next={alert.next} />
        </div>
      )}
      <div className={styles.foot}>
        {!over && place.screen !== 'notifications' && (
          <Button
            aria-label={speaker.text('notes.openOf', { action: show, title })}
            onClick={() => goTo(place)}
          >
            {show}
          </Button>
        )}
        {!over && alert.acknowledgedAt === undefined && (
          <Button
            icon={<CheckmarkRegular />}
            aria-label={speaker.text('notes.acknowledgeOf', { title })}
            disabledFocusable={!live}
            onClick={() => void acknowledge()}
          >
            {speaker.text('notes.acknowledge')}
          </Button>
        )}
        {alert.consequences.length > 0 && (
          <Button
            appearance="subtle"
            icon={open ? <ChevronDownRegular /> : <ChevronRightRegular />}
            aria-expanded={open}
            aria-controls={open ? `${id}-follows` : undefined}
            onClick={() => setOpen(!open)}
          >
            {speaker.text('notes.consequences', { count: alert.consequences.length })}
          </Button>
        )}
      </div>
      {open && (
        <ul id={`${id}-follows`} className={styles.follows}>
          {alert.consequences.map((one) => (
            <li key={`${one.key} ${JSON.stringify(one.params)}`}>{speaker.say(one)}</li>
          ))}
        </ul>
      )}
    </article>
  );
}
