import type { Disk } from '../../main/core/runtime/disk.ts';
import type { HttpRequest, HttpTransport } from '../../main/core/runtime/http-transport.ts';

/** Bugs planted at the agent's edges, to show that the harness would find them. */
export const BUGS = ['no-sync', 'early-done'] as const;
export type Bug = (typeof BUGS)[number];

/** `no-sync`: files are written and never synced. */
export function withoutSync(disk: Disk): Disk {
  const forget = (): Promise<void> => Promise.resolve();
  return {
    ...disk,
    create: async (path) => {
      const file = await disk.create(path);
      return { write: (bytes) => file.write(bytes), sync: forget, close: () => file.close() };
    },
    syncFile: forget,
    syncDirectory: forget,
  };
}

/** `early-done`: a list is reported done as soon as it is read, before anything of it is durable here. */
export function reportingEarly(http: HttpTransport): HttpTransport {
  return {
    send: async (request, signal) => {
      const outcome = await http.send(request, signal);
      const url = new URL(request.url);
      if (outcome.kind !== 'answered' || request.method !== 'GET' || !/\/pull\/[^/]+$/.test(url.pathname))
        return outcome;
      const chunks: Uint8Array[] = [];
      for await (const chunk of outcome.response.body) chunks.push(chunk.slice());
      const bytes = Buffer.concat(chunks);
      url.pathname += '/done';
      const done: HttpRequest = {
        ...request,
        method: 'POST',
        url: url.href,
        body: { size: bytes.byteLength, open: () => once(bytes) },
      };
      await http.send(done, signal);
      return { kind: 'answered', response: { ...outcome.response, body: once(bytes) } };
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
