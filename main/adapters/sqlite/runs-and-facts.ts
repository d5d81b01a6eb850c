import type { QueueStore } from '../../core/queue/queue-store.ts';
import type { WriteContext } from './store-context.ts';
import { noteEndpointFailure, noteEndpointOk, upsertLastList } from './statements/facts.ts';
import { deletePause, endRun, insertRun, upsertPause } from './statements/runs.ts';

type RunsAndFacts = Pick<
  QueueStore,
  'startRun' | 'finishRun' | 'noteEndpoint' | 'noteList' | 'setPause' | 'clearPause'
>;

export function runsAndFacts({ db, write }: WriteContext): RunsAndFacts {
  return {
    startRun: (run, now) => write(() => insertRun(db, run, now)),
    finishRun: (run, end, now) => {
      const { outcome } = end;
      if (outcome === 'running') throw new Error('a run cannot end as running');
      write(() => {
        endRun(db, run, { ...end, outcome }, now);
      });
    },
    noteEndpoint: (endpoint, outcome, now) => {
      write(() => {
        if (outcome.ok) noteEndpointOk(db, endpoint, now);
        else noteEndpointFailure(db, endpoint, outcome.failure, now);
      });
    },
    noteList: (link, seen, now) => {
      write(() => {
        upsertLastList(db, link, seen, now);
      });
    },
    setPause: (pause) => {
      write(() => {
        upsertPause(db, pause);
      });
    },
    clearPause: (link) => {
      write(() => {
        deletePause(db, link);
      });
    },
  };
}
