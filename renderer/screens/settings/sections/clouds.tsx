import { useState } from 'react';
import { useSpeaker } from '../../../state/contexts.ts';
import { listAt, textAt } from '../draft.ts';
import { ChoiceField, ListField, NumberField, SwitchField, TextField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';
import { HopTest } from '../hop-test.tsx';
import { SecretField } from '../secret-field.tsx';
import { useDraft } from '../use-draft.ts';

export function CloudsSection() {
  const speaker = useSpeaker();
  const { value } = useDraft();
  const links = listAt(value, 'links');
  if (links.length === 0) return <p>{speaker.text('settings.noLinks')}</p>;
  return links.map((_, index) => (
    // eslint-disable-next-line react/no-array-index-key -- the place in the file is what names it
    <Cloud key={index} index={index} />
  ));
}

function Cloud({ index }: { readonly index: number }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { value } = useDraft();
  const [typed, setTyped] = useState('');
  const path = `links[${index}].cloud`;
  const id = textAt(value, `links[${index}].id`);
  return (
    <Group title={`${id} (${speaker.text('kind.dynamics-mobile')})`}>
      <div className={styles.grid}>
        <TextField
          path={`${path}.baseUrl`}
          label="settings.cloudAddress"
          hint="settings.cloudAddressHint"
          required
        />
        <TextField path={`${path}.appArea`} label="settings.appArea" hint="settings.appAreaHint" required />
        <SecretField name={`link.${id}.apiKey`} label="settings.apiKey" typed={typed} onTyped={setTyped} />
        <ListField
          path={`${path}.companies`}
          label="settings.companies"
          hint="settings.companiesHint"
          required
        />
        <TextField
          path={`${path}.timeZone`}
          label="settings.cloudZone"
          hint="settings.cloudZoneHint"
          standard="UTC"
        />
        <TextField path={`${path}.pathPrefix`} label="settings.pathPrefix" standard="/mobile/erp" />
        <ChoiceField
          path={`${path}.listFormat`}
          label="settings.listFormat"
          standard="xml"
          options={[
            { value: 'xml', text: 'XML' },
            { value: 'json', text: 'JSON' },
          ]}
        />
        <ListField path={`${path}.linkHosts`} label="settings.linkHosts" hint="settings.linkHostsHint" />
        <NumberField
          path={`${path}.callsPerMinute`}
          label="settings.callsPerMinute"
          hint="settings.callsPerMinuteHint"
        />
        <TextField
          path={`${path}.retention`}
          label="settings.cloudRetention"
          hint="settings.cloudRetentionHint"
          standard="4d"
        />
        <SwitchField
          path={`${path}.partialDone`}
          label="settings.partialDone"
          hint="settings.partialDoneHint"
          standard={false}
        />
      </div>
      <HopTest target={{ kind: 'cloud', link: id }} secret={typed} />
    </Group>
  );
}
