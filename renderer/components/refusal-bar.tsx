import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { Refusal } from '../../shared/contract/reply.ts';
import { useSpeaker } from '../state/contexts.ts';
import { refusalWords, type RefusalWords } from '../state/queue-words.ts';

interface RefusalBarProps {
  readonly refusal: Refusal;
  /** What it means here; absent: for an item of the queue. */
  readonly words?: RefusalWords | undefined;
}

/** Why something was not done, and what to do about it, where it was asked. */
export function RefusalBar({ refusal, words }: RefusalBarProps) {
  const speaker = useSpeaker();
  const { what, next, said } = words ?? refusalWords(refusal, speaker);
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{speaker.text('queue.refused')}</MessageBarTitle> {what} {next} {said}
      </MessageBarBody>
    </MessageBar>
  );
}
