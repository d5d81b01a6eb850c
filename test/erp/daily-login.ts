import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { mappingRights } from '../../main/adapters/erp-mssql/grants/mapping-rights.ts';
import type { NeededRight } from '../../main/adapters/erp-mssql/grants/rights.ts';
import { roleOf, scriptBatches } from '../../main/adapters/erp-mssql/grants/script.ts';
import { ledgerRights, siteRights } from '../../main/adapters/erp-mssql/grants/site-rights.ts';
import { grantRight } from '../../main/adapters/erp-mssql/queries/grants.ts';
import { quoteIdent, quoteLiteral } from '../../main/adapters/erp-mssql/quote-ident.ts';
import type { Mapping } from '../../shared/model/mapping.ts';
import type { Bench, RawSession } from '../integration/erp/bench.ts';

/** A login made for one test, with the rights of the generated script and no other. */
export interface DailyLogin {
  readonly user: string;
  readonly password: string;
  readonly role: string;
  /** Gives what the script would hold for this mapping. What does not exist is left out, as a script would fail on it. */
  grantFor(mapping: Mapping, usersQuery?: string): Promise<void>;
  /** The same for the tables a ledger in this schema has by now. */
  grantLedger(schema: string): Promise<void>;
  /** Tables came or went: what was given before may be gone with them. */
  schemaChanged(): void;
  drop(): Promise<void>;
}

const NO_QUERY = 'SELECT 1 AS UserName';

/** Makes a login with a random name and password and runs the generated script for it. */
export async function makeDailyLogin(bench: Bench, setup: RawSession): Promise<DailyLogin> {
  const user = `ferry_daily_${randomBytes(5).toString('hex')}`;
  const password = `Aa1-${randomBytes(18).toString('base64url')}`;
  const erp = { ...bench.settings, user };
  const role = roleOf(erp.ledger.schema);
  await setup.query(`CREATE LOGIN ${quoteIdent(user)} WITH PASSWORD = ${quoteLiteral(password)}`);
  for (const { statement } of scriptBatches(erp, siteRights(erp, []))) await setup.query(statement);
  const given = new Set<string>();
  let queue: Promise<unknown> = Promise.resolve();
  const grant = async (right: NeededRight): Promise<void> => {
    let text: string;
    try {
      text = grantRight(role, right);
    } catch {
      // A name that no object can have.
      return;
    }
    if (given.has(text)) return;
    // Without it the case fails by itself.
    await setup.query(text).then(
      () => given.add(text),
      () => undefined,
    );
  };
  const grantAll = (rights: readonly NeededRight[]): Promise<void> => {
    const done = queue.then(async () => {
      for (const right of rights) await grant(right);
    });
    queue = done.catch(() => undefined);
    return done;
  };
  return {
    user,
    password,
    role,
    schemaChanged: () => given.clear(),
    grantFor(mapping, usersQuery = NO_QUERY) {
      const { needed } = mappingRights(mapping, usersQuery, {
        link: 'the case',
        ledgerSchema: erp.ledger.schema,
      });
      return grantAll(needed);
    },
    grantLedger: (schema) => grantAll(ledgerRights(schema)),
    async drop() {
      await setup.query(`DROP USER ${quoteIdent(user)}`);
      // The server takes a moment to notice that the last session has gone.
      for (let left = 50; ; left -= 1) {
        try {
          await setup.query(`DROP LOGIN ${quoteIdent(user)}`);
          return;
        } catch (error) {
          if (left === 0) throw error;
          await delay(100);
        }
      }
    },
  };
}
