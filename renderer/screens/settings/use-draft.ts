import { createContext, useContext, useEffect, useState } from 'react';
import type { ConfigProblem, SecretEntry } from '../../../shared/contract/settings-requests.ts';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';
import { changedPaths, valueAt, withValue, type Json } from './draft.ts';

export type SettingsAnswer = ResultOf<'settingsRead'>;

export interface Draft {
  readonly value: Json;
  /** As it runs. */
  readonly running: Json;
  readonly secrets: readonly SecretEntry[];
  readonly mappings: readonly string[];
  /** This connection may look only. */
  readonly readOnly: boolean;
  readonly at: (path: string) => Json;
  readonly set: (path: string, value: Json) => void;
  readonly replace: (value: Json) => void;
  readonly problem: (path: string) => ConfigProblem | undefined;
  readonly problems: readonly ConfigProblem[];
  readonly changes: readonly string[];
  readonly saving: boolean;
  readonly save: () => void;
  readonly undo: () => void;
}

const DraftContext = createContext<Draft | undefined>(undefined);
export const DraftProvider = DraftContext;

export function useDraft(): Draft {
  const draft = useContext(DraftContext);
  if (draft === undefined) throw new Error('no draft around this component');
  return draft;
}

/** A pause in typing: a check on every key would show half a word as a mistake. */
const CHECK_AFTER_MS = 400;

/** A draft that begins with what runs. It is checked while it is edited, and taken over whole or not at all. */
export function useNewDraft(answer: SettingsAnswer): Draft {
  const connection = useConnection();
  const speaker = useSpeaker();
  const { perform, tell } = useActions();
  const [started, setStarted] = useState({ revision: answer.revision, running: answer.settings as Json });
  const [value, setValue] = useState<Json>(answer.settings);
  const [problems, setProblems] = useState<readonly ConfigProblem[]>(answer.onDisk);
  const [readOnly, setReadOnly] = useState(false);
  const [saving, setSaving] = useState(false);
  const changes = changedPaths(started.running, value);

  // Somebody else changed them, and nothing of ours would be lost: show theirs.
  if (answer.revision !== started.revision && changes.length === 0 && !saving) {
    setStarted({ revision: answer.revision, running: answer.settings });
    setValue(answer.settings);
    setProblems(answer.onDisk);
  }

  useEffect(() => {
    const left = new AbortController();
    const timer = setTimeout(() => {
      void connection.call('settingsCheck', { settings: value }, left.signal).then((reply) => {
        if (left.signal.aborted) return;
        if (reply.ok) setProblems(reply.value.problems);
        setReadOnly(!reply.ok && reply.error.code === 'forbidden');
      });
    }, CHECK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      left.abort();
    };
  }, [connection, value]);

  const save = async (): Promise<void> => {
    setSaving(true);
    const reply = await perform('settingsApply', { settings: value, revision: started.revision });
    setSaving(false);
    if (!reply.ok) return;
    setProblems(reply.value.problems);
    if (!reply.value.applied) return tell('error', speaker.text('settings.notSaved'));
    setStarted({ revision: reply.value.revision, running: value });
    tell('success', speaker.text('settings.saved'));
  };

  return {
    value,
    running: started.running,
    secrets: answer.secrets,
    mappings: answer.mappings,
    readOnly,
    at: (path) => valueAt(value, path),
    set: (path, next) => setValue((before: Json) => withValue(before, path, next)),
    replace: setValue,
    problem: (path) => problems.find((one) => one.path === path),
    problems,
    changes,
    saving,
    save: () => void save(),
    undo: () => setValue(started.running),
  };
}
