import { setTimeout as sleep } from 'node:timers/promises';
import { CallLog } from './call-log.ts';
import { createControlSurface, seeder } from './control.ts';
import type { Control, Seeder } from './control.ts';
import { createGateway } from './gateway.ts';
import { stableId } from './metadata/document.ts';
import { buildSchema } from './metadata/schema.ts';
import { Table } from './state/table.ts';
import type { User, World } from './state/world.ts';
import { makeSwitches } from './switches.ts';
import type { Switches, SwitchesPatch } from './switches.ts';

export interface UserOptions {
  /** An e-mail address. */
  readonly name: string;
  readonly password: string;
  readonly fullName?: string | undefined;
  readonly id?: string | undefined;
  /** By entity; everything is allowed without any. `#Entity` with `read` is the schema. */
  readonly privileges?: User['privileges'];
}

export interface RescoCloudOptions {
  /** Milliseconds since 1970; the cloud's own clock, not the client's. */
  readonly clock: { now(): number };
  /** In [0, 1). */
  readonly random: () => number;
  readonly organisation: { readonly name: string; readonly id?: string | undefined };
  readonly users: readonly UserOptions[];
  readonly switches?: SwitchesPatch | undefined;
  /** Puts the first records in. */
  readonly seed?: ((seeder: Seeder) => void) | undefined;
  readonly newId?: (() => string) | undefined;
  /** The row version before the first one; by default beyond what a double holds. */
  readonly firstVersion?: bigint | undefined;
  /** For the delay fault; real time by default. */
  readonly sleep?: ((ms: number, signal: AbortSignal | undefined) => Promise<void>) | undefined;
  /** Carries the call-backs of hooks; without it they are noted only. */
  readonly callBack?: ((request: Request) => Promise<unknown>) | undefined;
}

export interface RescoCloud {
  /** Answers one request. Rejects with `ConnectionCut` where a real connection would break. */
  fetch(request: Request): Promise<Response>;
  /** Live settings; change them through `control.setSwitches`, which checks. */
  readonly switches: Readonly<Switches>;
  readonly control: Control;
  /** Every call with its answer, without credentials; the oldest go when it gets long. */
  readonly log: CallLog['calls'];
}

/** One organisation of a Resco Cloud, with people, accidents and the server's own logic in `control`. */
export function createRescoCloud(options: RescoCloudOptions): RescoCloud {
  let ahead = 0;
  const { random, organisation } = options;
  const switches = makeSwitches(options.switches);
  const first = options.firstVersion ?? 9_007_199_254_740_993n;
  const log = new CallLog();
  const world: World = {
    switches,
    schema: buildSchema(switches),
    now: () => options.clock.now() + ahead,
    random,
    newId: options.newId ?? (() => randomId(random)),
    sleep:
      options.sleep ?? ((ms, signal) => sleep(ms, undefined, signal === undefined ? undefined : { signal })),
    organisation: {
      name: organisation.name,
      id: organisation.id ?? stableId(`organisation ${organisation.name}`),
    },
    businessUnit: stableId(`business unit of ${organisation.name}`),
    users: options.users.map((user) => ({
      name: user.name,
      fullName: user.fullName ?? user.name,
      id: user.id ?? stableId(`user ${user.name}`),
      password: user.password,
      privileges: user.privileges,
    })),
    tables: new Map<string, Table>(),
    versions: { last: first, reported: first },
    rules: [],
    due: [],
    hooks: [],
    hookCalls: [],
    callBack: options.callBack,
    faults: [],
    moments: [],
    broken: new Map(),
    stages: new Set(),
    stage: undefined,
    byServer: false,
    undo: { steps: [], depth: 0 },
    log,
  };
  const control = createControlSurface(world, (ms) => {
    ahead += ms;
  });
  const seeding = seeder(world);
  seeding.people();
  options.seed?.(seeding);
  return { fetch: createGateway(world), switches, control, log: log.calls };
}

function randomId(random: () => number): string {
  const hex = Array.from({ length: 32 }, () => Math.floor(random() * 16).toString(16)).join('');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
