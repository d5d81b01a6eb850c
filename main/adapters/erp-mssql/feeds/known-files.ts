import { basename, dirname, join } from 'node:path';
import {
  KnownRowsDamaged,
  type KnownRow,
  type KnownRows,
  type KnownWriter,
} from '../../../core/feeds/known-rows.ts';
import type { Disk } from '../../../core/runtime/disk.ts';

const WRITE_BYTES = 64 * 1024;
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
  let lines: string[] = [];
  let size = 0;
  let rows = 0;
  let open = true;
  const flush = async (): Promise<void> => {
    const text = lines.join('');
    lines = [];
    size = 0;
    await file.write(Buffer.from(text));
  };
  return {
    async add({ key, hash }, gone) {
      const line = `${JSON.stringify([gone ? 1 : 0, hash, ...key])}\n`;
      lines.push(line);
      size += line.length;
      rows += 1;
      if (size >= WRITE_BYTES) await flush();
    },
    async finish(goneBelieved) {
      lines.push(`${JSON.stringify({ rows })}\n`);
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
  const decoder = new TextDecoder();
  let rest = '';
  let read = 0;
  let promised: number | undefined;
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    const rows: KnownRow[] = [];
    for (const line of lines) {
      const found = lineOf(line);
      if (typeof found === 'number') {
        promised = found;
        continue;
      }
      read += 1;
      if (held || !found.gone) rows.push(found.row);
    }
    if (rows.length > 0) yield rows;
  }
  if (rest !== '' || promised !== read) throw new KnownRowsDamaged();
}

/** A row, or the number of rows. */
function lineOf(line: string): { readonly gone: boolean; readonly row: KnownRow } | number {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new KnownRowsDamaged();
  }
  if (Array.isArray(value)) {
    const [gone, hash, ...key] = value as unknown[];
    if (typeof hash === 'string' && key.every((part) => typeof part === 'string'))
      return { gone: gone === 1, row: { key, hash } };
  } else if (typeof value === 'object' && value !== null && 'rows' in value && typeof value.rows === 'number')
    return value.rows;
  throw new KnownRowsDamaged();
}
