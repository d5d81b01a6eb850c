/**
 * Every durable step the program takes, by name. The crash harness kills before and after each; a step missing here
 * does not compile. `pull.*` and `push.*` follow the way the data take.
 */
export const STEPS = [
  'agent.claim-site',
  'agent.release-claims',
  'lease.acquire',
  'lease.renew',
  'pull.remember-list',
  'pull.spool-body',
  'pull.store-packet',
  'pull.begin-attempt',
  'pull.apply',
  'pull.settle',
  'pull.wait',
  'pull.park',
  'pull.void',
  'pull.discard',
  'edit.keep-body',
  'edit.exchange',
  'pull.report-done',
  'pull.settle-report',
  'handover.ask',
  'handover.note',
  'notice.tell',
  'notice.note',
  'guard.note',
  'push.spool-snapshot',
  'push.store-snapshot',
  'push.begin-upload',
  'push.upload',
  'push.settle',
  'run.start',
  'run.finish',
  'settings.write',
] as const;

/** Those of a pass over two-way records, in their order. */
export const RECORD_STEPS = [
  'records.nominate',
  'records.intend',
  'records.write',
  'records.conclude',
  'records.sweep',
] as const;

export type StepName = (typeof STEPS)[number] | (typeof RECORD_STEPS)[number];
export type StepPhase = 'before' | 'after';

/** Faults the runtime of tests can inject where an adapter asks for them. */
export const FAULTS = ['disk.full', 'disk.slow', 'sqlite.busy'] as const;
export type FaultName = (typeof FAULTS)[number];
