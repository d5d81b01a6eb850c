import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { PacketErp } from './erp.ts';

/**
 * How this link stands with its ERP. Several links may share one: that another link may write says nothing about this one,
 * whose lease is its own.
 */
export type ErpStanding =
  | { readonly kind: 'unproven' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'refused'; readonly since: Instant; readonly failure: SyncFailure };

/**
 * Why this link neither pulls nor pushes: another agent carries the data, or the ERP is not the one known here; undefined
 * when neither is so, as far as is known. What a stand-by took from the cloud would lie here until it may write, and a copy
 * of the ERP must not take what belongs to the live one, nor give phones its data.
 */
export function standsBy(standing: ErpStanding): SyncFailure | undefined {
  if (standing.kind !== 'refused' || standing.failure.kind !== 'fenced') return undefined;
  return standing.failure.reason === 'ledger-missing' ? undefined : standing.failure;
}

/** The same ERP, remembering what came of the last `ready`. */
export function standingErp(
  erp: PacketErp,
  runtime: Pick<Runtime, 'wall'>,
): { readonly erp: PacketErp; readonly standing: () => ErpStanding } {
  let standing: ErpStanding = { kind: 'unproven' };
  return {
    standing: () => standing,
    erp: {
      ready: async (signal) => {
        const ready = await erp.ready(signal);
        if (ready.ok) standing = { kind: 'ready' };
        else if (ready.failure.kind !== 'cancelled') {
          const since = standing.kind === 'refused' ? standing.since : runtime.wall();
          standing = { kind: 'refused', since, failure: ready.failure };
        }
        return ready;
      },
      beat: (signal) => erp.beat(signal),
      missing: (packets, signal) => erp.missing(packets, signal),
      rebind: (signal) => erp.rebind(signal),
      catalogue: (question, signal) => erp.catalogue(question, signal),
      reader: erp.reader,
      writer: erp.writer,
      release: (signal) => erp.release(signal),
    },
  };
}
