import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import type { ErpSettings } from '../../../../shared/model/settings.ts';
import { ledgerObjects } from '../queries/ledger-schema.ts';
import { recordLedgerTable } from '../queries/records-write.ts';
import {
  addToRole,
  BATCH_END,
  comment,
  createLoginLine,
  createRole,
  createUser,
  grantRight,
  useDatabase,
} from '../queries/grants.ts';
import { objectKey, type NeededRight, type Rights } from './rights.ts';

/** One statement the administrator runs as a batch, and what is said of it. */
export interface ScriptBatch {
  readonly says: readonly string[];
  readonly statement: string;
}

type Erp = Pick<ErpSettings, 'id' | 'database' | 'auth' | 'user' | 'domain' | 'ledger'>;

/** As the server knows the login. */
export const loginOf = ({ auth, user, domain }: Pick<Erp, 'auth' | 'user' | 'domain'>): string =>
  auth === 'ntlm' ? `${domain ?? ''}\\${user}` : user;

/** One role an ERP; a ledger in another schema of the same database has its own. */
export const roleOf = (schema: string): string => `${schema.slice(0, 120)}_daily`;

/** Every batch, in order. Each may be run again. */
export function scriptBatches(erp: Erp, { needed, recordLedger }: Rights): readonly ScriptBatch[] {
  const role = roleOf(erp.ledger.schema);
  const login = loginOf(erp);
  return [
    ...ledgerObjects(erp.ledger.schema).map(({ statement }, index) => ({
      says: index === 0 ? ['1. The ledger: what makes every write happen exactly once.'] : [],
      statement,
    })),
    ...(recordLedger === true
      ? [{ says: [], statement: recordLedgerTable(erp.ledger.schema).statement }]
      : []),
    { says: ['2. The role that holds every right of the program.'], statement: createRole(role) },
    {
      says: ['3. The user of its login, and no other member.'],
      statement: createUser(login),
    },
    { says: [], statement: addToRole(role, login) },
    ...needed.map((right, index) => ({
      says: [
        ...(index === 0 ? ['4. Its rights: these and nothing else.'] : []),
        ...(sameObject(needed[index - 1], right.on) ? [] : [whyOf(needed, right.on)]),
      ],
      statement: grantRight(role, right),
    })),
  ];
}

const sameObject = (before: NeededRight | undefined, on: SqlName): boolean =>
  before !== undefined && objectKey(before.on) === objectKey(on);

const whyOf = (needed: readonly NeededRight[], on: SqlName): string =>
  `${on.schema}.${on.name}: ${[...new Set(needed.filter((one) => objectKey(one.on) === objectKey(on)).flatMap((one) => one.why))].join('; ')}`;

/** The text a database administrator reviews and runs. */
export function scriptText(erp: Erp, rights: Rights): string {
  const login = loginOf(erp);
  const head = [
    `ERP Ferry, ERP "${erp.id}": what the program needs in the database ${erp.database}.`,
    'A database administrator reads and runs this, with rights to create schemas, roles and users.',
    'It may be run again. With sqlcmd, use the option -x: names may hold a dollar sign.',
    'The program itself signs in with the daily login and has nothing but what stands here.',
    'Your own login and password are needed here only: the program neither asks for them nor keeps them.',
    '',
    'The daily login, if there is none yet (choose the password yourself; it is in no file of the program):',
  ];
  const last = [
    ...rights.byHand.map(
      ({ what, why }) =>
        `By hand: GRANT SELECT for ${what}. Its text names objects the program could not read (${why}).`,
    ),
    'Whether the daily login has all of this and nothing more: erp-ferry erp script --check',
  ];
  return [
    ...head.map(comment),
    comment(createLoginLine(login, erp.auth === 'ntlm')),
    '',
    useDatabase(erp.database),
    BATCH_END,
    '',
    ...scriptBatches(erp, rights).flatMap(({ says, statement }) => [
      ...says.map(comment),
      statement,
      BATCH_END,
      '',
    ]),
    ...last.map(comment),
    '',
  ].join('\n');
}
