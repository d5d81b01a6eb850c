import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from '@fluentui/react-components';
import { useState } from 'react';
import { useSpeaker } from '../../../state/contexts.ts';
import { freeName, listAt, textAt, withItem, withoutItem } from '../draft.ts';
import { ChoiceField, NumberField, SwitchField, TextField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';
import { useDraft } from '../use-draft.ts';
import { PushFields } from './push-fields.tsx';

export function LinksSection() {
  const speaker = useSpeaker();
  const { value, replace, readOnly, mappings } = useDraft();
  const links = listAt(value, 'links');
  const names = links.map((_, index) => textAt(value, `links[${index}].id`));
  const add = (): void =>
    replace(
      withItem(value, 'links', {
        id: freeName(names, 'field-sales'),
        kind: 'dynamics-mobile',
        erp: textAt(value, 'erps[0].id'),
        mapping: mappings[0] ?? '',
        cloud: { baseUrl: '', appArea: '', companies: [] },
        pull: { firstLook: true },
        // Nobody's phone is overwritten before somebody has looked at one.
        push: { users: { query: '' }, pilot: [], confirmedAll: false },
      }),
    );
  return (
    <>
      {links.length === 0 && <p>{speaker.text('settings.noLinksYet')}</p>}
      {links.map((_, index) => (
        // eslint-disable-next-line react/no-array-index-key -- the place in the file is what names it
        <Link key={index} index={index} />
      ))}
      <div>
        <Button disabled={readOnly} onClick={add}>
          {speaker.text('settings.addLink')}
        </Button>
      </div>
    </>
  );
}

function Link({ index }: { readonly index: number }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { value, readOnly, mappings } = useDraft();
  const [removing, setRemoving] = useState(false);
  const path = `links[${index}]`;
  const id = textAt(value, `${path}.id`);
  const erps = listAt(value, 'erps').map((_, at) => textAt(value, `erps[${at}].id`));
  const plain = (values: readonly string[]) => values.map((one) => ({ value: one, text: one }));
  return (
    <Group
      title={id === '' ? speaker.text('settings.unnamed') : id}
      act={{ name: speaker.text('settings.removeLink'), disabled: readOnly, do: () => setRemoving(true) }}
    >
      <div className={styles.grid}>
        <TextField path={`${path}.id`} label="settings.id" hint="settings.idHint" required />
        <ChoiceField path={`${path}.erp`} label="settings.linkErp" required options={plain(erps)} />
        <ChoiceField
          path={`${path}.mapping`}
          label="settings.mapping"
          hint="settings.mappingHint"
          required
          options={plain(mappings)}
        />
        <SwitchField path={`${path}.pull.enabled`} label="settings.pullOn" standard />
        <SwitchField path={`${path}.push.enabled`} label="settings.pushOn" standard />
        <SwitchField
          path={`${path}.pull.firstLook`}
          label="settings.firstLook"
          hint="settings.firstLookHint"
          standard={false}
        />
        <ChoiceField
          path={`${path}.pull.acknowledge`}
          label="settings.acknowledge"
          hint="settings.acknowledgeHint"
          standard="auto"
          options={(['auto', 'after-apply', 'after-store'] as const).map((one) => ({
            value: one,
            text: speaker.text(`settings.acknowledge.${one}`),
          }))}
        />
        <TextField
          path={`${path}.pull.ackWithin`}
          label="settings.ackWithin"
          hint="settings.durationHint"
          standard="20s"
        />
        <TextField
          path={`${path}.pull.orderWindow`}
          label="settings.orderWindow"
          hint="settings.orderWindowHint"
          standard="10m"
        />
        <NumberField
          path={`${path}.pull.maxPacketBytes`}
          label="settings.maxPacket"
          hint="settings.maxPacketHint"
          standard="100000000"
        />
        <NumberField
          path={`${path}.pull.parallelDownloads`}
          label="settings.parallelDownloads"
          standard="10"
        />
        <Guard path={`${path}.guard`} />
      </div>
      <PushFields path={`${path}.push`} />
      {removing && <RemoveLink index={index} id={id} onClose={() => setRemoving(false)} />}
    </Group>
  );
}

/** Whether another program that takes packets from the same area is looked for, and how patiently. */
function Guard({ path }: { readonly path: string }) {
  const { at } = useDraft();
  return (
    <>
      <SwitchField path={`${path}.enabled`} label="settings.guard" hint="settings.guardHint" standard />
      {at(`${path}.enabled`) !== false && (
        <>
          <NumberField
            path={`${path}.gapMinutes`}
            label="settings.guardGap"
            hint="settings.guardGapHint"
            standard="30"
          />
          <NumberField
            path={`${path}.tolerate`}
            label="settings.guardTolerate"
            hint="settings.guardTolerateHint"
            standard="0"
          />
        </>
      )}
    </>
  );
}

/** What waits of the link would wait for ever: its name is typed. */
function RemoveLink({
  index,
  id,
  onClose,
}: {
  readonly index: number;
  readonly id: string;
  readonly onClose: () => void;
}) {
  const speaker = useSpeaker();
  const { value, replace } = useDraft();
  const [typed, setTyped] = useState('');
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{speaker.text('settings.removeLinkTitle', { link: id })}</DialogTitle>
          <DialogContent>
            <p>{speaker.text('settings.removeLinkWords')}</p>
            <Field label={speaker.text('settings.typeName', { name: id })}>
              <Input value={typed} onChange={(_, { value: text }) => setTyped(text)} autoFocus />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{speaker.text('settings.cancel')}</Button>
            <Button
              appearance="primary"
              disabled={typed !== id}
              onClick={() => {
                replace(withoutItem(value, 'links', index));
                onClose();
              }}
            >
              {speaker.text('settings.removeLink')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
