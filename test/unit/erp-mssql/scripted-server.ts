import type {
  SqlCall,
  SqlConnect,
  SqlConnection,
  SqlFailed,
  SqlLoad,
  SqlOutcome,
  SqlRecordset,
  SqlServer,
} from '../../../main/adapters/erp-mssql/sql-connection.ts';
import type { Runtime } from '../../../main/core/runtime/runtime.ts';

/** A server that answers from a script and remembers what it was asked. */
export class ScriptedServer implements SqlServer {
  readonly calls: SqlCall[] = [];
  readonly script: (SqlOutcome | ((call: SqlCall) => SqlOutcome))[] = [];
  readonly loads: SqlLoad[] = [];
  /** How loads end; well, where nothing is said. */
  readonly loading: SqlFailed[] = [];
  connects: SqlConnect[] = [];
  opened = 0;
  closed = 0;

  sessionsOpened(): number {
    return this.opened;
  }

  connect(): Promise<SqlConnect> {
    const scripted = this.connects.shift();
    if (scripted !== undefined) return Promise.resolve(scripted);
    this.opened += 1;
    const connection: SqlConnection = {
      run: (call) => {
        this.calls.push(call);
        const next = this.script.shift();
        if (next === undefined) throw new Error(`nothing scripted for: ${call.text.slice(0, 200)}`);
        return Promise.resolve(typeof next === 'function' ? next(call) : next);
      },
      stream: () => {
        throw new Error('not scripted');
      },
      load: (load) => {
        this.loads.push(load);
        return Promise.resolve(this.loading.shift() ?? { kind: 'loaded' });
      },
      beginReading: () => Promise.resolve({ kind: 'begun' }),
      close: () => {
        this.closed += 1;
        return Promise.resolve();
      },
    };
    return Promise.resolve({ kind: 'connected', connection });
  }
}

export const set = (columns: readonly string[], ...rows: readonly (string | null)[][]): SqlRecordset => ({
  columns: columns.map((name) => ({ name, exact: true })),
  rows,
});

export const answered = (...recordsets: readonly SqlRecordset[]): SqlOutcome => ({
  kind: 'answered',
  recordsets,
});

/** The row a unit's batch ends with when it failed. */
export const failedBatch = (step: string, number: number, more: Record<string, string> = {}): SqlOutcome => {
  const row: Record<string, string> = {
    ferry_outcome: 'failed',
    step,
    position: '-1',
    error_number: String(number),
    error_state: '1',
    error_severity: '16',
    error_line: '7',
    error_procedure: '',
    error_message: 'a message',
    open_transactions: '1',
    ...more,
  };
  return answered(
    set(Object.keys(row), Object.values(row)),
    set(['ferry_document', 'erp_key', 'erp_number']),
  );
};

export interface ManualRuntime extends Runtime {
  now: number;
  readonly steps: string[];
}

export function manualRuntime(): ManualRuntime {
  let ids = 0;
  const steps: string[] = [];
  const runtime: ManualRuntime = {
    now: 1_000,
    steps,
    wall: () => runtime.now,
    monotonic: () => runtime.now,
    sleep: () => Promise.resolve(),
    yield: () => Promise.resolve(),
    random: () => 0.5,
    newId: () => `id-${(ids += 1)}`,
    step: (name, phase) => steps.push(`${name} ${phase}`),
    fault: () => false,
  };
  return runtime;
}
