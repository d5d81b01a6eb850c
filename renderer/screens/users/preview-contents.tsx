import { makeStyles, tokens } from '@fluentui/react-components';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { PreviewTable } from '../../../shared/contract/user-requests.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { Advice } from '../../components/advice.tsx';
import { DetailPart } from '../../components/detail-pane.tsx';
import { FactList } from '../../components/fact-list.tsx';
import { InfoBar } from '../../components/info-bar.tsx';
import { Moment } from '../../components/moment.tsx';
import { PlainTable } from '../../components/plain-table.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { sizeWords } from '../../state/queue-words.ts';
import { PreviewChanges } from './preview-changes.tsx';

const useStyles = makeStyles({
  words: { margin: 0, color: tokens.colorNeutralForeground2 },
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalL },
});

type Preview = ResultOf<'preview'>;

/** What is in a packet that was built for looking, and how it differs from what was accepted last. */
export function PreviewContents({ preview }: { readonly preview: Preview }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { hold, cautions, same, tables, comparedWith } = preview;
  const present = tables.filter(({ comparison }) => comparison !== 'gone');
  return (
    <>
      <p className={styles.words}>
        {speaker.text('preview.none')} {speaker.text('preview.kept')}
      </p>
      {hold !== undefined && (
        <InfoBar state="waiting" title={speaker.text('preview.hold')}>
          {speaker.say(hold.what)}
          <Advice owner={hold.owner} next={hold.next} />
        </InfoBar>
      )}
      {cautions.length > 0 && (
        <InfoBar state="attention" mild title={speaker.text('preview.cautions')}>
          <ul className={styles.list}>
            {cautions.map((caution) => {
              const words = speaker.say(caution);
              return <li key={words}>{words}</li>;
            })}
          </ul>
        </InfoBar>
      )}
      <FactList
        label={speaker.text('users.facts')}
        facts={[
          {
            name: speaker.text('preview.fact.packet'),
            value: speaker.text('preview.fact.packetOf', {
              size: sizeWords(preview.size, speaker),
              rows: present.reduce((sum, { rows }) => sum + rows, 0),
              tables: present.length,
            }),
          },
          {
            name: speaker.text('preview.fact.read'),
            value: (
              <Moment at={preview.at}>
                {speaker.text('preview.fact.readAt', {
                  at: preview.at,
                  length: speaker.text('preview.took', { ms: preview.tookMs }),
                })}
              </Moment>
            ),
          },
          {
            name: speaker.text('preview.fact.moment'),
            value: (
              <StateBadge state={preview.consistency === 'best-effort' ? 'unknown' : 'fine'}>
                {speaker.text(`users.consistency.${preview.consistency}`)}
              </StateBadge>
            ),
          },
          {
            name: speaker.text('preview.fact.compared'),
            value:
              comparedWith === undefined
                ? speaker.text('preview.fact.comparedNone')
                : speaker.text('preview.fact.comparedAt', { at: comparedWith }),
          },
        ]}
      />
      {same && <InfoBar state="fine" title={speaker.text('preview.same')} />}
      <Tables preview={preview} />
      {!same && comparedWith !== undefined && (
        <PreviewChanges changes={preview.changes} more={preview.more} />
      )}
    </>
  );
}

function Tables({ preview }: { readonly preview: Preview }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const numbers = new Intl.NumberFormat(speaker.view.locale);
  const { tables, comparedWith } = preview;
  const compared = comparedWith !== undefined;
  return (
    <DetailPart title={speaker.text('preview.tables')} data-part="tables">
      <PlainTable
        caption={speaker.text('preview.tables')}
        columns={[
          { name: speaker.text('users.table.name') },
          { name: speaker.text('users.table.rows'), number: true },
          { name: speaker.text('preview.table.bytes'), number: true },
          ...(compared
            ? [
                { name: speaker.text('preview.table.comparison') },
                { name: speaker.text('preview.table.added'), number: true },
                { name: speaker.text('preview.table.removed'), number: true },
                { name: speaker.text('preview.table.changed'), number: true },
              ]
            : []),
        ]}
        rows={tables.map((table) => ({
          key: table.table,
          cells: [
            table.table,
            numbers.format(table.rows),
            sizeWords(table.bytes, speaker),
            ...(compared ? comparisonOf(table, speaker) : []),
          ],
        }))}
      />
      {compared && tables.some(({ comparison }) => comparison === 'unknown') && (
        <p className={styles.words}>{speaker.text('preview.unknownWhy')}</p>
      )}
    </DetailPart>
  );
}

/** How a table differs, and by how many rows of each kind; none says nothing. */
function comparisonOf(
  { comparison, added, removed, changed }: PreviewTable,
  speaker: Speaker,
): readonly string[] {
  const numbers = new Intl.NumberFormat(speaker.view.locale);
  return [
    speaker.text(`preview.comparison.${comparison}`),
    ...[added, removed, changed].map((many) => (many === 0 ? '' : numbers.format(many))),
  ];
}
