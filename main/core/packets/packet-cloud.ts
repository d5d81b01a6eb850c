import type { Result } from '../../../shared/model/result.ts';
import type { HttpBody } from '../runtime/http-transport.ts';

/**
 * A cloud that exchanges whole packets. Failure kinds of every call: `unreachable`, `throttled`, `unauthorized`,
 * `rejected`, `invalid-response`, `cancelled`; `unknown-outcome` where stated. The signal ends a call at once; what it
 * had begun counts as its outcome says.
 */
export interface PacketCloud {
  readonly capabilities: {
    readonly maxPacketBytes: number;
    /** Most entries a list holds. */
    readonly listSize: number;
    /** Whether a part of a list may be reported done. */
    readonly partialDone: boolean;
  };
  /** Takes a look at what waits. May hide what it returns from later lists for a while; order means nothing. */
  list(queue: PacketQueue, signal: AbortSignal): Promise<Result<PacketListing>>;
  /**
   * Asks for a link and opens the body. The stream throws BodyStreamError when the download breaks, has the wrong length
   * or is no packet (`invalid-response`). `rejected` with code `body-gone`: the cloud no longer has it;
   * with `body-empty`: it is a file of no bytes.
   */
  download(entry: ListedEntry, signal: AbortSignal): Promise<Result<AsyncIterable<Uint8Array>>>;
  /** Idempotent: reporting again, or reporting what came back meanwhile, does no harm. A success is not proof. */
  reportDone(report: DoneReport, signal: AbortSignal): Promise<Result<void>>;
  /** Changes nothing on the phone. */
  requestUpload(request: UploadRequest, signal: AbortSignal): Promise<Result<UploadTicket>>;
  /** `unknown-outcome` when bytes left and no answer came: the packet may have been taken. Never two at once for one user. */
  upload(ticket: UploadTicket, body: HttpBody, signal: AbortSignal): Promise<Result<void>>;
}

export type PacketQueue = 'packet' | 'file';

export interface PacketListing {
  readonly queue: PacketQueue;
  readonly format: 'xml' | 'json';
  /** The text of the answer, to be posted back unaltered. */
  readonly raw: string;
  readonly entries: readonly ListedEntry[];
}

export interface ListedEntry {
  readonly id: string;
  readonly path: string;
  readonly user: string;
  readonly company: string;
  /** `data` or `image`. */
  readonly kind: string;
  readonly operation?: string | undefined;
  /** Opaque; new at each delivery where the queue hides what it listed. */
  readonly receiptHandle: string;
  /** The entry's own slice of the raw text, byte for byte. */
  readonly raw: string;
}

export interface DoneReport {
  readonly queue: PacketQueue;
  readonly format: 'xml' | 'json';
  /** A whole list's raw text, or one made of raw entries by `composePart`. */
  readonly raw: string;
}

export interface UploadRequest {
  readonly user: string;
  /** Printable ASCII, at most 64 characters; the same for every attempt with one content. */
  readonly packetUniqueId: string;
  readonly size: number;
}

export interface UploadTicket {
  /** A signed link: a secret. */
  readonly url: string;
  readonly syncLogId: string;
  /** Monotonic milliseconds at receipt: links live 15 minutes from then, whatever the wall clock says. */
  readonly receivedAt: number;
}
