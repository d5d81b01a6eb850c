import { Button, ProgressBar } from '@fluentui/react-components';
import { ArrowDownloadRegular } from '@fluentui/react-icons/svg/arrow-download';
import { useEffect, useRef, useState } from 'react';
import type { Refusal } from '../../shared/contract/reply.ts';
import { useSpeaker } from '../state/contexts.ts';
import type { FetchBytes } from '../state/fetch-bytes.ts';
import { sizeWords } from '../state/queue-words.ts';
import { saveFile } from '../state/save-file.ts';
import { useNotes } from './notes.tsx';

export interface ByteSaving {
  /** Bytes that are there; undefined while nothing is fetched. */
  readonly done: number | undefined;
  readonly refusal: Refusal | undefined;
  readonly start: () => void;
  readonly stop: () => void;
}

/** Fetches bytes and hands them to the browser as a file; only whole and undamaged ones. Ends with its component. */
export function useByteSaving(file: string, fetch: FetchBytes): ByteSaving {
  const speaker = useSpeaker();
  const tell = useNotes();
  const [done, setDone] = useState<number>();
  const [refusal, setRefusal] = useState<Refusal>();
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  const save = async (): Promise<void> => {
    const own = new AbortController();
    stopping.current = own;
    setRefusal(undefined);
    setDone(0);
    const fetched = await fetch(setDone, own.signal);
    setDone(undefined);
    switch (fetched.kind) {
      case 'whole':
        saveFile(file, [fetched.bytes], 'application/octet-stream');
        return tell('success', speaker.text('queue.raw.saved', { file }));
      case 'damaged':
        return tell('error', speaker.text('queue.raw.damaged'));
      case 'refused':
        return setRefusal(fetched.refusal);
      case 'stopped':
    }
  };
  return { done, refusal, start: () => void save(), stop: () => stopping.current?.abort() };
}

/** Begins to save, or stops what is being saved. */
export function SaveButton({
  saving,
  name,
  live,
  size,
}: {
  readonly saving: ByteSaving;
  readonly name: string;
  readonly live: boolean;
  readonly size: 'small' | 'medium';
}) {
  const speaker = useSpeaker();
  return saving.done === undefined ? (
    <Button size={size} icon={<ArrowDownloadRegular />} disabled={!live} onClick={saving.start}>
      {name}
    </Button>
  ) : (
    <Button size={size} onClick={saving.stop}>
      {speaker.text('queue.raw.stop')}
    </Button>
  );
}

/** How far saving has come; nothing while nothing is saved. */
export function SaveProgress({ saving, size }: { readonly saving: ByteSaving; readonly size: number }) {
  const speaker = useSpeaker();
  const { done } = saving;
  if (done === undefined) return undefined;
  return (
    <ProgressBar
      value={size === 0 ? 1 : done / size}
      aria-label={speaker.text('queue.raw.saving', {
        done: sizeWords(done, speaker),
        size: sizeWords(size, speaker),
      })}
    />
  );
}
