import { MessageBar, MessageBarBody, MessageBarTitle } from '@fluentui/react-components';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { refusalWords } from '../../state/queue-words.ts';

/** Why something was not done, and what to do about it, where it was asked. */
export function RefusalBar({ refusal }: { readonly refusal: Refusal }) {
  const speaker = useSpeaker();
  const { what, next, said } = refusalWords(refusal, speaker);
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{speaker.text('queue.refused')}</MessageBarTitle> {what} {next} {said}
      </MessageBarBody>
    </MessageBar>
  );
}
