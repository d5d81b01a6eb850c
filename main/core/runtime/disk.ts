/**
 * The few things the spool asks of a file system, one call per durable meaning, so that a disk which forgets what was
 * not synced can stand in. Paths are absolute. A failed call throws DiskError.
 */
export interface Disk {
  /** Creates (truncates) a file for writing. */
  create(path: string): Promise<DiskFile>;
  /** Atomic within a folder; durable only after `syncDirectory`. */
  rename(from: string, to: string): Promise<void>;
  /** Makes creations, renames and removals in the folder durable where the platform can; else does nothing. */
  syncDirectory(path: string): Promise<void>;
  /** Syncs a file by name: after a rename the final name is synced too. */
  syncFile(path: string): Promise<void>;
  read(path: string): AsyncIterable<Uint8Array>;
  /** Size in bytes; undefined when absent. */
  size(path: string): Promise<number | undefined>;
  list(folder: string): Promise<readonly string[]>;
  /** Absent is fine. */
  remove(path: string): Promise<void>;
  ensureFolder(path: string): Promise<void>;
  /** Free bytes on the volume of `path`. */
  free(path: string): Promise<number>;
}

export interface DiskFile {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export class DiskError extends Error {
  readonly code: string;

  /** `code` as the system names it: ENOSPC, EBUSY, EACCES … */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'DiskError';
    this.code = code;
  }
}
