import { Button } from '@fluentui/react-components';
import { useState } from 'react';
import { useSpeaker } from '../../../state/contexts.ts';
import { freeName, listAt, textAt, withItem, withoutItem } from '../draft.ts';
import { NumberField, SwitchField, TextField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';
import { HopTest } from '../hop-test.tsx';
import { SecretField } from '../secret-field.tsx';
import { useDraft } from '../use-draft.ts';

export function ErpsSection() {
  const speaker = useSpeaker();
  const { value, replace, readOnly } = useDraft();
  const erps = listAt(value, 'erps');
  const names = erps.map((_, index) => textAt(value, `erps[${index}].id`));
  const add = (): void =>
    replace(
      withItem(value, 'erps', {
        id: freeName(names, 'erp'),
        server: '',
        database: '',
        user: '',
        timeZone: textAt(value, 'site.timeZone'),
      }),
    );
  return (
    <>
      {erps.map((_, index) => (
        // eslint-disable-next-line react/no-array-index-key -- the place in the file is what names it
        <Erp key={index} index={index} />
      ))}
      <div>
        <Button disabled={readOnly} onClick={add}>
          {speaker.text('settings.addErp')}
        </Button>
      </div>
    </>
  );
}

function Erp({ index }: { readonly index: number }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { value, replace, readOnly } = useDraft();
  const [typed, setTyped] = useState('');
  const path = `erps[${index}]`;
  const id = textAt(value, `${path}.id`);
  const used = listAt(value, 'links').some((_, at) => textAt(value, `links[${at}].erp`) === id);
  return (
    <Group
      title={id === '' ? speaker.text('settings.unnamed') : id}
      act={{
        name: speaker.text('settings.remove'),
        disabled: readOnly || used,
        do: () => replace(withoutItem(value, 'erps', index)),
      }}
      explanation={used ? speaker.text('settings.erpUsed') : undefined}
    >
      <div className={styles.grid}>
        <TextField path={`${path}.id`} label="settings.id" hint="settings.idHint" required />
        <TextField path={`${path}.server`} label="settings.server" hint="settings.serverHint" required />
        <NumberField path={`${path}.port`} label="settings.port" standard="1433" />
        <TextField path={`${path}.database`} label="settings.database" required />
        <TextField path={`${path}.user`} label="settings.erpUser" hint="settings.erpUserHint" required />
        <SecretField
          name={`erp.${id}.password`}
          label="settings.erpPassword"
          typed={typed}
          onTyped={setTyped}
        />
        <TextField path={`${path}.timeZone`} label="settings.erpZone" hint="settings.zoneHint" required />
        <TextField
          path={`${path}.ledger.schema`}
          label="settings.ledgerSchema"
          hint="settings.ledgerHint"
          standard="ferry"
        />
        <SwitchField path={`${path}.encrypt`} label="settings.encrypt" standard />
        <SwitchField
          path={`${path}.trustServerCertificate`}
          label="settings.trustCertificate"
          hint="settings.trustCertificateHint"
          standard={false}
        />
      </div>
      <HopTest target={{ kind: 'erp', erp: id }} secret={typed} />
    </Group>
  );
}
