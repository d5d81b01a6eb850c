import type { ViewerBridge } from '../../shared/contract/bridge.ts';
import type { ArgsIn, RequestName, ResultOf } from '../../shared/contract/contract.ts';
import type { Place } from '../../shared/contract/place.ts';
import { refuse, type Reply } from '../../shared/contract/reply.ts';
import type { ConnectionNews, SiteConnection } from './site-connection.ts';

declare global {
  interface Window {
    /** There in the program's own window only. */
    readonly erpFerry?: ViewerBridge | undefined;
  }
}

/** The contract over the preload script. The other side has parsed every answer. */
export class BridgeConnection implements SiteConnection {
  readonly surface = 'window';
  readonly #bridge: ViewerBridge;

  constructor(bridge: ViewerBridge) {
    this.#bridge = bridge;
  }

  async call<N extends RequestName>(
    name: N,
    args: ArgsIn<N>,
    signal?: AbortSignal,
  ): Promise<Reply<ResultOf<N>>> {
    const reply = (await this.#bridge.call(name, args)) as Reply<ResultOf<N>>;
    return signal?.aborted ? refuse('unavailable', 'The answer was no longer awaited.') : reply;
  }

  follow(listener: (news: ConnectionNews) => void): () => void {
    return this.#bridge.onEvent((event) => {
      if (event.kind === 'status') listener({ kind: 'event', event });
      else if (event.state === 'lost') listener({ kind: 'lost', reason: event.reason });
      else if (event.state === 'starting') listener({ kind: 'starting' });
    });
  }

  places(listener: (place: Place) => void): () => void {
    return this.#bridge.onPlace(listener);
  }
}
