import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../../shared/model/result.ts';
import type { Catalogue } from '../../drift/catalogue.ts';
import { planPacket } from '../../mapping/plan-packet.ts';
import type { EditNote } from '../../queue/edit-store.ts';
import type { Item } from '../../queue/item.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import { changedDocument, foreignPacket } from '../apply/apply-decisions.ts';
import { collectPacket } from '../codec/collect-packet.ts';
import { APPLY_LIMITS, type Packet } from '../codec/packet.ts';
import type { LinkParts } from '../link-parts.ts';
import { packetDiff } from '../apply/packet-diff.ts';
import { takeKey } from '../apply/take-key.ts';

export type EditEnd =
  | {
      readonly kind: 'edited';
      readonly item: Item;
      readonly edit: Pick<EditNote, 'changes' | 'more'>;
    }
  /** The new text is no packet that this link could write; nothing was changed. */
  | { readonly kind: 'refused'; readonly failure: SyncFailure }
  /** It is byte for byte what is there, or what another item of this packet id has. */
  | { readonly kind: 'same-bytes' }
  /** The ERP has it: it goes on, and its next turn settles it. */
  | { readonly kind: 'in-the-erp' }
  /** The ERP has, or refused, what was handed over to it: nothing of that is ever written again. */
  | { readonly kind: 'handed-over' }
  /** The ERP has other contents under this packet id: no edit could get in. */
  | { readonly kind: 'other-contents' }
  /** It is not parked, or not any more. */
  | { readonly kind: 'not-parked' }
  /** The ERP could not say; nothing was changed here. */
  | { readonly kind: 'unproven'; readonly failure: SyncFailure };

export interface WantedEdit {
  readonly xml: string;
  readonly by: string;
  readonly note: string;
}

/**
 * Gives a parked packet other contents and lets it go on. The text is checked like any packet; then the key of the old bytes is
 * taken in the ledger, so that a commit of theirs that is still on its way keeps out; then one transaction exchanges the
 * bodies, both of which stay. Interrupted anywhere it may be repeated: until the exchange the item is as it was.
 */
export async function editItem(
  parts: LinkParts,
  item: Item,
  wanted: WantedEdit,
  catalogue: Catalogue | undefined,
  signal: AbortSignal,
): Promise<EditEnd> {
  const { store, runtime, bodies, log, erp, endpoints, policy } = parts;
  if (item.direction !== 'in' || item.state !== 'parked') return { kind: 'not-parked' };
  if (item.handed !== undefined) return { kind: 'handed-over' };
  const bytes = new TextEncoder().encode(wanted.xml);
  const body = await durably(runtime, 'edit.keep-body', () =>
    bodies.receive(once(bytes), policy.maxPacketBytes, signal),
  );
  if (!body.ok) return { kind: 'refused', failure: body.failure };
  if (body.value.hash === item.body.hash) return { kind: 'same-bytes' };
  const checked = await checkEdit(parts, item, bytes, { catalogue, hash: body.value.hash }, signal);
  if (!checked.ok) return { kind: 'refused', failure: checked.failure };
  const ready = await erp.ready(signal);
  const key = ready.ok
    ? await keyToEdit(parts, item, signal)
    : ({ kind: 'unproven', failure: ready.failure } as const);
  if (key.kind === 'unproven' && 'endpoint' in key.failure)
    endpoints.backOff(key.failure.endpoint, key.failure);
  if (key.kind === 'in-the-erp') store.retry(item.id, runtime.wall());
  if (key.kind !== 'taken') return key;
  const { by, note } = wanted;
  const edit = { by, note, ...checked.value, body: body.value, revision: key.revision };
  const end = durablySync(runtime, 'edit.exchange', () => store.edit(item, edit, runtime.wall()));
  if (end.kind !== 'edited') return end.kind === 'changed' ? { kind: 'not-parked' } : end;
  log.warn('packet edited', {
    item: item.id,
    packet: item.externalId,
    by,
    revision: key.revision,
    changes: checked.value.changes.length + checked.value.more,
  });
  return { kind: 'edited', item: end.item, edit: checked.value };
}

/** What an applier would refuse is refused here, and so is another user; gives what the edit changes. */
async function checkEdit(
  parts: LinkParts,
  item: Item,
  bytes: Uint8Array,
  { catalogue, hash }: { readonly catalogue: Catalogue | undefined; readonly hash: Item['body']['hash'] },
  signal: AbortSignal,
): Promise<Result<Pick<EditNote, 'changes' | 'more'>>> {
  const { bodies, runtime, mapping, mappingHash, companies, source, zones } = parts;
  const options = { runtime, signal, limits: APPLY_LIMITS };
  const packet = await collectPacket(once(bytes), options);
  if (!packet.ok) return packet;
  const foreign = foreignPacket(item, packet.value.user, companies);
  if (foreign !== undefined) return fail(foreign);
  const before = await readOld(() => collectPacket(bodies.open(item.body), options));
  if (before !== undefined && before.user?.toLowerCase() !== packet.value.user?.toLowerCase())
    return fail({
      kind: 'rejected',
      code: 'other-user',
      where: `packet ${item.externalId}`,
      field: 'salesmancode',
      message: packet.value.user ?? '',
    });
  const plan = planPacket({
    packet: packet.value,
    mapping,
    mappingHash,
    packetId: item.externalId,
    user: item.user,
    company: item.company,
    source,
    revision: item.revision,
    payloadHash: hash,
    zones,
    catalogue,
    hash: parts.hash,
  });
  if (!plan.ok) return plan;
  const changed = plan.value.changes.find((change) => change.decision !== 'ignore');
  return changed === undefined ? ok(packetDiff(before, packet.value)) : fail(changedDocument(changed));
}

/** Packets are edited because they could not be read: then, and where the bytes are gone, there is nothing to compare. */
async function readOld(read: () => Promise<Result<Packet>>): Promise<Packet | undefined> {
  try {
    const packet = await read();
    return packet.ok ? packet.value : undefined;
  } catch {
    return undefined;
  }
}

async function keyToEdit(
  parts: LinkParts,
  item: Item,
  signal: AbortSignal,
): Promise<
  | { readonly kind: 'taken'; readonly revision: number }
  | Extract<EditEnd, { kind: 'in-the-erp' | 'other-contents' | 'unproven' }>
> {
  const found = await parts.erp.writer.look(parts.source, item.externalId, [], signal);
  if (!found.ok) return { kind: 'unproven', failure: found.failure };
  const known = found.value.packet;
  if (known?.state === 'applied' && known.payloadHash !== item.body.hash) return { kind: 'other-contents' };
  const key = await takeKey(parts, item, signal);
  return key.kind === 'in-the-erp' ? { kind: 'in-the-erp' } : key;
}

// oxlint-disable-next-line require-await -- bodies are read as streams, and this one is whole already.
async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}
