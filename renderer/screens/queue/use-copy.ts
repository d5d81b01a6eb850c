import { useNotes } from '../../components/notes.tsx';
import { useSpeaker } from '../../state/contexts.ts';

/** Puts text on the clipboard, and says whether that worked. */
export function useCopy(): (text: string) => void {
  const speaker = useSpeaker();
  const tell = useNotes();
  return (text) =>
    void navigator.clipboard.writeText(text).then(
      () => tell('success', speaker.text('queue.copied')),
      () => tell('warning', speaker.text('queue.notCopied')),
    );
}
