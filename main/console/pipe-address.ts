import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The system's limit for the path of a socket is 104 to 108 bytes, by platform. */
const MAX_SOCKET_PATH = 100;

/**
 * Where the pipe of a data folder is. In the folder itself where the path is short enough; else in a folder of this
 * user's own under the temporary one. Windows has a name space of its own for pipes.
 */
export function pipeAddress(dataDir: string): string {
  const real = realpathSync(dataDir);
  const name = createHash('sha256')
    .update(process.platform === 'win32' ? real.toLowerCase() : real)
    .digest('hex')
    .slice(0, 24);
  if (process.platform === 'win32') return `\\\\.\\pipe\\erp-ferry-${name}`;
  const inside = join(real, 'agent.sock');
  if (Buffer.byteLength(inside) <= MAX_SOCKET_PATH) return inside;
  return join(ownFolder(), `${name}.sock`);
}

/** Others may write to the temporary folder: only a folder that is ours and closed to them is used. */
function ownFolder(): string {
  const uid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `erp-ferry-${uid}`);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const stat = lstatSync(folder);
  if (!stat.isDirectory() || stat.uid !== uid || (stat.mode & 0o077) !== 0)
    throw new Error(
      `${folder} belongs to somebody else: remove it, or use a data folder with a shorter path`,
    );
  return folder;
}
