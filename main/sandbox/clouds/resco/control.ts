import type { CallRecord } from './call-log.ts';
import type { Fault } from './fault-script.ts';
import { buildSchema } from './metadata/schema.ts';
import { runDue, writePlain } from './state/due.ts';
import type { PlainWrite } from './state/due.ts';
import { entityOf, find, nextVersion, tableOf } from './state/store.ts';
import { Table } from './state/table.ts';
import type { Row } from './state/table.ts';
import { openTransaction } from './state/transaction.ts';
import type { OpenTransaction } from './state/transaction.ts';
import type { Moment, ServerRule, User, World } from './state/world.ts';
import { applySwitches } from './switches.ts';
import type { Switches, SwitchesPatch } from './switches.ts';

/** Everything there was at one time. */
export interface Backup {
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, Row>>;
  readonly last: bigint;
  readonly reported: bigint;
}

/** Puts records in as the first user. */
export interface Seeder {
  /** Returns the id; without one the server makes it. */
  create(entity: string, values: Readonly<Record<string, string>>, id?: string): string;
  /** Users and their business unit as records; done by the cloud itself. */
  people(): void;
}

/** What people, accidents and the server's own logic do to the cloud. */
export interface Control {
  setSwitches(patch: SwitchesPatch): Switches;
  /** Another client's write, at once. Returns the id. Throws `RescoFault`. */
  write(request: PlainWrite & { readonly as?: string | undefined }): string;
  /** Lets `act` happen at a point of the next such call, once. */
  at(
    moment: Pick<Moment, 'on' | 'when' | 'item'> & { readonly skip?: number | undefined },
    act: () => void,
  ): void;
  /** Opens a transaction: what it writes has its row version at once, and is seen by nobody until it is committed. */
  openTransaction(as?: string): OpenTransaction;
  addRule(rule: ServerRule): void;
  clearRules(): void;
  /** Does now what asynchronous rules have to do by now; each call to the cloud does so too. */
  runDue(): void;
  record(entity: string, id: string): (Row & { readonly version: bigint }) | undefined;
  records(entity: string): readonly Row[];
  maxRowVersion(): bigint;
  setPassword(user: string, password: string): void;
  setPrivileges(user: string, privileges: User['privileges']): void;
  backup(): Backup;
  /** Brings an earlier state back, row versions and all; as another organisation if an id is given. */
  restore(backup: Backup, organisationId?: string): void;
  setOrganisationId(id: string): void;
  faults(script: readonly Fault[]): void;
  clearFaults(): void;
  /** Breaks OData reads of one entity until it is mended. */
  breakReads(entity: string, how: '500' | 'truncated' | undefined): void;
  /** Call-backs of hooks so far. */
  hookCalls(): readonly { readonly url: string; readonly body: string }[];
  /** Moves the cloud's clock. */
  advance(ms: number): void;
  calls(kind?: string): readonly CallRecord[];
  clearLog(): void;
}

export function createControlSurface(world: World, advance: (ms: number) => void): Control {
  const userOf = (name?: string): User => {
    const user = name === undefined ? world.users[0] : world.users.find((one) => one.name === name);
    if (user === undefined) throw new Error(`there is no user ${name ?? ''}`);
    return user;
  };
  return {
    setSwitches(patch) {
      applySwitches(world.switches, patch);
      world.schema = buildSchema(world.switches);
      return { ...world.switches };
    },
    write: (request) => writePlain(world, userOf(request.as), request),
    at({ skip = 0, ...moment }, act) {
      world.moments.push({ ...moment, skip, act });
    },
    openTransaction: (as) => openTransaction(world, userOf(as)),
    addRule(rule) {
      userOf(rule.as);
      entityOf(world, rule.entity);
      world.rules.push(rule);
    },
    clearRules() {
      world.rules.length = 0;
      world.due.length = 0;
    },
    runDue: () => runDue(world),
    record: (entity, id) => find(world, entity, id),
    records: (entity) => [...tableOf(world, entity).rows.values()],
    maxRowVersion: () => world.versions.reported,
    setPassword(user, password) {
      userOf(user).password = password;
    },
    setPrivileges(user, privileges) {
      userOf(user).privileges = privileges;
    },
    backup: () => ({
      tables: new Map([...world.tables].map(([name, table]) => [name, new Map(table.rows)])),
      ...world.versions,
    }),
    restore({ tables, last, reported }, organisationId) {
      world.tables.clear();
      for (const [name, rows] of tables) {
        const table = new Table();
        for (const row of rows.values()) table.put(row);
        world.tables.set(name, table);
      }
      world.due.length = 0;
      world.versions.last = last;
      world.versions.reported = reported;
      if (organisationId !== undefined) world.organisation.id = organisationId;
    },
    setOrganisationId(id) {
      world.organisation.id = id;
    },
    faults(script) {
      world.faults.push(...script.map((fault) => ({ ...fault })));
    },
    clearFaults() {
      world.faults.length = 0;
    },
    breakReads(entity, how) {
      if (how === undefined) world.broken.delete(entity);
      else world.broken.set(entity, how);
    },
    hookCalls: () => world.hookCalls.map(({ url, body }) => ({ url, body })),
    advance,
    calls: (kind) => world.log.calls.filter((call) => kind === undefined || call.kind === kind),
    clearLog: () => world.log.clear(),
  };
}

export function seeder(world: World): Seeder {
  const first = (): User => {
    const user = world.users[0];
    if (user === undefined) throw new Error('a cloud needs at least one user');
    return user;
  };
  return {
    create: (entity, values, id) =>
      writePlain(world, { ...first(), privileges: undefined }, { action: 'Create', entity, id, values }),
    people() {
      const now = new Date(world.now()).toISOString().replace(/\.\d+Z$/, 'Z');
      tableOf(world, 'businessunit').put({
        id: world.businessUnit,
        version: nextVersion(world),
        values: { name: world.organisation.name, createdon: now, modifiedon: now },
      });
      for (const { id, name, fullName } of world.users)
        tableOf(world, 'systemuser').put({
          id,
          version: nextVersion(world),
          values: {
            fullname: fullName,
            emailaddress: name,
            businessunitid: `businessunit:${world.businessUnit}`,
            createdon: now,
            modifiedon: now,
          },
        });
    },
  };
}
