import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { useSpeaker } from '../../state/contexts.ts';

interface SnapshotWordsProps {
  readonly item: ItemView;
  /** The cloud's name for the upload it accepted, where it gave one. */
  readonly syncLogId: string | undefined;
  readonly className: string;
}

/** How far a snapshot is known to have come, and where to look for the rest. */
export function SnapshotWords({ item, syncLogId, className }: SnapshotWordsProps) {
  const speaker = useSpeaker();
  const { direction, state, reason, externalId } = item;
  if (direction !== 'out') return null;
  const line = (text: string) => <p className={className}>{text}</p>;
  if (state === 'ready' && reason === undefined) return line(speaker.text('push.built'));
  if (state === 'unknown') return line(speaker.text('push.inDoubt'));
  if (state !== 'settled') return null;
  return (
    <div data-push="accepted">
      {line(speaker.text('push.accepted'))}
      {line(
        syncLogId === undefined || syncLogId === ''
          ? speaker.text('push.lookInAny', { packet: externalId })
          : speaker.text('push.lookIn', { id: syncLogId }),
      )}
    </div>
  );
}
