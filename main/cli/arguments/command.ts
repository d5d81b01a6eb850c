import type { LogLevel } from '../../adapters/log/create-log.ts';
import type { ItemState } from '../../core/queue/item.ts';
import type { ChangesWanted } from '../commands/erp-changes.ts';

/** What a command line asks for. */
export type Command =
  | { readonly name: 'help'; readonly topic?: string | undefined }
  | { readonly name: 'version' }
  | { readonly name: 'run'; readonly console: boolean; readonly setUp?: boolean | undefined }
  | {
      readonly name: 'sync';
      readonly links: readonly string[];
      readonly once: boolean;
      readonly flow?: 'push' | 'pull' | undefined;
    }
  | { readonly name: 'status' }
  | { readonly name: 'queue list'; readonly filters: QueueFilters }
  | { readonly name: 'queue show'; readonly item: number }
  | { readonly name: 'queue retry'; readonly item: number }
  | { readonly name: 'queue park'; readonly item: number; readonly note: string }
  | {
      readonly name: 'queue discard';
      readonly item: number;
      readonly confirm: string;
      readonly note: string;
    }
  | {
      readonly name: 'queue edit';
      readonly item: number;
      readonly file: string;
      readonly confirm: string;
      readonly note: string;
    }
  | { readonly name: 'queue apply'; readonly link: string; readonly confirm: string }
  | {
      readonly name: 'queue export';
      readonly item: number;
      readonly out?: string | undefined;
      readonly original: boolean;
    }
  | { readonly name: 'users list'; readonly filters: UserFilters }
  | { readonly name: 'users show'; readonly link: string; readonly user: string }
  | {
      readonly name: 'preview';
      readonly link: string;
      readonly user: string;
      readonly out?: string | undefined;
    }
  | { readonly name: 'runs list'; readonly link?: string | undefined; readonly limit: number }
  | {
      readonly name: 'pause';
      readonly link?: string | undefined;
      readonly forMs?: number | undefined;
      readonly reason: string;
    }
  | { readonly name: 'resume'; readonly link?: string | undefined }
  | { readonly name: 'config check' }
  | { readonly name: 'config apply'; readonly file: string }
  | { readonly name: 'config export' }
  | { readonly name: 'reconcile'; readonly link: string; readonly replay: boolean; readonly confirm: string }
  | { readonly name: 'erp script'; readonly erp?: string | undefined; readonly check: boolean }
  | { readonly name: 'erp tables'; readonly erp?: string | undefined }
  | { readonly name: 'erp changes'; readonly wanted: ChangesWanted }
  | {
      readonly name: 'probe';
      readonly link: string;
      readonly user?: string | undefined;
      readonly path?: string | undefined;
      readonly list: boolean;
    }
  | { readonly name: 'secret set'; readonly secret: string }
  | { readonly name: 'secret list' }
  | {
      readonly name: 'logs';
      readonly follow: boolean;
      readonly lines: number;
      readonly level: LogLevel;
      readonly text?: string | undefined;
    }
  | { readonly name: 'sandbox'; readonly args: readonly string[] };

export interface QueueFilters {
  readonly link?: string | undefined;
  readonly direction?: 'in' | 'out' | undefined;
  readonly states?: ItemState[] | undefined;
  readonly user?: string | undefined;
  readonly text?: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface UserFilters {
  readonly link?: string | undefined;
  readonly text?: string | undefined;
  readonly open?: boolean | undefined;
  readonly limit: number;
  readonly offset: number;
}
