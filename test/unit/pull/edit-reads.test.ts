import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import { T, hashOf, store, storePacket } from '../sqlite/sample.ts';

const never = new AbortController().signal;

test('a viewer sees the edits of an item, the bytes it has and those it had', async () => {
  const queue = store();
  const { id } = storePacket(queue, 'p1');
  const parked = queue.park(id, { kind: 'person', note: '' }, T);
  if (parked === undefined) throw new Error('not parked');
  const bytes = Buffer.from('edited');
  const body = { place: 'row', hash: sha256(hashOf('edited')), size: bytes.length, bytes } as const;
  const edit = { by: 'maria', note: '', changes: [], more: 0, body, revision: 1 };
  expect(queue.edit(parked, edit, T + 1).kind).toBe('edited');
  // Looked at before that: nothing is done twice.
  expect(queue.edit(parked, edit, T + 2)).toEqual({ kind: 'changed' });
  const reads = inlineReads({ file: queue.file, spool: join(dirname(queue.file), 'spool'), zone: 'UTC' });
  onTestFinished(() => reads.close());
  const shown = await reads.show(id, never);
  expect(shown.ok && shown.value?.edits).toMatchObject([{ by: 'maria', revision: 1, before: parked.body }]);
  const text = async (original: boolean): Promise<string> => {
    const part = await reads.bodyPart({ item: id, offset: 0, limit: 100, original }, never);
    return part.ok && part.value !== undefined ? Buffer.from(part.value.bytes).toString() : '';
  };
  expect(await text(false)).toBe('edited');
  expect(await text(true)).toBe('bytes of p1');
  expect([...queue.spoolHashes()]).toEqual([]);
});
