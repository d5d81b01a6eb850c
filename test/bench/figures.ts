import type { Goal } from './figure.ts';

export interface FigureSpec {
  readonly name: string;
  /** Module in `measures/`. */
  readonly module: string;
  readonly unit: 'MB' | 'x' | 'orders/s' | 'records/s' | 's' | 'ms' | '%';
  readonly what: string;
  readonly goal?: Goal | undefined;
  /** Child processes, one after the other. Memory needs a fresh one each; the others repeat inside. */
  readonly processes: number;
}

/** What is measured together, by the beginnings of names. */
export const SETS: Readonly<Record<string, readonly string[]>> = {
  packets: [
    'shared-users',
    'five-hundred-users',
    'preview',
    'pull-flow',
    'xml-to-rows',
    'packet-limit',
    'loop-delay',
    'poison',
  ],
};

export const FIGURES: readonly FigureSpec[] = [
  {
    name: 'packet-limit-push',
    module: 'push-memory',
    unit: 'MB',
    what: 'resident memory an agent adds at its peak while it reads, builds, spools and uploads a snapshot of the largest size, 99 to 100 MB',
    goal: { at: 'most', value: 150 },
    processes: 3,
  },
  {
    name: 'packet-limit-pull',
    module: 'pull-memory',
    unit: 'MB',
    what: 'resident memory an agent adds at its peak while it downloads, checks, spools and parks a packet of 99,999,999 bytes',
    goal: { at: 'most', value: 150 },
    processes: 3,
  },
  {
    name: 'xml-to-rows',
    module: 'xml-to-rows',
    unit: 'x',
    what: 'reading a 30 MB packet to typed rows: processor time of fast-xml-parser, without its validation, to the same rows, divided by ours',
    goal: { at: 'least', value: 3 },
    processes: 1,
  },
  {
    name: 'write-rows-vs-xmlbuilder',
    module: 'write-rows',
    unit: 'x',
    what: 'writing a 30 MB packet: processor time of fast-xml-parser’s XMLBuilder for the same bytes, divided by ours',
    goal: { at: 'least', value: 1 },
    processes: 1,
  },
  {
    name: 'read-to-packet',
    module: 'read-to-packet',
    unit: 'x',
    what: 'a price list of 300,000 rows and 8 columns from SQL Server’s wire to a hashed packet in the spool: processor time of this process, divided by that of the bare driver streaming the same rows as it does by default, as objects, and dropping them',
    goal: { at: 'most', value: 2 },
    processes: 1,
  },
  {
    name: 'shared-users',
    module: 'shared-users',
    unit: 'x',
    what: 'snapshots for 50 users with 50,000 shared and 1,000 own rows each, made durable: processor time when each is read, rendered and stored by itself, divided by that of segments; bytes are equal, an unchanged cycle reads and sends nothing, user 51 is read his own rows only (reading itself costs nothing here)',
    goal: { at: 'least', value: 25 },
    processes: 1,
  },
  {
    name: 'five-hundred-users',
    module: 'five-hundred-users',
    unit: '%',
    what: 'snapshots for 500 users with 50,000 shared and 1,000 own rows each, made durable, in at most 60 seconds, and a run that finds nothing changed in at most 3, with nothing to send: the worse of both, as a part of the time allowed; every fiftieth packet is byte for byte what one rendering of its own gives, user 501 is read his own rows only (rows come from memory: what a server needs for them is not in it)',
    goal: { at: 'most', value: 100 },
    processes: 1,
  },
  {
    name: 'preview',
    module: 'preview',
    unit: 's',
    what: 'the packet of a user with 50,000 shared and 1,000 own rows, all read anew, put together and compared row by row with the accepted one, a hundredth of the rows changed (rows come from memory: what a server needs for them is not in it)',
    goal: { at: 'most', value: 5 },
    processes: 1,
  },
  {
    name: 'store-vs-bare-sqlite',
    module: 'store',
    unit: 'x',
    what: 'packets stored, claimed and settled per second (three durable commits each), against bare durable inserts per second',
    // Three commits cost three times one; half of that is left for the rows they write.
    goal: { at: 'least', value: 0.15 },
    processes: 1,
  },
  {
    name: 'million-items',
    module: 'million-items',
    unit: 'x',
    what: 'a queue of 1,000,000 items: the worst of page (300 ms), search (1 s), longest block of the agent (50 ms) and events (4 a second), as a part of its limit',
    goal: { at: 'most', value: 1 },
    processes: 1,
  },
  {
    name: 'start-to-first-light',
    module: 'first-light',
    unit: 's',
    what: 'the built program from the start of its process, on the data folder of yesterday, to the first status a viewer gets in which both lights come from an answer to this start',
    goal: { at: 'most', value: 2 },
    processes: 1,
  },
  {
    name: 'idle-processor',
    module: 'idle-processor',
    unit: '%',
    what: 'part of one processor the built program takes while nothing happens (the worse of a viewer and none), with its share of the runs of a schedule of 5 and 30 minutes that find nothing to carry',
    goal: { at: 'most', value: 0.5 },
    processes: 1,
  },
  {
    name: 'idle-added-memory',
    module: 'idle-memory',
    unit: 'MB',
    what: 'resident memory of the idle built program, with a viewer, above that of the same Node with the same modules imported and no site',
    goal: { at: 'most', value: 60 },
    processes: 3,
  },
  {
    name: 'pull-flow-sqs',
    module: 'pull-flow',
    unit: 'x',
    what: '1,000 packets at 50 ms a call from a queue that hides what it lists, each made durable, applied and reported by a whole agent: time of the vendor’s flow by a plain program, one call after the other, divided by ours',
    goal: { at: 'least', value: 8 },
    processes: 1,
  },
  {
    name: 'pull-flow-sticky',
    module: 'pull-flow-sticky',
    unit: 'x',
    what: 'the same from a queue that shows the same ten until they are reported',
    goal: { at: 'least', value: 4 },
    processes: 1,
  },
  {
    name: 'loop-delay',
    module: 'loop-delay',
    unit: 'ms',
    what: 'how late the event loop of the agent is, at its 99th percentile: the worse of pulling and applying 1,000 packets with one of 50 MB among them, and pushing a snapshot of 50 MB',
    goal: { at: 'most', value: 50 },
    processes: 1,
  },
  {
    name: 'poison',
    module: 'poison',
    unit: '%',
    what: 'processor time a whole agent spends on a batch with 1 packet in 100 that cannot be read, that the ERP refuses, or that waits for what never comes (the worst of them), above that of the same batch with a good one in its place',
    goal: { at: 'most', value: 1 },
    processes: 1,
  },
  {
    name: 'orders-per-second',
    module: 'orders',
    unit: 'orders/s',
    what: 'orders of two lines applied one by one with ledger and fence, by a whole agent on the sandbox ERP in another process',
    processes: 1,
  },
  {
    name: 'orders-at-the-writer',
    module: 'orders-at-the-writer',
    unit: 'orders/s',
    what: 'orders of five lines applied one after the other with ledger and fence by the ERP writer alone, on the sandbox ERP in another process',
    goal: { at: 'least', value: 300 },
    processes: 1,
  },
  {
    name: 'orders-in-four-lanes',
    module: 'orders-in-four-lanes',
    unit: 'orders/s',
    what: 'the same orders by four lanes of the writer at once',
    goal: { at: 'least', value: 550 },
    processes: 1,
  },
  {
    name: 'bulk-staging-vs-inserts',
    module: 'bulk-staging',
    unit: 'x',
    what: '20,000 rows of 8 columns loaded into a table of the session and inserted with casts, as the lines of a large unit are: time of single inserts by one prepared statement in one transaction, divided by ours',
    goal: { at: 'least', value: 20 },
    processes: 1,
  },
  {
    name: 'full-compare-million',
    module: 'full-compare',
    unit: 'MB',
    what: 'resident memory a process adds at its peak while it compares a table of 1,000,000 rows: the worse of a compare with nothing known and one with six rows changed, inserted and deleted, all of them found, each in a process of its own',
    goal: { at: 'most', value: 150 },
    processes: 1,
  },
  {
    name: 'records-initial-load',
    module: 'records-initial-load',
    unit: 'records/s',
    what: 'the first pass over 100,000 records of the ERP, each created in the cloud, paired and noted durably, both sides in memory',
    goal: { at: 'least', value: 3_000 },
    processes: 1,
  },
  {
    name: 'records-initial-memory',
    module: 'records-initial-memory',
    unit: 'MB',
    what: 'resident memory that pass adds at its peak, beside what the new records themselves take',
    goal: { at: 'most', value: 150 },
    processes: 3,
  },
];
