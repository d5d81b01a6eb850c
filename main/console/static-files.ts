import { readFileSync, readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface StaticFile {
  readonly type: string;
  readonly bytes: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json; charset=utf-8',
};

/**
 * The built page, read once, by the path a browser asks for. A request is then a look into a table: no path of a request
 * ever reaches the file system.
 */
export function loadStaticFiles(folder: string): ReadonlyMap<string, StaticFile> {
  const files = new Map<string, StaticFile>();
  // Level by level: the folder may be in an archive, whose reader knows no recursive listing.
  const read = (path: string, prefix: string): void => {
    for (const entry of readdirSync(path, { withFileTypes: true })) {
      const type = TYPES[extname(entry.name)];
      const inside = join(path, entry.name);
      if (entry.isDirectory()) read(inside, `${prefix}${entry.name}/`);
      else if (entry.isFile() && type !== undefined)
        files.set(`${prefix}${entry.name}`, { type, bytes: readFileSync(inside) });
    }
  };
  read(folder, '/');
  const index = files.get('/index.html');
  if (index !== undefined) files.set('/', index);
  return files;
}
