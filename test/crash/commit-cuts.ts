/** Where the ERP's connection is cut around a unit of work. */
export const CUTS = ['before-commit', 'answer-lost', 'answer-half'] as const;
export type Cut = (typeof CUTS)[number];

/** Only units that write documents have this in their text. */
const UNIT = "SET @step = N'result'";
/** In units that write an order. */
const ORDER = 'INSERT INTO [dbo].[SalesOrders]';

const FAULTS: Readonly<Record<Cut, object>> = {
  /** The server never sees the batch. */
  'before-commit': { kind: 'cut', at: 'before-execution', match: UNIT },
  /** Committed; not a byte of the answer arrives. */
  'answer-lost': { kind: 'cut', at: 'after-execution', bytes: 0, match: UNIT },
  'answer-half': { kind: 'cut', at: 'after-execution', bytes: 'half', match: UNIT },
};

/** Cuts that happened: the batch never ran, or it did and its answer was lost whole or in part. */
export interface CutCounts {
  readonly beforeCommit: number;
  readonly afterCommit: number;
}

export interface CommitCuts {
  /** From now on every unit with an order that arrives is noted, see `arrived`. */
  watch(): Promise<void>;
  /** Units with an order that arrived at the ERP while watched. */
  arrived(): Promise<number>;
  arm(cut: Cut): Promise<void>;
  clear(): Promise<void>;
  struck(): Promise<CutCounts>;
}

/** The hands on the ERP's wire; `control` is its control address. */
export function commitCuts(control: string): CommitCuts {
  const call = async (what: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${control}/${what}`, {
      method: 'POST',
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!answer.ok) throw new Error(`the sample ERP refused ${what}: ${answer.status}`);
    return answer.json();
  };
  const log = async (): Promise<readonly { kind: string; at?: string }[]> =>
    (await call('log')) as readonly { kind: string; at?: string }[];
  return {
    // A delay too short to matter leaves a line in the log.
    watch: async () => void (await call('arm', { kind: 'delay', ms: 1, times: 'always', match: ORDER })),
    arrived: async () => (await log()).filter(({ kind }) => kind === 'delay').length,
    arm: async (cut) => void (await call('arm', FAULTS[cut])),
    clear: async () => void (await call('clear')),
    struck: async () => {
      const done = await log();
      const count = (where: string): number =>
        done.filter(({ kind, at }) => kind === 'cut' && at === where).length;
      return { beforeCommit: count('before-execution'), afterCommit: count('after-execution') };
    },
  };
}
