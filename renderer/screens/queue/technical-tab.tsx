import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { CopyRegular } from '@fluentui/react-icons/svg/copy';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useCopy } from '../../state/use-copy.ts';

const useStyles = makeStyles({
  list: {
    display: 'grid',
    gridTemplateColumns: 'minmax(88px, max-content) minmax(0, 1fr) auto',
    columnGap: tokens.spacingHorizontalL,
    rowGap: tokens.spacingVerticalXXS,
    alignItems: 'center',
    margin: `0 0 ${tokens.spacingVerticalS}`,
  },
  name: { color: tokens.colorNeutralForeground2 },
  value: {
    margin: 0,
    overflowWrap: 'anywhere',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    unicodeBidi: 'isolate',
  },
});

/** The names machines use: whole, and to be copied. */
export function TechnicalTab({ shown }: { readonly shown: ResultOf<'queueShow'> }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const copy = useCopy();
  const { item, body, outcome } = shown;
  const time = (at: number | undefined): string => (at === undefined ? '' : new Date(at).toISOString());
  const fields = (
    [
      ['item', String(item.id)],
      ['packet', item.externalId],
      ['company', item.company],
      ['link', item.link],
      ['direction', item.direction],
      ['user', item.user],
      ['state', item.state],
      ['hash', body.hash],
      ['size', String(body.size)],
      ['attempts', String(item.attempts)],
      ['revision', String(item.revision)],
      ['stored', time(item.createdAt)],
      ['due', time(item.dueAt)],
      ['settled', time(item.settledAt)],
      ['outcome', outcome ?? ''],
    ] as const
  ).filter(([, value]) => value !== '');
  const named = fields.map(([key, value]) => [speaker.text(`queue.technical.${key}`), value] as const);
  return (
    <>
      <dl className={styles.list}>
        {named.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt className={styles.name}>{name}</dt>
            <dd className={styles.value}>{value}</dd>
            <dd className={styles.value}>
              <Button
                size="small"
                appearance="subtle"
                icon={<CopyRegular />}
                aria-label={speaker.text('queue.copyOne', { name })}
                onClick={() => copy(value)}
              />
            </dd>
          </div>
        ))}
      </dl>
      <Button
        size="small"
        icon={<CopyRegular />}
        onClick={() => copy(named.map(([name, value]) => `${name}: ${value}`).join('\n'))}
      >
        {speaker.text('queue.copyAll')}
      </Button>
    </>
  );
}
