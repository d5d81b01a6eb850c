import { makeStyles, tokens } from '@fluentui/react-components';
import { RIGHTS } from '../../../../shared/contract/reply.ts';
import { useSpeaker } from '../../../state/contexts.ts';
import { ChoiceField, NumberField, SwitchField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';
import { useDraft } from '../use-draft.ts';

const useStyles = makeStyles({
  file: {
    margin: 0,
    maxHeight: '360px',
    overflow: 'auto',
    padding: tokens.spacingHorizontalM,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
    userSelect: 'text',
  },
});

export function AdvancedSection() {
  const speaker = useSpeaker();
  const fields = useFieldStyles();
  const styles = useStyles();
  const { value } = useDraft();
  return (
    <>
      <Group title={speaker.text('settings.program')}>
        <div className={fields.grid}>
          <SwitchField
            path="desktop.startAtLogon"
            label="settings.startAtLogon"
            hint="settings.startAtLogonHint"
            standard
          />
          <NumberField
            path="retention.days"
            label="settings.retention"
            hint="settings.retentionHint"
            standard="90"
          />
        </div>
      </Group>
      <Group title={speaker.text('settings.console')} explanation={speaker.text('settings.consoleWords')}>
        <div className={fields.grid}>
          <SwitchField path="console.enabled" label="settings.consoleOn" standard={false} />
          <NumberField
            path="console.port"
            label="settings.port"
            hint="settings.consolePortHint"
            standard="0"
          />
          <ChoiceField
            path="console.right"
            label="settings.consoleRight"
            standard="operate"
            options={RIGHTS.map((right) => ({ value: right, text: speaker.text(`settings.right.${right}`) }))}
          />
        </div>
      </Group>
      <Group title={speaker.text('settings.file')} explanation={speaker.text('settings.fileWords')}>
        <pre className={styles.file} tabIndex={0} aria-label={speaker.text('settings.file')}>
          {JSON.stringify(value, undefined, 2)}
        </pre>
      </Group>
    </>
  );
}
