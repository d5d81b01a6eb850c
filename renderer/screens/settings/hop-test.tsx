import { Button, Spinner, makeStyles, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { Hop, HopTarget } from '../../../shared/contract/settings-requests.ts';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';
import { useDraft } from './use-draft.ts';

const useStyles = makeStyles({
  block: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, alignItems: 'flex-start' },
  hops: {
    listStyleType: 'none',
    margin: 0,
    padding: 0,
    display: 'grid',
    gap: tokens.spacingVerticalS,
    width: '100%',
  },
  hop: {
    display: 'grid',
    gridTemplateColumns: '20px minmax(120px, 200px) minmax(0, 1fr) auto',
    gap: tokens.spacingHorizontalS,
    alignItems: 'baseline',
  },
  address: { color: tokens.colorNeutralForeground2, overflowWrap: 'anywhere' },
  why: { gridColumn: '2 / -1', margin: 0 },
  took: { color: tokens.colorNeutralForeground2 },
});

const SHAPES = { ok: 'fine', failed: 'attention', skipped: 'unknown' } as const;

/** Done, and yet less safe than it could be: amber. */
const CAUTIONS: ReadonlySet<string> = new Set([
  'hop.detail.certificateOldTls',
  'hop.detail.certificateUnchecked',
  'hop.detail.notEncrypted',
]);

const shapeOf = ({ outcome, detail }: Hop): 'fine' | 'waiting' | 'attention' | 'unknown' =>
  outcome === 'ok' && detail !== undefined && CAUTIONS.has(detail.key) ? 'waiting' : SHAPES[outcome];

/** The fingerprint of the certificate a hop found, whether it was accepted or not. */
function fingerprintOf({ detail, failure }: Hop): string | undefined {
  const found = detail?.params['fingerprint'] ?? failure?.what.params['fingerprint'];
  return typeof found === 'string' && found !== '' ? found : undefined;
}

/** Tries one way, hop by hop, with what stands in the form now. With `pin` a certificate it finds can be pinned. */
export function HopTest({
  target,
  secret,
  pin,
}: {
  readonly target: HopTarget;
  readonly secret: string;
  readonly pin?: { readonly current: string; readonly set: (fingerprint: string) => void } | undefined;
}) {
  const speaker = useSpeaker();
  const styles = useStyles();
  const { value, readOnly } = useDraft();
  const { perform } = useActions();
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<ResultOf<'hopTest'>>();
  const run = async (): Promise<void> => {
    setBusy(true);
    setResult(undefined);
    const reply = await perform('hopTest', {
      target,
      settings: value,
      ...(secret === '' ? {} : { secret }),
    });
    setBusy(false);
    if (reply.ok) setResult(reply.value);
  };
  return (
    <div className={styles.block} data-hop-test={target.kind}>
      <Button
        disabled={readOnly || busy}
        icon={busy ? <Spinner size="tiny" /> : null}
        onClick={() => void run()}
      >
        {speaker.text(busy ? 'settings.testing' : 'settings.test')}
      </Button>
      <div role="status" style={{ width: '100%' }}>
        {result !== undefined && (
          <>
            <p data-hop-result={result.ok ? 'ok' : 'failed'}>
              <StateShape state={result.ok ? 'fine' : 'attention'} />{' '}
              {speaker.text(
                result.problems.length > 0
                  ? 'settings.testProblems'
                  : result.ok
                    ? 'settings.testFine'
                    : 'settings.testFailed',
              )}
            </p>
            <ol className={styles.hops}>
              {result.hops.map((hop) => (
                <li
                  key={hop.name.key}
                  className={styles.hop}
                  data-hop={hop.name.key}
                  data-outcome={hop.outcome}
                >
                  <StateShape state={shapeOf(hop)} />
                  <span>{speaker.say(hop.name)}</span>
                  <span className={styles.address}>
                    {hop.address} {hop.detail !== undefined && <>({speaker.say(hop.detail)})</>}
                  </span>
                  <span className={styles.took}>
                    {hop.outcome === 'skipped'
                      ? speaker.text('settings.hopSkipped')
                      : speaker.text('settings.hopTook', { ms: Math.round(hop.tookMs) })}
                  </span>
                  {hop.failure !== undefined && (
                    <p className={styles.why}>
                      <strong>{speaker.say(hop.failure.what)}</strong>{' '}
                      {speaker.text(`owner.${hop.failure.owner}`)}: {speaker.say(hop.failure.next)}
                    </p>
                  )}
                  {pin !== undefined && <PinOffer hop={hop} pin={pin} />}
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </div>
  );
}

function PinOffer({
  hop,
  pin,
}: {
  readonly hop: Hop;
  readonly pin: { readonly current: string; readonly set: (fingerprint: string) => void };
}) {
  const speaker = useSpeaker();
  const styles = useStyles();
  const { readOnly } = useDraft();
  const shown = fingerprintOf(hop);
  if (readOnly || shown === undefined || shown === pin.current) return null;
  return (
    <div className={styles.why}>
      <Button data-pin={shown} onClick={() => pin.set(shown)}>
        {speaker.text('settings.pinCertificate')}
      </Button>
    </div>
  );
}
