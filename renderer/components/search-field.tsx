import { SearchBox, makeStyles } from '@fluentui/react-components';
import { useEffect, useRef, useState } from 'react';

/** Long enough for the next letter, too short to be noticed. */
const TYPING_MS = 250;

const useStyles = makeStyles({
  search: { flex: '1 1 220px', minWidth: '200px', maxWidth: '340px' },
});

interface SearchFieldProps {
  /** What can be looked for. */
  readonly words: string;
  readonly text: string;
  readonly onText: (text: string) => void;
}

/** A text to look for, told when typing rests. */
export function SearchField({ words, text, onText }: SearchFieldProps) {
  const styles = useStyles();
  const [typed, setTyped] = useState(text);
  const [given, setGiven] = useState(text);
  if (given !== text) {
    setGiven(text);
    // Cleared or set from elsewhere; what is being typed comes back the same.
    if (typed.trim() !== text.trim()) setTyped(text);
  }
  const tell = useRef(onText);
  useEffect(() => {
    tell.current = onText;
  });
  useEffect(() => {
    if (typed === given) return;
    const timer = setTimeout(() => tell.current(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed, given]);
  return (
    <SearchBox
      className={styles.search}
      value={typed}
      maxLength={200}
      placeholder={words}
      aria-label={words}
      onChange={(_event, data) => setTyped(data.value)}
    />
  );
}
