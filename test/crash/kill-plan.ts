import { between, chance, pick, type Random } from '../../main/sandbox/sample-erp/seeded-random.ts';
import { CUTS, type Cut } from './commit-cuts.ts';
import { EDGES, type CrashPoint } from './crash-point.ts';
import type { Work } from './field-work.ts';

/** One kill at a named step. */
export interface StepKill {
  readonly kind: 'step';
  readonly point: CrashPoint;
  readonly work: Work;
  /** Set where the step is passed only while an agent starts: it is armed from its first moment. */
  readonly atStart: boolean;
  readonly cut?: Cut | undefined;
}

export interface RandomKill {
  readonly kind: 'random';
  /** Milliseconds after the agent said that it is up. */
  readonly afterMs: number;
  readonly work: Work;
  readonly cut?: Cut | undefined;
}

/** While the ERP has a unit of work in hand: it waits for somebody else's lock, which goes before or after the restart. */
export interface HeldKill {
  readonly kind: 'held';
  readonly release: 'before-restart' | 'after-restart';
}

export type Kill = StepKill | RandomKill | HeldKill;

type Edge = Omit<CrashPoint, 'occurrence'>;

const AT_START: readonly string[] = ['agent.claim-site', 'agent.release-claims', 'lease.acquire'];
/** Passed with a unit of work under way or just done: here the answer to COMMIT may be cut as well. */
const AROUND_COMMIT: readonly string[] = ['pull.apply after', 'pull.settle before', 'pull.settle after'];
/** Passed only after something was brought about with an agent that runs. */
const WHILE_RUNNING: readonly string[] = [
  'pull.void',
  'pull.discard',
  'edit.keep-body',
  'edit.exchange',
  'settings.write',
];
/** About as long as a life needs to carry over what waits. */
const MOST_MS = 500;

const WORK: Readonly<Partial<Record<string, Work>>> = {
  'pull.spool-body': 'large',
  'pull.wait': 'waiting',
  'pull.park': 'refused',
  'pull.void': 'refused',
  'pull.discard': 'refused',
  'edit.keep-body': 'refused',
  'edit.exchange': 'refused',
  'handover.ask': 'waiting',
  'handover.note': 'waiting',
  'notice.tell': 'refused',
  'notice.note': 'refused',
};

/** Which steps world number `index` of `worlds` kills at, so that together each edge is killed `times` times. Pure. */
export function shareOfEdges(times: number, index: number, worlds: number): readonly Edge[] {
  return EDGES.flatMap((edge, position) =>
    Array.from({ length: times }, (_, turn) => turn).flatMap((turn) =>
      (turn + position) % worlds === index ? [edge] : [],
    ),
  );
}

/** The kills of one world in the order of play. */
export function planKills(options: {
  readonly random: Random;
  readonly edges: readonly Edge[];
  readonly randomKills: number;
  readonly heldKills: number;
  readonly cuts: boolean;
}): readonly Kill[] {
  const { random, edges, cuts } = options;
  let turn = between(random, 0, CUTS.length - 1);
  const nextCut = (): Cut => CUTS[turn++ % CUTS.length] ?? 'answer-lost';
  const steps = edges.map(({ step, phase }): Kill => {
    const work: Work = WORK[step] ?? pick(random, ['plain', 'plain', 'large', 'waiting']);
    const often = work !== 'refused' && step.startsWith('pull.') && step !== 'pull.wait';
    return {
      kind: 'step',
      point: { step, phase, occurrence: often ? between(random, 1, 2) : 1 },
      work,
      atStart: AT_START.includes(step) || (!WHILE_RUNNING.includes(step) && chance(random, 0.4)),
      cut: cuts && AROUND_COMMIT.includes(`${step} ${phase}`) ? nextCut() : undefined,
    };
  });
  const any = Array.from({ length: options.randomKills }, (): Kill => ({
    kind: 'random',
    afterMs: Math.floor(random() * MOST_MS),
    work: pick(random, ['plain', 'plain', 'plain', 'large', 'waiting']),
    cut: cuts && chance(random, 0.2) ? nextCut() : undefined,
  }));
  const held = Array.from({ length: options.heldKills }, (_, index): Kill => ({
    kind: 'held',
    release: index % 2 === 0 ? 'after-restart' : 'before-restart',
  }));
  return shuffled([...steps, ...any, ...held], random);
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const left = [...list];
  const out: T[] = [];
  while (left.length > 0) out.push(...left.splice(Math.floor(random() * left.length), 1));
  return out;
}
