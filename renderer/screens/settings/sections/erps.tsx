import { Button, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useState } from 'react';
import type { TextKey } from '../../../../shared/i18n/say.ts';
import { useSpeaker } from '../../../state/contexts.ts';
import { freeName, listAt, textAt, valueAt, withItem, withoutItem, withValue, type Json } from '../draft.ts';
import { ChoiceField, NumberField, SwitchField, TextField, useFieldStyles } from '../fields.tsx';
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

/** Pinned by explicit choice: any other certificate is refused from then on. */
const withPin = (draft: Json, path: string, sha256: string): Json =>
  withValue(withValue(draft, `${path}.certificate`, { sha256 }), `${path}.trustServerCertificate`, undefined);

/** What a person decided that makes the connection less safe than it could be. */
function cautionsOf(draft: Json, path: string): readonly TextKey[] {
  const is = (key: string, wanted: boolean): boolean => valueAt(draft, `${path}.${key}`) === wanted;
  if (is('encrypt', false)) return ['settings.cautionPlain'];
  return [
    ...(is('trustServerCertificate', true) ? (['settings.cautionUnchecked'] as const) : []),
    ...(is('legacyTls', true) ? (['settings.cautionOldTls'] as const) : []),
  ];
}

function Erp({ index }: { readonly index: number }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { value, replace, readOnly } = useDraft();
  const [typed, setTyped] = useState('');
  const path = `erps[${index}]`;
  const id = textAt(value, `${path}.id`);
  const windows = textAt(value, `${path}.auth`) === 'ntlm';
  const pinned = textAt(value, `${path}.certificate.sha256`);
  const cautions = cautionsOf(value, path);
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
        <NumberField path={`${path}.port`} label="settings.port" hint="settings.erpPortHint" />
        <TextField path={`${path}.database`} label="settings.database" required />
        <ChoiceField
          path={`${path}.auth`}
          label="settings.erpAuth"
          hint="settings.erpAuthHint"
          standard="sql"
          options={[
            { value: 'sql', text: speaker.text('settings.erpAuthSql') },
            { value: 'ntlm', text: speaker.text('settings.erpAuthNtlm') },
          ]}
        />
        {(windows || textAt(value, `${path}.domain`) !== '') && (
          <TextField
            path={`${path}.domain`}
            label="settings.erpDomain"
            hint="settings.erpDomainHint"
            required={windows}
          />
        )}
        <TextField
          path={`${path}.user`}
          label={windows ? 'settings.erpWindowsUser' : 'settings.erpUser'}
          hint="settings.erpUserHint"
          required
        />
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
        <TextField
          path={`${path}.certificate.sha256`}
          label="settings.certificatePin"
          hint="settings.certificatePinHint"
          wide
        />
        <SwitchField
          path={`${path}.trustServerCertificate`}
          label="settings.trustCertificate"
          hint="settings.trustCertificateHint"
          standard={false}
        />
        <SwitchField
          path={`${path}.legacyTls`}
          label="settings.legacyTls"
          hint="settings.legacyTlsHint"
          standard={false}
        />
      </div>
      {cautions.length > 0 && (
        <MessageBar intent="warning" layout="multiline" data-cautions={cautions.length}>
          <MessageBarBody>{cautions.map((key) => speaker.text(key)).join(' ')}</MessageBarBody>
        </MessageBar>
      )}
      <HopTest
        target={{ kind: 'erp', erp: id }}
        secret={typed}
        pin={{ current: pinned, set: (shown) => replace(withPin(value, path, shown)) }}
      />
    </Group>
  );
}
