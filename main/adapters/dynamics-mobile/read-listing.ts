import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { ListedEntry, PacketListing, PacketQueue } from '../../core/packets/packet-cloud.ts';
import { jsonSlices } from '../protocols/json-slices.ts';
import { xmlSlices } from '../protocols/xml-slices.ts';

const TEXT_CHARS = 1_000;

/**
 * Reads a list; the failure says in words why it is none. One entry without what identifies it makes the whole list
 * unreadable: nothing of it may be reported done.
 */
export function readListing(
  queue: PacketQueue,
  format: 'xml' | 'json',
  raw: string,
): Result<PacketListing, string> {
  if (raw.replace(/^\uFEFF/, '').trim() === '') return ok({ queue, format, raw: '', entries: [] });
  const pieces = format === 'xml' ? xmlEntries(raw) : jsonEntries(raw);
  if (!pieces.ok) return pieces;
  const entries: ListedEntry[] = [];
  for (const [index, piece] of pieces.value.entries()) {
    const entry = readEntry(piece);
    if (!entry.ok) return fail(`entry ${index + 1}: ${entry.failure}`);
    entries.push(entry.value);
  }
  return ok({ queue, format, raw, entries });
}

interface Piece {
  readonly raw: string;
  readonly field: (name: string) => string | undefined;
}

function xmlEntries(raw: string): Result<readonly Piece[], string> {
  const sliced = xmlSlices(raw);
  if (!sliced.ok) return sliced;
  const { root, children } = sliced.value;
  if (root.toLowerCase() !== 'messages')
    return fail(root.toLowerCase() === 'html' ? 'it is an HTML page' : 'the root is not "messages"');
  if (children.some((child) => child.name.toLowerCase() !== 'message'))
    return fail('it holds something else than messages');
  return ok(
    children.map((child) => ({ raw: child.raw, field: (name) => child.fields.get(name.toLowerCase()) })),
  );
}

function jsonEntries(raw: string): Result<readonly Piece[], string> {
  const sliced = jsonSlices(raw);
  if (!sliced.ok) return sliced;
  const pieces: Piece[] = [];
  for (const { raw: piece, value } of sliced.value) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail('it holds something else than objects');
    const fields = new Map(
      Object.entries(value).map(([name, field]: [string, unknown]) => [name.toLowerCase(), field]),
    );
    pieces.push({
      raw: piece,
      field: (name) => {
        const field = fields.get(name.toLowerCase());
        return typeof field === 'string' ? field : typeof field === 'number' ? String(field) : undefined;
      },
    });
  }
  return ok(pieces);
}

function readEntry({ raw, field }: Piece): Result<ListedEntry, string> {
  const required = { id: field('id')?.trim(), url: field('url')?.trim(), userName: field('userName') };
  for (const [name, value] of Object.entries(required)) {
    if (value === undefined || value === '') return fail(`it has no "${name}"`);
    if (value.length > TEXT_CHARS) return fail(`its "${name}" is longer than ${TEXT_CHARS} characters`);
    if (/\p{Cc}/u.test(value)) return fail(`its "${name}" holds control characters`);
  }
  const operation = field('operation');
  return ok({
    id: required.id ?? '',
    path: required.url ?? '',
    user: required.userName ?? '',
    company: field('companyId') ?? '',
    kind: field('packetType') ?? 'data',
    ...(operation === undefined ? {} : { operation }),
    receiptHandle: field('receiptHandle') ?? '',
    raw,
  });
}
