import type { Severity } from '../../../shared/contract/alert.ts';
import type { WarningCode } from '../../../shared/model/warning-codes.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';

export const CHANNELS = ['mail', 'webhook'] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** What is told: that a root cause is there, or that it is over. */
export type ToldState = 'raised' | 'ended';

/** One telling in words, ready to be sent. It holds counts, names of links and times; no document, no secret. */
export interface AlertMessage {
  /** The same for every try of one telling, so that a mail sent twice can be known as one. */
  readonly key: string;
  readonly state: ToldState;
  /** The effect: a mail's subject. */
  readonly title: string;
  /** Since when, and what is safe. One paragraph. */
  readonly body: string;
  /** Title, body, what follows from it, who acts, the next step, the site: a whole mail in plain text. */
  readonly text: string;
  readonly severity: Severity;
  readonly code: WarningCode;
  /** `site`, `erp:main`, `link:field-sales`. */
  readonly about: string;
  readonly since: Instant;
  readonly site: string;
  /** When the words were put together. */
  readonly at: Instant;
}

/** A way to people outside this program. */
export interface AlertChannel {
  readonly name: ChannelName;
  /** The states it carries. */
  readonly tells: readonly ToldState[];
  /**
   * One try. `ok`: the other side took it. The failure is a cause in words, without secrets; it may be tried again with the
   * same message. Ends within two minutes, at once when aborted.
   */
  send(message: AlertMessage, signal: AbortSignal): Promise<Result<void, string>>;
}
