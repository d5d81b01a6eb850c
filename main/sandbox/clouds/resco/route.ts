import type { RescoFault } from './state/fault.ts';
import type { User } from './state/world.ts';

/** A request whose user is known. */
export interface Call {
  readonly user: User;
  readonly url: URL;
  readonly body: string;
}

export interface Route {
  readonly kind: string;
  /** The methods of HTTP it is for. */
  readonly allow: readonly string[];
  readonly perform: (call: Call & { readonly request: Request }) => Response | Promise<Response>;
  /** Refusals in the form of the service. */
  readonly refuse: (fault: RescoFault) => Response;
}
