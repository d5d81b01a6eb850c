import type { Sha256, SourceId } from '../../../shared/model/ids.ts';
import type { Unknown, ValueNote } from '../mapping/plan.ts';
import type { DocumentResult } from '../packets/erp.ts';

/** What is remembered of a packet that the ERP has. */
export interface SettledPacket {
  readonly source: SourceId;
  readonly outcome: 'applied' | 'already';
  readonly label: string;
  readonly documents: readonly DocumentResult[];
  readonly payloadHash: Sha256;
  /** Kept in the packet, written nowhere, shown; undefined where the packet was not read again. */
  readonly unknown?: readonly Unknown[] | undefined;
  /** Values that the ERP got otherwise than the phone sent them: cut or rounded, as the mapping or the column says. */
  readonly notes?: readonly ValueNote[] | undefined;
}
