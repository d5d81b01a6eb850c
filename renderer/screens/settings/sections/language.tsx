import { useSpeaker } from '../../../state/contexts.ts';
import { ChoiceField, TextField, useFieldStyles } from '../fields.tsx';
import { Group } from '../group.tsx';

export function LanguageSection() {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  return (
    <Group title={speaker.text('settings.site')} explanation={speaker.text('settings.siteWords')}>
      <div className={styles.grid}>
        <TextField path="site.name" label="settings.siteName" hint="settings.siteNameHint" required />
        <TextField path="site.timeZone" label="settings.siteZone" hint="settings.zoneHint" required />
        <ChoiceField
          path="site.language"
          label="settings.language"
          standard="en"
          options={[{ value: 'en', text: 'English' }]}
        />
      </div>
    </Group>
  );
}
