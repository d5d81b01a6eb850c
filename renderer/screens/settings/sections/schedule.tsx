import { useSpeaker } from '../../../state/contexts.ts';
import { listAt, textAt } from '../draft.ts';
import { ListField, TextField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';
import { useDraft } from '../use-draft.ts';
import { WeekdaysField } from '../weekdays-field.tsx';

const FLOWS = [
  { flow: 'pull', standard: '5m' },
  { flow: 'push', standard: '30m' },
] as const;

export function ScheduleSection() {
  const speaker = useSpeaker();
  const { value } = useDraft();
  const links = listAt(value, 'links');
  if (links.length === 0) return <p>{speaker.text('settings.noLinks')}</p>;
  return links.flatMap((_, index) =>
    FLOWS.map(({ flow, standard }) => (
      <Flow key={`${String(index)}-${flow}`} index={index} flow={flow} standard={standard} />
    )),
  );
}

function Flow({
  index,
  flow,
  standard,
}: {
  readonly index: number;
  readonly flow: 'pull' | 'push';
  readonly standard: string;
}) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { at, value, set, readOnly } = useDraft();
  const path = `links[${index}].${flow}.every`;
  const detailed = typeof at(path) === 'object' && at(path) !== null;
  return (
    <Group
      title={`${textAt(value, `links[${index}].id`)}: ${speaker.text(`flow.${flow}`)}`}
      act={{
        name: speaker.text(detailed ? 'settings.scheduleSimple' : 'settings.scheduleDetailed'),
        disabled: readOnly,
        do: () =>
          set(
            path,
            detailed
              ? textAt(value, `${path}.every`) || standard
              : { every: textAt(value, path) || standard },
          ),
      }}
    >
      <div className={styles.grid}>
        {detailed ? (
          <>
            <TextField path={`${path}.every`} label="settings.every" hint="settings.durationHint" />
            <ListField path={`${path}.at`} label="settings.atTimes" hint="settings.atTimesHint" />
            <TextField path={`${path}.window.from`} label="settings.windowFrom" hint="settings.clockHint" />
            <TextField path={`${path}.window.to`} label="settings.windowTo" hint="settings.clockHint" />
            <WeekdaysField path={`${path}.weekdays`} label="settings.weekdays" />
          </>
        ) : (
          <TextField path={path} label="settings.every" hint="settings.durationHint" standard={standard} />
        )}
      </div>
    </Group>
  );
}
