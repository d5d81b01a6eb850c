import type { Activity } from '../activity.ts';
import type { EngineClock } from '../face.ts';
import { AppLocks, Waits } from '../locks.ts';
import { parseBatch, parseDeclaration } from '../parser/program.ts';
import type { ParameterNode, Statement } from '../parser/ast.ts';
import { ServerSecurity } from '../security/principals.ts';
import { Database, nameKey } from '../storage/schema-objects.ts';
import type { Party } from '../transactions.ts';
import { TransactionLog } from '../transactions.ts';

/** Errors that tests want to see without their cause. Each is used up by one statement. */
export interface Faults {
  /** Error numbers the next writing or reading statements fail with, one each: 1205, 1222, or any other. */
  readonly nextStatements: number[];
  /** The same for the next statements of one session, by its id. */
  readonly bySession: Map<number, number[]>;
}

/** What a read waits for before it lets go of the row it stands at; `signal` ends with the request. */
export type WhileReading = (session: number, signal: AbortSignal) => Promise<void>;

/** What others may know of a session. */
interface SessionState extends Party {
  readonly database: Database;
  readonly login: string;
  readonly since: number;
  readonly trancount: number;
  readonly request: { readonly started: number } | undefined;
}

const PARSED_LIMIT = 500;

/** What all sessions share. */
export class Server {
  readonly name: string;
  readonly clock: EngineClock;
  readonly random: () => number;
  readonly whileReading: WhileReading | undefined;
  readonly databases = new Map<string, Database>();
  /** Who is connected, and to which database. */
  readonly sessions = new Map<number, SessionState>();
  readonly waits: Waits;
  readonly appLocks: AppLocks;
  readonly log: TransactionLog;
  readonly security: ServerSecurity;
  readonly faults: Faults = { nextStatements: [], bySession: new Map() };
  private readonly batches = new Map<string, readonly Statement[]>();
  private readonly declarations = new Map<string, readonly ParameterNode[]>();
  private nextDatabase = 5;
  private nextSession = 51;

  constructor(at: {
    name: string;
    clock: EngineClock;
    random: () => number;
    whileReading?: WhileReading | undefined;
    administrators: readonly { readonly user: string; readonly password: string }[];
  }) {
    this.name = at.name;
    this.clock = at.clock;
    this.random = at.random;
    this.whileReading = at.whileReading;
    this.security = new ServerSecurity(at.administrators);
    this.waits = new Waits(at.clock);
    this.appLocks = new AppLocks(this.waits, at.clock);
    this.log = new TransactionLog(
      (t) => {
        this.appLocks.releaseAll(t.party, 'Transaction');
        this.waits.released(t.party);
      },
      () => at.clock.now(),
    );
    for (const [id, name] of ['master', 'tempdb', 'model', 'msdb'].entries()) this.addDatabase(name, id + 1);
  }

  newId(): string {
    const hex = (n: number): string =>
      Array.from({ length: n }, () => Math.floor(this.random() * 16).toString(16))
        .join('')
        .toUpperCase();
    return `${hex(8)}-${hex(4)}-4${hex(3)}-${'89AB'[Math.floor(this.random() * 4)]}${hex(3)}-${hex(12)}`;
  }
  addDatabase(name: string, id = this.nextDatabase++): Database {
    const database = new Database({ name, id, created: this.clock.now(), forkGuid: this.newId() });
    this.databases.set(nameKey(name), database);
    return database;
  }
  database(name: string): Database | undefined {
    return this.databases.get(nameKey(name));
  }
  *activity(): Iterable<Activity> {
    for (const s of this.sessions.values())
      yield {
        id: s.id,
        login: s.login,
        database: s.database,
        since: s.since,
        transactions: s.trancount,
        request: s.request,
        wait: this.waits.waitOf(s),
      };
  }
  sessionId(): number {
    return this.nextSession++;
  }

  /** A text is parsed once; its tree is never changed, so sessions can share it. */
  parse(text: string, declaration = ''): readonly Statement[] {
    const key = `${declaration}\u0000${text}`;
    const known = this.batches.get(key);
    if (known) {
      // Used texts move to the end, so that the oldest are the ones to go.
      this.batches.delete(key);
      this.batches.set(key, known);
      return known;
    }
    const parsed = parseBatch(text);
    this.batches.set(key, parsed);
    if (this.batches.size > PARSED_LIMIT) this.batches.delete(this.batches.keys().next().value ?? '');
    return parsed;
  }
  parseDeclaration(text: string): readonly ParameterNode[] {
    const known = this.declarations.get(text);
    if (known) return known;
    const parsed = parseDeclaration(text);
    if (this.declarations.size > PARSED_LIMIT) this.declarations.clear();
    this.declarations.set(text, parsed);
    return parsed;
  }
}
