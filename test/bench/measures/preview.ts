import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ErpRow, ErpView } from '../../../main/core/packets/erp.ts';
import { previewOf } from '../../../main/core/packets/push/preview.ts';
import { renderSnapshot } from '../../../main/core/packets/push/render-snapshot.ts';
import { tableKey } from '../../../main/core/reading/base-tables.ts';
import { ok } from '../../../shared/model/result.ts';
import { rounded, type Measured } from '../figure.ts';
import { acceptAll, cycle, OWN, SHARED, usersOf, world } from './shared-users.ts';

const REPEATS = 5;
/** Of both tables every so many rows differ from what was accepted. */
const EVERY = 100;
const signal = new AbortController().signal;

/** From the question to what a person sees, with all tables changed: everything is read, and compared row by row. */
export async function measure(): Promise<Measured> {
  const folder = mkdtempSync(join(tmpdir(), 'ferry-preview-'));
  const w = world(folder);
  try {
    const users = usersOf(2);
    const [user] = users;
    if (user === undefined) throw new Error('nobody');
    w.erp.usersOf = users;
    await cycle(w, users);
    acceptAll(w);
    const accepted = w.erp.view();
    let version = 0;
    const changed = (): ErpView => ({
      ...accepted,
      read: async function* (request, stop) {
        let at = 0;
        for await (const rows of accepted.read(request, stop))
          yield rows.map((row): ErpRow => {
            at += 1;
            return at % EVERY === 0 ? [row[0] ?? null, `changed ${version}`, ...row.slice(2)] : row;
          });
      },
    });
    Object.assign(w.erp.reader, {
      openView: () => Promise.resolve(ok(changed())),
      positions: (tables: readonly { schema: string; name: string }[]) =>
        Promise.resolve(ok(new Map(tables.map((table) => [tableKey(table), `v${version}`])))),
    });
    const values: number[] = [];
    let bytes = 0;
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      version += 1;
      const began = performance.now();
      const found = await previewOf(w.parts, user.name, { stops: undefined, listed: 200 }, signal);
      values.push((performance.now() - began) / 1_000);
      if (!found.ok) throw new Error(JSON.stringify(found.failure));
      const { tables, changes, more, body } = found.value;
      const differing = tables.reduce((sum, one) => sum + one.changed, 0);
      if (differing !== (SHARED + OWN) / EVERY || changes.length + more !== differing)
        throw new Error(`${differing} rows differ`);
      const hash = createHash('sha256');
      for await (const chunk of renderSnapshot(w.parts, changed(), user, new Map(), signal))
        hash.update(chunk);
      if (hash.digest('hex') !== body.hash) throw new Error('the preview is not what one rendering gives');
      bytes = body.size;
    }
    return {
      values: values.map(rounded),
      details: { megabytes: rounded(bytes / 1e6), shared: SHARED, own: OWN },
    };
  } finally {
    w.bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
