import type { ConfigProblem, Hop } from '../../../shared/contract/settings-requests.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { AlertSettings, ErpSettings, LinkSettings } from '../../../shared/model/settings.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';

/** `site.json` on disk. Writing is durable when it returns, and never leaves half a file. */
export interface SettingsFile {
  look(): { readonly bytes: Uint8Array | undefined; readonly revision: string; readonly data: unknown };
  problems(): readonly ConfigProblem[];
  check(data: unknown): readonly ConfigProblem[];
  replace(data: unknown): string;
  putBack(bytes: Uint8Array | undefined): void;
  mappings(): readonly string[];
}

/** The site's secrets: `get` is for signing in only, its value goes nowhere else. */
export interface SecretStore {
  get(name: string): Result<string | undefined, unknown>;
  set(name: string, value: string): void;
  list(): readonly {
    readonly name: string;
    readonly setAt?: number | undefined;
    readonly overridden: boolean;
  }[];
  isKnown(name: string): boolean;
}

/**
 * Tries a way step by step, on connections of its own which it ends. Never takes a packet from a queue, never writes into
 * the ERP. Steps after a failed one are `skipped`. Ends early when aborted, with the step at hand failed.
 */
export interface HopTester {
  erp(settings: ErpSettings, password: string | undefined, signal: AbortSignal): Promise<readonly Hop[]>;
  cloud(
    link: Pick<LinkSettings, 'id' | 'cloud'>,
    apiKey: string | undefined,
    signal: AbortSignal,
  ): Promise<readonly Hop[]>;
  /** Sends one marked message. */
  mail(settings: AlertSettings, password: string | undefined, signal: AbortSignal): Promise<readonly Hop[]>;
  /** Posts one marked message. */
  webhook(url: string, signal: AbortSignal): Promise<readonly Hop[]>;
}

export type TakeOver =
  | { readonly kind: 'taken-over' }
  /** The old settings run again; `undo` was called before they started. */
  | { readonly kind: 'failed'; readonly problems: readonly ConfigProblem[] }
  /** The program ends; the file counts from the next start. */
  | { readonly kind: 'ending' };

/** The running site as the settings see it. */
export interface SettingsHost {
  /** The data of the file that runs; undefined when none does, because none checks. */
  running(): unknown;
  /** Why a change cannot be taken over now, whatever it is; undefined when it can. */
  busy(): string | undefined;
  /** What of these settings the computer would not give, such as a port in use. They were checked. */
  obstacles(data: unknown): Promise<readonly ConfigProblem[]>;
  /** Ends what runs after its current durable step and goes on with the file on disk. */
  takeOver(undo: () => void): Promise<TakeOver>;
  /** From now on this value appears nowhere. */
  learn(secret: string): void;
  /** Known secrets taken out, and whatever looks like one: for people's eyes, never for what is written back. */
  clean<T>(value: T): T;
  /** Whatever fails for want of this secret tries again now; sessions opened with the old one are not used again. */
  secretChanged(name: string): Promise<void>;
}

/** Everything the settings' desk works with. */
export interface DeskParts {
  readonly runtime: Runtime;
  readonly file: SettingsFile;
  readonly secrets: SecretStore;
  readonly tester: HopTester;
  readonly host: SettingsHost;
  readonly log: {
    info(event: string, facts: Readonly<Record<string, unknown>>): void;
    warn(event: string, facts: Readonly<Record<string, unknown>>): void;
  };
}
