import { Toast, ToastBody, ToastTitle, Toaster, useId, useToastController } from '@fluentui/react-components';
import { createContext, useCallback, useContext } from 'react';

export type Tell = (kind: 'info' | 'success' | 'warning' | 'error', text: string, more?: string) => void;

const NotesContext = createContext<Tell>(() => undefined);

/** Long enough to be read twice; what lasts stands in the status. */
const SHOWN_MS = 8_000;

/** One line about what the person just did. Facts about the site are not told here: they stand where they belong. */
export function Notes({ children }: { readonly children: React.ReactNode }) {
  const toaster = useId('notes');
  const { dispatchToast } = useToastController(toaster);
  const tell = useCallback<Tell>(
    (kind, text, more) =>
      dispatchToast(
        <Toast>
          <ToastTitle>{text}</ToastTitle>
          {more !== undefined && <ToastBody>{more}</ToastBody>}
        </Toast>,
        {
          intent: kind,
          timeout: SHOWN_MS,
          pauseOnHover: true,
          politeness: kind === 'error' ? 'assertive' : 'polite',
        },
      ),
    [dispatchToast],
  );
  return (
    <NotesContext value={tell}>
      {children}
      <Toaster toasterId={toaster} position="bottom-end" limit={3} />
    </NotesContext>
  );
}

export const useNotes = (): Tell => useContext(NotesContext);
