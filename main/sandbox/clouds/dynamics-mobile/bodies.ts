import { createHash } from 'node:crypto';
import { createReadStream, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

export interface StoredBody {
  readonly bytes: number;
  readonly sha256: string;
  read(): AsyncIterable<Uint8Array>;
  dispose(): void;
}

export interface BodyStore {
  /** Bytes of bodies held in memory, now and at most so far. */
  readonly memory: { now: number; max: number };
  put(bytes: Uint8Array): StoredBody;
  /** Takes in a stream. Throws `BodyTooLong` past the limit; whatever breaks the stream passes through. */
  receive(source: AsyncIterable<Uint8Array>, limit: number): Promise<StoredBody>;
  /** Removes every file this store has made. */
  close(): void;
}

export class BodyTooLong extends Error {}

// Typical packets stay well below this; snapshots of real companies do not.
const MEMORY_LIMIT = 256 * 1024;
const SLICE = 64 * 1024;

/** Keeps small bodies in memory and, if a folder is given, larger ones in files there. */
export function createBodyStore(folder: string | undefined): BodyStore {
  const memory = { now: 0, max: 0 };
  const files = new Set<string>();
  let nextFile = 1;

  const hold = (bytes: number): void => {
    memory.now += bytes;
    memory.max = Math.max(memory.max, memory.now);
  };

  const newFile = (in_: string): string => {
    if (files.size === 0) mkdirSync(in_, { recursive: true });
    const file = join(in_, `${process.pid}-${nextFile++}.body`);
    files.add(file);
    return file;
  };

  const inMemory = (chunks: readonly Uint8Array[], bytes: number, sha256: string): StoredBody => {
    let held = true;
    return {
      bytes,
      sha256,
      async *read() {
        for (const chunk of chunks)
          for (let at = 0; at < chunk.length; at += SLICE) yield chunk.subarray(at, at + SLICE);
      },
      dispose() {
        if (held) hold(-bytes);
        held = false;
      },
    };
  };

  const inFile = (file: string, bytes: number, sha256: string): StoredBody => ({
    bytes,
    sha256,
    read: () => createReadStream(file, { highWaterMark: SLICE }),
    dispose() {
      rmSync(file, { force: true });
      files.delete(file);
    },
  });

  return {
    memory,
    put(bytes) {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      if (folder !== undefined && bytes.length > MEMORY_LIMIT) {
        const file = newFile(folder);
        writeFileSync(file, bytes);
        return inFile(file, bytes.length, sha256);
      }
      hold(bytes.length);
      return inMemory([bytes], bytes.length, sha256);
    },
    async receive(source, limit) {
      const hash = createHash('sha256');
      let chunks: Uint8Array[] = [];
      let total = 0;
      let heldHere = 0;
      let spill: { file: string; handle: FileHandle } | undefined;
      try {
        for await (const chunk of source) {
          total += chunk.length;
          if (total > limit) throw new BodyTooLong(`more than ${limit} bytes`);
          hash.update(chunk);
          if (spill === undefined && folder !== undefined && total > MEMORY_LIMIT) {
            const file = newFile(folder);
            spill = { file, handle: await open(file, 'w') };
            for (const early of chunks) await writeAll(spill.handle, early);
            chunks = [];
            hold(-heldHere);
            heldHere = 0;
          }
          if (spill === undefined) {
            chunks.push(chunk);
            hold(chunk.length);
            heldHere += chunk.length;
          } else {
            hold(chunk.length);
            await writeAll(spill.handle, chunk);
            hold(-chunk.length);
          }
        }
        await spill?.handle.close();
      } catch (error) {
        hold(-heldHere);
        await spill?.handle.close();
        if (spill !== undefined) {
          rmSync(spill.file, { force: true });
          files.delete(spill.file);
        }
        throw error;
      }
      const sha256 = hash.digest('hex');
      return spill === undefined ? inMemory(chunks, total, sha256) : inFile(spill.file, total, sha256);
    },
    close() {
      for (const file of files) rmSync(file, { force: true });
      files.clear();
    },
  };
}

async function writeAll(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length;) at += (await handle.write(chunk, at)).bytesWritten;
}

/** The whole body; for small bodies and tests. */
export async function bytesOf(body: StoredBody): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.read()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A response body that yields what the iterable yields and fails as it fails. */
export function streamOf(source: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array<ArrayBuffer>> {
  const chunks = source[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      async pull(controller) {
        const next = await chunks.next();
        if (next.done === true) controller.close();
        else controller.enqueue(next.value as Uint8Array<ArrayBuffer>);
      },
      async cancel() {
        await chunks.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
