import { useEffect, useRef, useState } from 'react';
import { useNotes } from '../../components/notes.tsx';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import type { ListPlan } from '../../state/queue-choice.ts';
import { collectCsv } from '../../state/queue-export.ts';
import { saveFile } from '../../state/save-file.ts';
import { refusalWords } from '../../state/queue-words.ts';

export interface ListExport {
  /** Undefined while none runs. */
  readonly running: { readonly done: number; readonly total: number } | undefined;
  readonly start: (plan: ListPlan) => void;
  readonly stop: () => void;
}

/** Saves a list as CSV; can be stopped, and then saves nothing. */
export function useListExport(): ListExport {
  const connection = useConnection();
  const speaker = useSpeaker();
  const tell = useNotes();
  const [running, setRunning] = useState<ListExport['running']>();
  const stopping = useRef<AbortController>(undefined);
  useEffect(() => () => stopping.current?.abort(), []);

  const run = async (plan: ListPlan): Promise<void> => {
    const own = new AbortController();
    stopping.current = own;
    setRunning({ done: 0, total: 0 });
    const exported = await collectCsv(
      connection,
      plan,
      speaker,
      (done, total) => setRunning({ done, total }),
      own.signal,
    );
    setRunning(undefined);
    switch (exported.kind) {
      case 'done': {
        const file = `erp-ferry-queue-${new Date(speaker.view.now).toISOString().slice(0, 10)}.csv`;
        saveFile(file, [exported.csv], 'text/csv;charset=utf-8');
        const { count, total } = exported;
        return count < total
          ? tell('warning', speaker.text('queue.export.first', { count, total, file }))
          : tell('success', speaker.text('queue.export.done', { count, file }));
      }
      case 'refused': {
        const { what, next } = refusalWords(exported.refusal, speaker);
        return tell('error', speaker.text('queue.export.failed', { message: what }), next);
      }
      case 'stopped':
        return tell('info', speaker.text('queue.export.stopped'));
    }
  };
  return { running, start: (plan) => void run(plan), stop: () => stopping.current?.abort() };
}
