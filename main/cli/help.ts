import { LOG_LEVELS } from '../adapters/log/create-log.ts';
import { FEED_KINDS } from '../core/feeds/feed.ts';
import { ITEM_STATES } from '../core/queue/item.ts';
import type { Output } from './output.ts';

const USAGE = 'erp-ferry [--data-dir D] [--json] <command>';

const COMMANDS: readonly (readonly [name: string, usage: string, what: string])[] = [
  [
    'run',
    'run [--console] [--set-up]',
    'run the agent until it is ended; --console serves the page on this computer; --set-up also starts without settings that check',
  ],
  [
    'sync',
    'sync [link...] [--flow push|pull] [--once]',
    'carry now and wait; --once also works where no agent runs',
  ],
  ['status', 'status', 'what is carried, what waits, who must act'],
  ['pause', 'pause [link] [--for 30m] [--note text]', 'start no runs'],
  ['resume', 'resume [link]', 'start runs again'],
  [
    'queue list',
    'queue list [--state s]... [--direction in|out] [--link l] [--user u] [--text t] [--limit n] [--offset n]',
    `items of the queue; states: ${ITEM_STATES.join(', ')}`,
  ],
  ['queue show', 'queue show <item>', 'one item: timeline, cause, next step, text'],
  ['queue retry', 'queue retry <item>', 'let an item go on now'],
  ['queue park', 'queue park <item> [--note text]', 'set an item aside'],
  [
    'queue discard',
    'queue discard <item> --confirm <packet id> [--note text]',
    'give a parked item up for good, once the ERP has proven that it is not there',
  ],
  [
    'queue edit',
    'queue edit <item> --file FILE --confirm <packet id> [--note text]',
    'give a parked packet the text of the file and let it go on; the bytes it had are kept',
  ],
  [
    'queue apply',
    'queue apply <link> --confirm <link>',
    'a new link that only stores what it pulls applies it from now on',
  ],
  [
    'queue export',
    'queue export <item> [--out FILE] [--original]',
    'its raw bytes, to a file or standard output; --original: as the phone sent them, before any edit',
  ],
  [
    'users list',
    'users list [--link l] [--text t] [--open] [--limit n] [--offset n]',
    'mobile users: what each got last, what each waits for; --open: only those who wait',
  ],
  [
    'users show',
    'users show <link> --user U',
    'one mobile user: tables of the last snapshot, and those before',
  ],
  [
    'preview',
    'preview <link> --user U [--out FILE]',
    'the packet a user would get now and how it differs from the last one; sends nothing; --out saves its bytes',
  ],
  ['runs list', 'runs list [--link l] [--limit n]', 'what ran, with counts'],
  ['config check', 'config check', 'check site.json and the mappings'],
  [
    'config apply',
    'config apply <file>',
    'check these settings, write them to site.json, let the running site go on with them',
  ],
  ['config export', 'config export', 'print the settings, without secrets'],
  [
    'erp script',
    'erp script [erp|link] [--check]',
    'the SQL a database administrator reviews: ledger, role, exact rights; --check compares them with those of the login',
  ],
  [
    'erp tables',
    'erp tables [erp]',
    'tables and views that the login sees, with columns and types, and how changes of each can be found',
  ],
  [
    'erp changes',
    'erp changes <schema.table> [--erp ID] [--feed KIND] [--since CURSOR] [--changed-at COLUMN] [--overlap 10m] [--clock local|utc] [--state FILE] [--confirm-gone]',
    `keys that may have changed since the cursor, and the next one; without --since the first. Feeds: ${FEED_KINDS.join(', ')}`,
  ],
  [
    'probe',
    'probe <link> [--user NAME] [--path PATH] [--list]',
    'what the cloud does where its documentation is silent; takes no packet. --user: asks an upload link for that test user. --list: pulls once, and says what the lists show',
  ],
  [
    'reconcile',
    'reconcile <link> [--replay --confirm <link>]',
    'after the ERP was restored: what it lacks; --replay writes it again from the kept copies',
  ],
  [
    'secret set',
    'secret set <name>',
    'store erp.<id>.password, link.<id>.apiKey, alerts.mail.password or alerts.webhook.url, from standard input',
  ],
  ['secret list', 'secret list', 'names and dates of what is stored'],
  [
    'logs',
    `logs [--follow] [--lines n] [--level ${LOG_LEVELS.join('|')}] [--text t]`,
    'the log; --level is that one and worse',
  ],
  ['sandbox', 'sandbox [--once] [--seed n]', 'sample ERP, simulated cloud and phones with an agent, to try'],
];

const EXIT_CODES: readonly (readonly [string, string])[] = [
  ['0', 'fine'],
  ['1', 'failed'],
  ['2', 'usage, or a configuration that does not check'],
  ['3', 'done, but something is parked or in conflict'],
  ['4', 'another agent owns the site'],
  ['5', 'the ERP or a cloud does not answer'],
];

export function showHelp(out: Output, topic: string | undefined): void {
  const chosen = COMMANDS.filter(
    ([name]) => topic === undefined || name === topic || name.startsWith(`${topic} `),
  );
  const shown = chosen.length === 0 ? COMMANDS : chosen;
  out.document({ usage: USAGE, commands: shown.map(([name, usage, what]) => ({ name, usage, what })) });
  out.line(USAGE);
  out.line();
  for (const [, usage, what] of shown) {
    out.line(`  ${usage}`);
    out.line(`      ${what}`);
  }
  if (shown.length < COMMANDS.length) return;
  out.line();
  out.line('Options');
  out.line('  --data-dir D   the site; else ERP_FERRY_DATA, else the place of the platform');
  out.line(
    '  --json         one JSON document on standard output and nothing else; one a line with logs --follow and erp changes',
  );
  out.line();
  out.line('Exit codes');
  for (const [code, what] of EXIT_CODES) out.line(`  ${code}  ${what}`);
}
