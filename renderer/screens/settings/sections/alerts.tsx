import { Checkbox, makeStyles } from '@fluentui/react-components';
import { useState } from 'react';
import { WARNING_CODES } from '../../../../shared/model/warning-codes.ts';
import { useSpeaker } from '../../../state/contexts.ts';
import { listAt } from '../draft.ts';
import { ChoiceField, ListField, NumberField, SwitchField, TextField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';
import { HopTest } from '../hop-test.tsx';
import { SecretField } from '../secret-field.tsx';
import { useDraft } from '../use-draft.ts';
import { WeekdaysField } from '../weekdays-field.tsx';

const useStyles = makeStyles({
  kinds: { display: 'grid', gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))' },
});

export function AlertsSection() {
  const speaker = useSpeaker();
  const fields = useFieldStyles();
  const { at, set, readOnly } = useDraft();
  const quiet = at('alerts.quietHours') !== undefined;
  return (
    <>
      <Group title={speaker.text('settings.toasts')} explanation={speaker.text('settings.toastsWords')}>
        <SwitchField path="alerts.toasts" label="settings.toastsOn" standard />
      </Group>
      <Mail />
      <Webhook />
      <Group
        title={speaker.text('settings.quiet')}
        explanation={speaker.text('settings.quietWords')}
        act={{
          name: speaker.text(quiet ? 'settings.switchOff' : 'settings.switchOn'),
          disabled: readOnly,
          do: () => set('alerts.quietHours', quiet ? undefined : { from: '20:00', to: '07:00' }),
        }}
      >
        {quiet && (
          <div className={fields.grid}>
            <TextField
              path="alerts.quietHours.from"
              label="settings.windowFrom"
              hint="settings.clockHint"
              required
            />
            <TextField
              path="alerts.quietHours.to"
              label="settings.windowTo"
              hint="settings.clockHint"
              required
            />
            <WeekdaysField path="alerts.quietHours.weekdays" label="settings.weekdays" />
          </div>
        )}
      </Group>
      <Kinds />
    </>
  );
}

function Mail() {
  const speaker = useSpeaker();
  const fields = useFieldStyles();
  const { at, set, readOnly } = useDraft();
  const [typed, setTyped] = useState('');
  const on = at('alerts.mail') !== undefined;
  return (
    <Group
      title={speaker.text('settings.mail')}
      explanation={speaker.text('settings.mailWords')}
      act={{
        name: speaker.text(on ? 'settings.remove' : 'settings.mailAdd'),
        disabled: readOnly,
        do: () => set('alerts.mail', on ? undefined : { host: '', from: '', to: [] }),
      }}
    >
      {on && (
        <>
          <div className={fields.grid}>
            <SwitchField path="alerts.mail.enabled" label="settings.mailOn" standard />
            <TextField path="alerts.mail.host" label="settings.mailHost" required />
            <ChoiceField
              path="alerts.mail.security"
              label="settings.mailSecurity"
              standard="starttls"
              options={(['starttls', 'tls'] as const).map((one) => ({
                value: one,
                text: speaker.text(`settings.mailSecurity.${one}`),
              }))}
            />
            <NumberField path="alerts.mail.port" label="settings.port" standard="587" />
            <TextField path="alerts.mail.user" label="settings.mailUser" hint="settings.mailUserHint" />
            <SecretField
              name="alerts.mail.password"
              label="settings.mailPassword"
              typed={typed}
              onTyped={setTyped}
            />
            <TextField path="alerts.mail.from" label="settings.mailFrom" required />
            <ListField path="alerts.mail.to" label="settings.mailTo" hint="settings.listHint" required />
          </div>
          <HopTest target={{ kind: 'mail' }} secret={typed} />
        </>
      )}
    </Group>
  );
}

function Webhook() {
  const speaker = useSpeaker();
  const fields = useFieldStyles();
  const { at, set, readOnly } = useDraft();
  const [typed, setTyped] = useState('');
  const on = at('alerts.webhook') !== undefined;
  return (
    <Group
      title={speaker.text('settings.webhook')}
      explanation={speaker.text('settings.webhookWords')}
      act={{
        name: speaker.text(on ? 'settings.remove' : 'settings.webhookAdd'),
        disabled: readOnly,
        do: () => set('alerts.webhook', on ? undefined : {}),
      }}
    >
      {on && (
        <>
          <div className={fields.grid}>
            <SwitchField path="alerts.webhook.enabled" label="settings.webhookOn" standard />
            <SecretField
              name="alerts.webhook.url"
              label="settings.webhookUrl"
              typed={typed}
              onTyped={setTyped}
            />
          </div>
          <HopTest target={{ kind: 'webhook' }} secret={typed} />
        </>
      )}
    </Group>
  );
}

function Kinds() {
  const speaker = useSpeaker();
  const styles = useStyles();
  const { value, set, readOnly } = useDraft();
  const off = listAt(value, 'alerts.off');
  return (
    <Group title={speaker.text('settings.kinds')} explanation={speaker.text('settings.kindsWords')}>
      <div className={styles.kinds}>
        {WARNING_CODES.map((code) => (
          <Checkbox
            key={code}
            label={speaker.text(`settings.kind.${code}`)}
            checked={!off.includes(code)}
            disabled={readOnly}
            onChange={(_, { checked }) => {
              const next = WARNING_CODES.filter((one) =>
                one === code ? checked !== true : off.includes(one),
              );
              set('alerts.off', next.length === 0 ? undefined : next);
            }}
          />
        ))}
      </div>
    </Group>
  );
}
