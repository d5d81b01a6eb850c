import { makeStyles, tokens } from '@fluentui/react-components';
import { useMemo } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { Moment } from '../../components/moment.tsx';
import { PlainTable } from '../../components/plain-table.tsx';
import { isKnown, withGaps } from '../../state/activity-data.ts';
import { useSpeaker } from '../../state/contexts.ts';

const useStyles = makeStyles({
  scroll: {
    maxHeight: '260px',
    overflow: 'auto',
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}` },
  },
  gap: { color: tokens.colorNeutralForeground3 },
});

/** The charts as numbers, the newest first. */
export function ActivityTable({ history }: { readonly history: ResultOf<'history'> }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const points = useMemo(() => [...withGaps(history)].reverse(), [history]);
  const number = (value: number | undefined): string => value?.toLocaleString(speaker.view.locale) ?? '';
  return (
    <div className={styles.scroll} role="region" tabIndex={0} aria-label={speaker.text('status.table')}>
      <PlainTable
        caption={speaker.text('status.activity')}
        columns={[
          { name: speaker.text('status.time') },
          { name: speaker.text('status.toErp'), number: true },
          { name: speaker.text('status.toPhones'), number: true },
          { name: speaker.text('status.waitsErp'), number: true },
          { name: speaker.text('status.waitsPhones'), number: true },
          { name: speaker.text('status.parkedSeries'), number: true },
        ]}
        rows={points.map((point) => ({
          key: String(point.at),
          cells: [
            <Moment key="at" at={point.at}>
              {speaker.clock(point.at)}
            </Moment>,
            number(point.settledIn),
            number(point.settledOut),
            ...(isKnown(point)
              ? [number(point.pendingIn), number(point.pendingOut), number(point.parked)]
              : [
                  <span key="gap" className={styles.gap}>
                    {speaker.text('status.noAgentRan')}
                  </span>,
                  '',
                  '',
                ]),
          ],
        }))}
      />
    </div>
  );
}
