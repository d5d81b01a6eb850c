import type { ArgsIn, RequestName, ResultOf } from '../../shared/contract/contract.ts';
import { refuse, type Reply } from '../../shared/contract/reply.ts';
import type { SiteEvent } from '../../shared/contract/status.ts';
import type { ConnectionNews, SiteConnection } from './site-connection.ts';

const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;

/** The contract over the loopback console. What the console answers was checked there; the page trusts its own origin. */
export class ConsoleConnection implements SiteConnection {
  readonly surface = 'browser';
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  async call<N extends RequestName>(
    name: N,
    args: ArgsIn<N>,
    signal?: AbortSignal,
  ): Promise<Reply<ResultOf<N>>> {
    try {
      const response = await fetch(`./api/${name}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
        body: JSON.stringify(args),
        signal: signal ?? null,
      });
      return (await response.json()) as Reply<ResultOf<N>>;
    } catch {
      return refuse('unavailable', 'The agent does not answer.', 'Is it running?');
    }
  }

  follow(listener: (news: ConnectionNews) => void): () => void {
    const ending = new AbortController();
    void this.#follow(listener, ending.signal);
    return () => ending.abort();
  }

  places(): () => void {
    return () => undefined;
  }

  async #follow(listener: (news: ConnectionNews) => void, signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted; failures += 1) {
      const end = await this.#events((event) => {
        failures = 0;
        listener({ kind: 'event', event });
      }, signal);
      if (signal.aborted) return;
      listener({ kind: end });
      if (end === 'refused') return;
      const pause = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5_000;
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
      });
    }
  }

  /** Reads events until they end. Not EventSource: that one cannot send the token in a header. */
  async #events(onEvent: (event: SiteEvent) => void, signal: AbortSignal): Promise<'refused' | 'lost'> {
    try {
      const response = await fetch('./api/events', {
        headers: { authorization: `Bearer ${this.#token}` },
        signal,
      });
      if (response.status === 401 || response.status === 403) return 'refused';
      if (!response.ok || response.body === null) return 'lost';
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = '';
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return 'lost';
        const records = (text + value).split('\n\n');
        text = records.pop() ?? '';
        for (const record of records) {
          const data = record.split('\n').find((line) => line.startsWith('data: '));
          if (data !== undefined) onEvent(JSON.parse(data.slice('data: '.length)) as SiteEvent);
        }
      }
    } catch {
      return 'lost';
    }
  }
}
