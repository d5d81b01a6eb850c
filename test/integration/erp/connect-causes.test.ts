import { afterEach, describe, expect, it } from 'vitest';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import type { SqlFailed } from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { failureOf } from '../../../main/adapters/erp-mssql/sql-failure.ts';
import { decide } from '../../../main/core/queue/decide.ts';
import { startTdsServer } from '../../../main/sandbox/tds/server.ts';
import type { SqlEvent } from '../../../main/sandbox/tsql/face.ts';
import { Speaker, isTextKey } from '../../../shared/i18n/say.ts';
import { explainFailure, type SyncFailure } from '../../../shared/model/failure.ts';
import { cannedEngine, message } from './canned-engine.ts';
import { endAll, later, tried } from './connect-bench.ts';

afterEach(endAll);

const signal = new AbortController().signal;
const asked = { endpoint: 'erp:main', where: 'apply', changes: true } as const;

/** What the unchanged driver makes of an error: at sign-in, or in answer to a request. */
async function failureAt(
  place: 'sign-in' | 'request',
  number: number,
  severity: number,
): Promise<SyncFailure> {
  const refuse = place === 'sign-in' ? () => message(number, severity) : undefined;
  const engine = cannedEngine(
    (text) =>
      text.includes('work')
        ? (async function* (): AsyncIterable<SqlEvent> {
            yield { kind: 'message', message: message(number, severity) };
            yield { kind: 'done', select: false, inProcedure: true };
          })()
        : undefined,
    refuse,
  );
  const tds = await startTdsServer({ engine });
  later(() => tds.close());
  const settings = { server: '127.0.0.1', port: tds.port, database: 'ERP', user: 'ferry' };
  const one = new MssqlServer({ ...settings, encrypt: false, trustServerCertificate: false }, () =>
    Promise.resolve('Canary-pass-1'),
  );
  const connected = await tried(one);
  let outcome: SqlFailed;
  if (connected.kind === 'connected') {
    const ran = await connected.connection.run({ text: 'work', parameters: [], timeoutMs: 5_000 }, signal);
    if (ran.kind === 'answered') throw new Error('answered');
    outcome = ran;
  } else outcome = connected;
  return failureOf(outcome, asked, signal);
}

/** Number, severity, where it is met, the words, who acts, what the engine does. */
const CAUSES = [
  [1205, 13, 'request', 'erp.deadlock', 'nobody', 'retry'],
  [1222, 16, 'request', 'erp.lock-timeout', 'erp-administrator', 'retry'],
  [3960, 16, 'request', 'erp.snapshot-conflict', 'nobody', 'retry'],
  [9002, 17, 'request', 'erp.log-full', 'erp-administrator', 'pause-endpoint'],
  [1105, 17, 'request', 'erp.database-full', 'erp-administrator', 'pause-endpoint'],
  [3906, 16, 'request', 'erp.read-only', 'erp-administrator', 'pause-endpoint'],
  [701, 17, 'request', 'erp.out-of-memory', 'erp-administrator', 'pause-endpoint'],
  [942, 14, 'request', 'erp.database-unavailable', 'erp-administrator', 'pause-endpoint'],
  [927, 14, 'request', 'erp.database-unavailable', 'erp-administrator', 'pause-endpoint'],
  [942, 14, 'sign-in', 'erp.database-unavailable', 'erp-administrator', 'pause-endpoint'],
  [927, 14, 'sign-in', 'erp.database-unavailable', 'erp-administrator', 'pause-endpoint'],
  [4060, 11, 'sign-in', 'erp.database-unavailable', 'erp-administrator', 'pause-endpoint'],
  [18456, 14, 'sign-in', 'erpUnauthorized', 'erp-administrator', 'pause-lane'],
  [18452, 14, 'sign-in', 'erpUnauthorized', 'erp-administrator', 'pause-lane'],
  [17809, 16, 'sign-in', 'erp.too-many-connections', 'erp-administrator', 'pause-endpoint'],
  [17142, 16, 'sign-in', 'erp.server-stopping', 'erp-administrator', 'pause-endpoint'],
  // Another database than ours, and data that does not fit: of this request alone.
  [911, 16, 'request', 'rejected', 'integrator', 'park'],
  [547, 16, 'request', 'rejected', 'integrator', 'park'],
] as const;

describe('an error of the server', () => {
  const speaker = new Speaker({ now: 0, timeZone: 'UTC', locale: 'en-GB' });

  it.each(CAUSES)(
    '%i (class %i) at %3$s: %s, %s, %s',
    async (number, severity, place, name, owner, decision) => {
      const failure = await failureAt(place, number, severity);
      const words = explainFailure(failure);
      expect([words.what, words.next, words.owner]).toEqual([
        `failure.${name}.what`,
        `failure.${name}.next`,
        owner,
      ]);
      expect(decide(failure, { failures: 1, attempts: 1, jitter: 0 }, 0).kind).toBe(decision);
      for (const key of [words.what, words.next]) {
        expect(isTextKey(key), key).toBe(true);
        expect(speaker.say({ key, params: words.params })).not.toMatch(/[{}]/);
      }
      expect(speaker.say({ key: words.what, params: words.params })).toContain(String(number));
    },
  );
});
