import { assertNever } from './assert-never.ts';

/** Where a call went: shown to people, counted by health, paused together. */
export type Endpoint = `erp:${string}` | `cloud:${string}` | `site:${string}`;

/** Expected failures, closed. Adapters translate everything into one of these; `decide` turns it into a decision. */
export type SyncFailure =
  /** Nothing reached the other side, or nothing came back from a call that changes nothing. */
  | {
      readonly kind: 'unreachable';
      readonly endpoint: Endpoint;
      readonly cause: string;
      /** Where it is known better: words, owner and next step of its own. */
      readonly trouble?: ErpTrouble | undefined;
    }
  | { readonly kind: 'throttled'; readonly endpoint: Endpoint; readonly retryAt?: number | undefined }
  | { readonly kind: 'unauthorized'; readonly endpoint: Endpoint; readonly cause: string }
  /** The data or the request is refused and will be refused again unchanged. `where` names table, row or file. */
  | {
      readonly kind: 'rejected';
      readonly code: string;
      readonly where?: string | undefined;
      readonly field?: string | undefined;
      readonly message: string;
    }
  | { readonly kind: 'conflict'; readonly where: string; readonly message: string }
  /** The answer cannot be read as what it should be. */
  | {
      readonly kind: 'invalid-response';
      readonly endpoint: Endpoint;
      readonly where: string;
      readonly detail: string;
    }
  /** It may or may not have happened. */
  | { readonly kind: 'unknown-outcome'; readonly endpoint: Endpoint; readonly operation: string }
  /** This program may not write: another agent holds the source, or the ERP is not the one known here. */
  | {
      readonly kind: 'fenced';
      readonly endpoint: Endpoint;
      readonly reason: FenceReason;
      readonly detail: string;
    }
  | { readonly kind: 'disk'; readonly cause: string }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'defect'; readonly message: string };

/** Why an ERP database does nothing now, each with words of its own. All pass without a change to the data. */
export const ERP_TROUBLES = [
  'blocking',
  'browser-silent',
  'certificate-changed',
  'database-full',
  'database-unavailable',
  'deadlock',
  'instance-no-tcp',
  'instance-unknown',
  'lock-timeout',
  'log-full',
  'no-encryption',
  'out-of-memory',
  'read-only',
  'server-stopping',
  'snapshot-conflict',
  'too-many-connections',
] as const;
export type ErpTrouble = (typeof ERP_TROUBLES)[number];

export type FenceReason = 'lease-held' | 'fence-raised' | 'erp-restored' | 'erp-copied' | 'ledger-missing';

export type Owner = 'erp-administrator' | 'cloud-administrator' | 'integrator' | 'user' | 'vendor' | 'nobody';

/** Who acts, and the catalogue keys of what happened and of the next step, with their parameters. */
export interface FailureText {
  readonly owner: Owner;
  readonly what: string;
  readonly next: string;
  readonly params: Readonly<Record<string, string>>;
}

const isErp = (endpoint: Endpoint): boolean => endpoint.startsWith('erp:');
const administrator = (endpoint: Endpoint): Owner =>
  isErp(endpoint) ? 'erp-administrator' : 'cloud-administrator';
/** The id of the ERP or link in `site.json`, as secrets are named after it. */
const nameOf = (endpoint: Endpoint): string => endpoint.slice(endpoint.indexOf(':') + 1);

/** Two that want the same rows at the same time: ordinary, and over with the next try. */
const PASSES: ReadonlySet<ErpTrouble> = new Set(['deadlock', 'snapshot-conflict']);

/** `rejected` with this code: the ERP looked at a document that was handed over to it and refused it; `message` is its reason. */
export const ERP_REFUSED = 'erp-refused';

/** Refusals with words of their own: who acts and what helps differ from a value that does not fit. */
const REFUSED: ReadonlyMap<string, readonly [owner: Owner, name: string]> = new Map([
  [ERP_REFUSED, ['erp-administrator', 'erpRefused']],
  ['another-client', ['erp-administrator', 'anotherClient']],
  ['app-model', ['integrator', 'appModel']],
  ['audit', ['vendor', 'audit']],
  ['audit-again', ['vendor', 'auditAgain']],
  ['no-users', ['integrator', 'noUsers']],
  ['duplicate-user', ['integrator', 'duplicateUser']],
  ['drift', ['integrator', 'drift']],
  ['drift-erp', ['erp-administrator', 'driftErp']],
  ['other-company', ['integrator', 'otherCompany']],
  ['other-user', ['cloud-administrator', 'otherUser']],
  ['body-gone', ['cloud-administrator', 'bodyGone']],
  ['body-empty', ['cloud-administrator', 'bodyEmpty']],
  ['link-expired', ['cloud-administrator', 'linkRefused']],
  ['unknown-user', ['cloud-administrator', 'unknownUser']],
  ...[
    'doctype',
    'field-twice',
    'malformed',
    'name-too-long',
    'not-a-packet',
    'not-utf8',
    'status-differs',
    'text-too-long',
    'too-deep',
    'too-large',
    'too-many-attributes',
    'too-many-fields',
    'too-many-rows',
    'too-many-tables',
    'unexpected-element',
    'unexpected-text',
    'unknown-status',
    'unnamed-table',
    'wrong-encoding',
  ].map((code): [string, readonly [Owner, string]] => [code, ['integrator', 'badPacket']]),
]);

/** The words for a failure: one catalogue entry `failure.<name>.what` and `.next` per case. Pure. */
export function explainFailure(failure: SyncFailure): FailureText {
  const text = (owner: Owner, name: string, params: Record<string, string> = {}): FailureText => ({
    owner,
    what: `failure.${name}.what`,
    next: `failure.${name}.next`,
    params,
  });
  switch (failure.kind) {
    case 'unreachable':
      if (failure.trouble !== undefined)
        return text(PASSES.has(failure.trouble) ? 'nobody' : 'erp-administrator', `erp.${failure.trouble}`, {
          endpoint: failure.endpoint,
          name: nameOf(failure.endpoint),
          cause: failure.cause,
        });
      return text(
        administrator(failure.endpoint),
        isErp(failure.endpoint) ? 'erpUnreachable' : 'cloudUnreachable',
        {
          endpoint: failure.endpoint,
          cause: failure.cause,
        },
      );
    case 'throttled':
      return text('nobody', 'throttled', { endpoint: failure.endpoint });
    case 'unauthorized':
      return text(
        administrator(failure.endpoint),
        isErp(failure.endpoint) ? 'erpUnauthorized' : 'cloudUnauthorized',
        {
          endpoint: failure.endpoint,
          name: nameOf(failure.endpoint),
          cause: failure.cause,
        },
      );
    case 'rejected': {
      const [owner, name] = REFUSED.get(failure.code) ?? ['integrator', 'rejected'];
      return text(owner, name, {
        code: failure.code,
        where: failure.where ?? '',
        field: failure.field ?? '',
        message: failure.message,
      });
    }
    case 'conflict':
      return text('integrator', 'conflict', { where: failure.where, message: failure.message });
    case 'invalid-response':
      return text(administrator(failure.endpoint), 'invalidResponse', {
        endpoint: failure.endpoint,
        name: nameOf(failure.endpoint),
        where: failure.where,
        detail: failure.detail,
      });
    case 'unknown-outcome':
      return text('nobody', 'unknownOutcome', { endpoint: failure.endpoint, operation: failure.operation });
    case 'fenced':
      return text('erp-administrator', `fenced.${failure.reason}`, {
        endpoint: failure.endpoint,
        detail: failure.detail,
      });
    case 'disk':
      return text('erp-administrator', 'disk', { cause: failure.cause });
    case 'cancelled':
      return text('nobody', 'cancelled');
    case 'defect':
      return text('vendor', 'defect', { message: failure.message });
    default:
      return assertNever(failure);
  }
}
