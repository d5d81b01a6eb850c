import type { PacketCloud } from '../../../main/core/packets/packet-cloud.ts';
import type { SwitchesPatch } from '../../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import type { TestRuntime } from '../../support/test-runtime.ts';

export type Wire = (request: Request, send: (request: Request) => Promise<Response>) => Promise<Response>;

/** A client that is wrong in one way. The rule it breaks must be seen: by the cloud's refusal, or by its harm. */
export interface Mutant {
  readonly rule: number;
  /** What it does, as the end of "a client that ...". */
  readonly does: string;
  /** In what is found at the end of its day. The right client's day under the same switches must not show it. */
  readonly seen: RegExp;
  readonly switches?: SwitchesPatch | undefined;
  readonly listFormat?: 'xml' | 'json' | undefined;
  /** The wrong client in the place of the right one. */
  readonly client?: ((right: PacketCloud, runtime: TestRuntime) => PacketCloud) | undefined;
  /** What becomes of its requests on their way; made anew for each day. */
  readonly wire?: (() => Wire) | undefined;
}
