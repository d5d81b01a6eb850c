import { photoDocument, type PhotoHandler } from '../../../shared/model/mapping.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Catalogue } from '../drift/catalogue.ts';
import { planPacket } from '../mapping/plan-packet.ts';
import type { PacketPlan } from '../mapping/plan.ts';
import { foreignPacket, otherBytes } from '../packets/apply/apply-decisions.ts';
import type { PacketField } from '../packets/codec/packet.ts';
import { rejected } from '../packets/codec/refusal.ts';
import type { DocumentResult, LedgerView } from '../packets/erp.ts';
import type { LinkParts } from '../packets/link-parts.ts';
import { withLookups } from '../packets/apply/lookups.ts';
import type { Item } from '../queue/item.ts';
import type { PhotoOwner } from '../queue/photo-store.ts';
import { WAITS_WHAT } from './waits-what.ts';

/** How long a photo waits for the packet that names it before people are told. */
const ALONE_MS = 7 * 24 * 3_600_000;

export type PhotoTurn =
  /** What it belongs to is not in the ERP. */
  | { readonly kind: 'alone'; readonly what: string; readonly number: string; readonly until: Instant }
  /** The ledger has it. */
  | { readonly kind: 'already'; readonly documents: readonly DocumentResult[] }
  | { readonly kind: 'write'; readonly plan: PacketPlan };

/** What becomes of a file now. Writes nothing; `rejected` parks it with its bytes. */
export async function photoTurn(
  parts: LinkParts,
  item: Item,
  catalogue: Catalogue | undefined,
  signal: AbortSignal,
): Promise<Result<PhotoTurn>> {
  const { photos } = parts.mapping.pull;
  const where = `photo ${item.externalId}`;
  if (photos === undefined)
    return fail(rejected({ code: 'no-handler', where, message: 'the mapping says nothing of photos' }));
  const foreign = foreignPacket(item, undefined, parts.companies);
  if (foreign !== undefined) return fail(foreign);
  const unfit = wrongSize(item, photos);
  if (unfit !== undefined) return fail(rejected({ ...unfit, where }));
  const { erp, source, store, link } = parts;
  const owner = store.photoOwner(link, item.user, item.externalId);
  const rows = owner === undefined ? [] : [owner];
  const mine = await erp.writer.look(source, item.externalId, rows, signal);
  if (!mine.ok) return mine;
  const known = mine.value.packet;
  if (known?.state === 'applied')
    return known.payloadHash === item.body.hash
      ? ok({ kind: 'already', documents: known.documents })
      : fail(otherBytes(item));
  const there = owner === undefined ? ok(undefined) : await ownerIn(parts, owner, mine.value, signal);
  if (!there.ok) return there;
  if (owner === undefined || there.value === undefined) return ok(alone(parts, item));
  const revision = known === undefined ? item.revision : Math.max(item.revision, known.revision + 1);
  const plan = planPhoto(
    parts,
    item,
    { photos, owner, there: there.value, revision },
    await base64Of(parts, item),
    catalogue,
  );
  if (!plan.ok) return plan;
  const unit = await withLookups(erp, plan.value.unit, plan.value.lookups, signal);
  return unit.ok ? ok({ kind: 'write', plan: { ...plan.value, unit: unit.value } }) : unit;
}

function wrongSize(item: Item, { maxBytes }: PhotoHandler): { code: string; message: string } | undefined {
  const { size } = item.body;
  if (size > maxBytes)
    return { code: 'photo-too-large', message: `${size} bytes, and the mapping takes at most ${maxBytes}` };
  return undefined;
}

function alone({ runtime }: LinkParts, item: Item): PhotoTurn {
  const before = item.reason?.kind === 'waits-for' ? item.reason.until : Number.POSITIVE_INFINITY;
  const until = Math.min(before, Math.min(item.createdAt, runtime.wall()) + ALONE_MS);
  return { kind: 'alone', what: WAITS_WHAT, number: item.externalId, until };
}

interface Owner {
  readonly key: string | null;
  readonly number: string | null;
}

/**
 * What the ERP has of the row a photo belongs to; undefined while it has neither the row nor the packet that names it. A row that
 * is no document of its own, such as a line, came in with that packet.
 */
async function ownerIn(
  { erp, source, mapping }: LinkParts,
  owner: PhotoOwner,
  ledger: LedgerView,
  signal: AbortSignal,
): Promise<Result<Owner | undefined>> {
  const same = (one: { readonly entity: string; readonly rowId: string }): boolean =>
    one.entity.toLowerCase() === owner.entity.toLowerCase() &&
    one.rowId.toLowerCase() === owner.rowId.toLowerCase();
  const document = ledger.documents.find(same);
  if (document !== undefined) return ok({ key: document.erpKey, number: document.erpNumber });
  const found = await erp.writer.look(source, owner.packetId, [], signal);
  if (!found.ok) return found;
  if (found.value.packet?.state !== 'applied') return ok(undefined);
  // The one document of its packet is what a line belongs to; of several it is not known which.
  const entities = new Set(
    mapping.pull.documents.filter(({ lines }) => lines.length > 0).map(({ document: word }) => word),
  );
  const [only, ...more] = found.value.packet.documents.filter((one) => entities.has(one.document));
  return ok(
    only === undefined || more.length > 0
      ? { key: null, number: null }
      : { key: only.erpKey, number: only.erpNumber },
  );
}

async function base64Of({ bodies }: LinkParts, item: Item): Promise<string> {
  const pieces: string[] = [];
  let rest: number[] = [];
  for await (const chunk of bodies.open(item.body)) {
    // Groups of three bytes are four letters: what is left over goes to the next chunk.
    let text = '';
    for (const byte of chunk) {
      rest.push(byte);
      if (rest.length === 3) {
        text += String.fromCharCode(...rest);
        rest = [];
      }
    }
    pieces.push(btoa(text));
  }
  pieces.push(btoa(String.fromCharCode(...rest)));
  return pieces.join('');
}

/** One document under the file's own id, planned like any other. */
function planPhoto(
  parts: LinkParts,
  item: Item,
  {
    photos,
    owner,
    there,
    revision,
  }: { photos: PhotoHandler; owner: PhotoOwner; there: Owner; revision: number },
  bytes: string,
  catalogue: Catalogue | undefined,
): Result<PacketPlan> {
  const values: Readonly<Record<string, string | null>> = {
    id: item.externalId,
    bytes,
    entity: owner.entity,
    rowId: owner.rowId,
    packet: owner.packetId,
    key: there.key,
    number: there.number,
  };
  const fields = new Map<string, PacketField>();
  for (const [name, value] of Object.entries(values))
    if (value !== null) fields.set(name.toLowerCase(), { name, value, nested: false });
  const { mapping, mappingHash, source, zones, hash } = parts;
  const table = { name: photos.entity, rows: [{ number: 1, status: 'insert' as const, fields, at: '1:1' }] };
  return planPacket({
    packet: { user: item.user, tables: new Map([[photos.entity.toLowerCase(), table]]) },
    mapping: {
      ...mapping,
      pull: {
        ...mapping.pull,
        documents: [{ ...photoDocument(photos), number: 'id' }],
        series: [],
        keepOnly: [],
      },
    },
    mappingHash,
    packetId: item.externalId,
    user: item.user,
    company: item.company,
    source,
    revision,
    payloadHash: item.body.hash,
    zones,
    catalogue,
    hash,
  });
}
