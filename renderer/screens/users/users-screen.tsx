import { PageFrame } from '../../components/page-frame.tsx';
import { useSpeaker } from '../../state/contexts.ts';

/** Mobile users and what their phones get. */
export function UsersScreen() {
  const speaker = useSpeaker();
  return <PageFrame title={speaker.text('nav.users')}>{null}</PageFrame>;
}
