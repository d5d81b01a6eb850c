import { Button, MessageBar, MessageBarBody } from '@fluentui/react-components';
import { useSpeaker } from '../../../state/contexts.ts';
import { listAt } from '../draft.ts';
import { ListField, LongTextField, NumberField, SwitchField, TextField, useFieldStyles } from '../fields.tsx';
import { useDraft } from '../use-draft.ts';
import { UsersField } from '../users-field.tsx';
import { WeekdaysField } from '../weekdays-field.tsx';

/** Whose phones get snapshots, and when. */
export function PushFields({ path }: { readonly path: string }) {
  const styles = useFieldStyles();
  return (
    <>
      <Users path={`${path}.users`} />
      <Pilot path={path} />
      <div className={styles.grid}>
        <ListField
          path={`${path}.pausedUsers`}
          label="settings.pausedUsers"
          hint="settings.pausedUsersHint"
        />
        <TextField
          path={`${path}.minInterval`}
          label="settings.minInterval"
          hint="settings.minIntervalHint"
          standard="15m"
        />
        <TextField
          path={`${path}.model`}
          label="settings.model"
          hint="settings.modelHint"
          standard="field-sales.json"
        />
        <TextField
          path={`${path}.maxHold`}
          label="settings.maxHold"
          hint="settings.maxHoldHint"
          standard="1h"
        />
        <TextField
          path={`${path}.resendAfter`}
          label="settings.resendAfter"
          hint="settings.resendAfterHint"
          standard="24h"
        />
        <NumberField path={`${path}.parallel`} label="settings.parallel" standard="4" />
      </div>
      <Quiet path={`${path}.quietHours`} />
    </>
  );
}

function Users({ path }: { readonly path: string }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { at, set, readOnly } = useDraft();
  const byList = at(`${path}.list`) !== undefined;
  return (
    <div className={styles.grid}>
      {byList ? (
        <UsersField path={`${path}.list`} />
      ) : (
        <LongTextField
          path={`${path}.query`}
          label="settings.usersQuery"
          hint="settings.usersQueryHint"
          required
        />
      )}
      <div>
        <Button
          size="small"
          disabled={readOnly}
          onClick={() => set(path, byList ? { query: '' } : { list: [] })}
        >
          {speaker.text(byList ? 'settings.usersByQuery' : 'settings.usersByList')}
        </Button>
      </div>
    </div>
  );
}

function Pilot({ path }: { readonly path: string }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { at, value } = useDraft();
  const confirmed = at(`${path}.confirmedAll`);
  const neverAsked = confirmed === undefined && at(`${path}.pilot`) === undefined;
  const piloted = confirmed !== true && !neverAsked;
  const nobody = piloted && listAt(value, `${path}.pilot`).length === 0;
  return (
    <>
      {nobody && (
        <MessageBar intent="warning" data-pilot="nobody">
          <MessageBarBody>{speaker.text('settings.pilotNobody')}</MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.grid}>
        <SwitchField
          path={`${path}.confirmedAll`}
          label="settings.confirmedAll"
          hint="settings.confirmedAllHint"
          standard={neverAsked}
        />
        {piloted && (
          <ListField path={`${path}.pilot`} label="settings.pilot" hint="settings.pilotHint" keepEmpty />
        )}
      </div>
    </>
  );
}

function Quiet({ path }: { readonly path: string }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { at, set, readOnly } = useDraft();
  const on = at(path) !== undefined;
  return (
    <>
      <div>
        <Button
          size="small"
          disabled={readOnly}
          onClick={() => set(path, on ? undefined : { from: '07:00', to: '18:00' })}
        >
          {speaker.text(on ? 'settings.pushQuietOff' : 'settings.pushQuietOn')}
        </Button>
      </div>
      {on && (
        <div className={styles.grid}>
          <TextField
            path={`${path}.from`}
            label="settings.pushQuietFrom"
            hint="settings.clockHint"
            required
          />
          <TextField path={`${path}.to`} label="settings.pushQuietTo" hint="settings.clockHint" required />
          <WeekdaysField path={`${path}.weekdays`} label="settings.weekdays" />
        </div>
      )}
    </>
  );
}
