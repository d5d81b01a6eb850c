import type { Bug } from './planted-bugs.ts';
import { STEPS, type StepName, type StepPhase } from '../../main/core/runtime/steps.ts';

/** Where an agent dies: at the `occurrence`-th time (from 1, counted from the moment it is armed) it comes by. */
export interface CrashPoint {
  readonly step: StepName;
  readonly phase: StepPhase;
  readonly occurrence: number;
}

export type DiskKind = 'node' | 'forgetful';

/** The one argument of `agent.ts`, as JSON. */
export interface AgentOptions {
  readonly dataDir: string;
  readonly disk: DiskKind;
  readonly crashAt?: CrashPoint | undefined;
  /** All clocks of the agent run this much faster, counted from `clockStart` (milliseconds since 1970 UTC). */
  readonly timeFactor?: number | undefined;
  readonly clockStart?: number | undefined;
  /** Where the number of each step passed is written, so that a kill from outside tells where it struck. */
  readonly trace?: string | undefined;
  /** Plants a bug, to show that it is found. */
  readonly bug?: Bug | undefined;
  /** Dies at this edge of every life, while it has exactly this packet in hand. */
  readonly deadly?:
    { readonly packet: string; readonly step: StepName; readonly phase: StepPhase } | undefined;
  /** Loads the program and waits for `start` before it touches the data folder. */
  readonly standBy?: boolean | undefined;
}

/** Harness to agent. */
export type Order =
  | { readonly kind: 'start'; readonly crashAt?: CrashPoint | undefined }
  | { readonly kind: 'arm'; readonly crashAt: CrashPoint };

/** Agent to harness. */
export type Told =
  | { readonly kind: 'ready' }
  | { readonly kind: 'armed' }
  | { readonly kind: 'refused'; readonly message: string };

export const PHASES: readonly StepPhase[] = ['before', 'after'];

export const pointName = ({ step, phase }: Pick<CrashPoint, 'step' | 'phase'>): string => `${step} ${phase}`;

/** Every named step with both its edges. */
export const EDGES: readonly Omit<CrashPoint, 'occurrence'>[] = STEPS.flatMap((step) =>
  PHASES.map((phase) => ({ step, phase })),
);
