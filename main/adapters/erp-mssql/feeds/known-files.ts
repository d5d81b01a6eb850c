import { basename, dirname, join } from 'node:path';
import {
  KnownRowsDamaged,
  type KnownRow,
  type KnownRows,
  type KnownWriter,
} from '../../../core/feeds/known-rows.ts';
import type { Disk } from '../../../core/runtime/disk.ts';
import { KnownLines, NEWLINE, readLine } from './known-lines.ts';

const WRITE_BYTES = 64 * 1024;
/** Handed on together. */
const ROWS_AT_ONCE = 250;
/** In a `held` list the rows marked as gone are still known. */
const ENDINGS = ['known', 'held'] as const;

/**
 * Known rows as one file a list, beside `path`: a JSON line a row, in key order, and a last line with their number. A list
 * has its name only when it is whole and on the disk.
 */
export function knownFiles(disk: Disk, path: string): KnownRows {
  const folder = dirname(path);
  const start = `${basename(path)}.`;
  const fileOf = (generation: string, ending: string): string =>
    join(folder, `${start}${generation}.${ending}`);
  return {
    async open(generation) {
      for (const ending of ENDINGS) {
        const file = fileOf(generation, ending);
        if ((await disk.size(file)) !== undefined) return rowsOf(disk.read(file), ending === 'held');
      }
      return undefined;
    },
    async create(generation) {
      await disk.ensureFolder(folder);
      return writer(disk, folder, (ending) => fileOf(generation, ending));
    },
    async keepOnly(generation) {
      if (generation === undefined) return;
      await disk.ensureFolder(folder);
      for (const name of await disk.list(folder)) {
        const found = name.startsWith(start)
          ? /^([\w-]+)\.(known|held|new)$/.exec(name.slice(start.length))
          : null;
        if (found !== null && found[1] !== generation) await disk.remove(join(folder, name));
      }
    },
  };
}

async function writer(disk: Disk, folder: string, fileOf: (ending: string) => string): Promise<KnownWriter> {
  const temporary = fileOf('new');
  const file = await disk.create(temporary);
  let lines = new KnownLines(WRITE_BYTES);
  let rows = 0;
  let open = true;
  const flush = async (): Promise<void> => {
    const full = lines;
    lines = new KnownLines(WRITE_BYTES);
    await file.write(full.bytes());
  };
  return {
    add(row, gone) {
      lines.add(row, gone);
      rows += 1;
      return lines.size >= WRITE_BYTES ? flush() : undefined;
    },
    async finish(goneBelieved) {
      lines.end(rows);
      await flush();
      await file.sync();
      open = false;
      await file.close();
      const final = fileOf(goneBelieved ? 'known' : 'held');
      await disk.rename(temporary, final);
      await disk.syncFile(final);
      await disk.syncDirectory(folder);
    },
    async abandon() {
      if (open) await file.close();
      open = false;
      await disk.remove(temporary);
    },
  };
}

async function* rowsOf(bytes: AsyncIterable<Uint8Array>, held: boolean): AsyncGenerator<readonly KnownRow[]> {
  let rest = Buffer.alloc(0);
  let read = 0;
  let promised: number | undefined;
  for await (const chunk of bytes) {
    const data = Buffer.concat([rest, chunk]);
    let rows: KnownRow[] = [];
    let at = 0;
    for (let end = data.indexOf(NEWLINE); end >= 0; end = data.indexOf(NEWLINE, at)) {
      const found = readLine(data, at, end);
      at = end + 1;
      if (typeof found === 'number') {
        promised = found;
        continue;
      }
      read += 1;
      if (held || !found.gone) rows.push(found.row);
      if (rows.length < ROWS_AT_ONCE) continue;
      yield rows;
      rows = [];
    }
    rest = data.subarray(at);
    if (rows.length > 0) yield rows;
  }
  if (rest.length > 0 || promised !== read) throw new KnownRowsDamaged();
}
