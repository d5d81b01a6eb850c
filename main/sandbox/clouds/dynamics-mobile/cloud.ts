import { setTimeout as sleep } from 'node:timers/promises';
import { createBodyStore } from './bodies.ts';
import { createControlSurface } from './control.ts';
import type { AreaOptions, Control } from './control.ts';
import { createGateway } from './gateway.ts';
import { createProcessor } from './processing.ts';
import { makeStatistics } from './state.ts';
import type { CallRecord, World } from './state.ts';
import { makeSwitches } from './switches.ts';
import type { Switches, SwitchesPatch } from './switches.ts';

export interface DynamicsMobileOptions {
  /** Milliseconds since 1970; the cloud's own clock, not the client's. */
  clock: { now(): number };
  /** In [0, 1). */
  random: () => number;
  newId: () => string;
  areas: readonly AreaOptions[];
  switches?: SwitchesPatch | undefined;
  /** For bodies above 256 KiB; without it everything stays in memory. */
  folder?: string | undefined;
  /** For the delay fault; real time by default. */
  sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  /**
   * Number of the one rule this cloud breaks, from 1 to 52, to prove that a test notices. No program offers it, and no
   * switch: a cloud made without it keeps them all.
   */
  broken?: number | undefined;
}

export interface DynamicsMobile {
  /** Answers one request. Rejects with `ConnectionCut` where a real connection would break. */
  handle(request: Request): Promise<Response>;
  /** Live settings; change them through `control.setSwitches`, which checks. */
  readonly switches: Readonly<Switches>;
  readonly control: Control;
  /** Every call, without keys or links. */
  readonly log: readonly CallRecord[];
  /** Removes the files in the folder. */
  close(): void;
}

/** A Dynamics Mobile cloud as seen from the ERP's side, with the portal and the phones' end in `control`. */
export function createDynamicsMobile(options: DynamicsMobileOptions): DynamicsMobile {
  let ahead = 0;
  const world: World = {
    switches: makeSwitches(options.switches),
    now: () => options.clock.now() + ahead,
    random: options.random,
    newId: options.newId,
    sleep:
      options.sleep ?? ((ms, signal) => sleep(ms, undefined, signal === undefined ? undefined : { signal })),
    bodies: createBodyStore(options.folder),
    areas: new Map(),
    uploadLinks: new Map(),
    downloadLinks: new Map(),
    faults: [],
    holds: (rule) => rule !== options.broken,
    log: [],
    statistics: makeStatistics(),
  };
  const processor = createProcessor(world);
  const control = createControlSurface(world, processor, (ms) => {
    ahead += ms;
  });
  for (const area of options.areas) control.addArea(area);
  return {
    handle: createGateway(world, processor),
    switches: world.switches,
    control,
    log: world.log,
    close: () => world.bodies.close(),
  };
}
