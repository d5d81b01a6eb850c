import { connectPipe, type PipeClient } from '../../main/console/pipe-client.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';

/** A viewer of a running agent, over its pipe like any other. */
export class SiteWatch {
  readonly client: PipeClient;
  #newest: SiteStatus | undefined;
  #ended = false;
  #news: (() => void) | undefined;

  private constructor(client: PipeClient) {
    this.client = client;
    client.subscribe(({ status }) => {
      this.#newest = status;
      this.#news?.();
    });
    void client.closed.then(() => {
      this.#ended = true;
      this.#news?.();
    });
  }

  /** Undefined when the agent is gone. */
  static async open(dataDir: string): Promise<SiteWatch | undefined> {
    const connected = await connectPipe(dataDir);
    return connected.ok ? new SiteWatch(connected.value) : undefined;
  }

  /** The next status the agent tells; undefined when it is gone. Nothing told meanwhile is missed. */
  async next(): Promise<SiteStatus | undefined> {
    while (this.#newest === undefined && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#news = resolve;
      });
    const status = this.#newest;
    this.#newest = undefined;
    return status;
  }

  close(): void {
    this.client.close();
  }
}
