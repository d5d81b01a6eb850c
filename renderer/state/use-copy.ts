import { useNotes } from '../components/notes.tsx';
import { useSpeaker } from './contexts.ts';
import { copyText } from './copy-text.ts';

/** Puts text on the clipboard, and says whether that worked. */
export function useCopy(): (text: string) => void {
  const speaker = useSpeaker();
  const tell = useNotes();
  return (text) =>
    void copyText(text).then((copied) =>
      tell(copied ? 'success' : 'warning', speaker.text(copied ? 'queue.copied' : 'queue.notCopied')),
    );
}
