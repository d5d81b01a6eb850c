import type { ListedEntry, PacketCloud, UploadTicket } from '../../../main/core/packets/packet-cloud.ts';
import { fail, ok } from '../../../shared/model/result.ts';
import type { TestRuntime } from '../../support/test-runtime.ts';
import type { Mutant } from './mutant.ts';

type Change = (right: PacketCloud, runtime: TestRuntime) => Partial<PacketCloud>;

/** The right client with some of its calls replaced. */
export const changed =
  (change: Change): NonNullable<Mutant['client']> =>
  (right, runtime) => ({
    capabilities: right.capabilities,
    list: (queue, signal) => right.list(queue, signal),
    download: (entry, signal) => right.download(entry, signal),
    reportDone: (report, signal) => right.reportDone(report, signal),
    requestUpload: (request, signal) => right.requestUpload(request, signal),
    upload: (ticket, body, signal) => right.upload(ticket, body, signal),
    ...change(right, runtime),
  });

/** Clients that make the wrong thing of what the cloud answers. */
export const OF_ANSWERS: readonly Mutant[] = [
  {
    rule: 4,
    does: 'asks again at once when it is told to wait',
    seen: /called before the time it was told/,
    switches: { rate: 15 },
    client: changed((right) => ({
      async download(entry, signal) {
        const first = await right.download(entry, signal);
        return first.ok || first.failure.kind !== 'throttled' ? first : right.download(entry, signal);
      },
    })),
  },
  {
    rule: 11,
    does: 'uploads although there was no success',
    seen: /upload answered 403/,
    switches: { successFalse: true },
    client: changed((right) => ({
      async requestUpload(request, signal) {
        const asked = await right.requestUpload(request, signal);
        return asked.ok
          ? asked
          : ok({ url: 'http://127.0.0.1:9/transfer/upload/none', syncLogId: '', receivedAt: Infinity });
      },
    })),
  },
  {
    rule: 13,
    does: 'keeps upload links for ever',
    seen: /upload answered 403/,
    client: changed((right) => {
      const kept = new Map<string, UploadTicket>();
      return {
        async requestUpload(request, signal) {
          const ticket = kept.get(request.user);
          if (ticket !== undefined) return ok(ticket);
          const asked = await right.requestUpload(request, signal);
          if (asked.ok) kept.set(request.user, asked.value);
          return asked;
        },
      };
    }),
  },
  {
    rule: 32,
    does: 'drops every packet it has seen listed before',
    seen: /is not in the ERP/,
    client: changed((right) => {
      const seen = new Set<string>();
      return {
        async list(queue, signal) {
          const listing = await right.list(queue, signal);
          if (!listing.ok) return listing;
          const entries = listing.value.entries.filter(({ id }) => !seen.has(id));
          for (const { id } of entries) seen.add(id);
          return ok({ ...listing.value, entries });
        },
      };
    }),
  },
  {
    rule: 35,
    does: 'believes the size in the list',
    seen: /is not in the ERP/,
    client: changed((right) => ({
      async download(entry, signal) {
        const body = await right.download(entry, signal);
        return body.ok ? ok(firstBytes(body.value, sizeOf(entry))) : body;
      },
    })),
  },
  {
    rule: 36,
    does: 'takes an empty answer for a failure',
    seen: /the last pull ended failed/,
    switches: { emptyBody: 'no-body' },
    client: changed((right) => ({
      async list(queue, signal) {
        const listing = await right.list(queue, signal);
        return listing.ok && listing.value.raw === ''
          ? fail({
              kind: 'invalid-response',
              endpoint: 'cloud:field',
              where: 'list',
              detail: 'empty',
            } as const)
          : listing;
      },
    })),
  },
  {
    rule: 46,
    does: 'stores half of a body',
    seen: /is stored with other bytes/,
    client: changed((right) => ({
      async download(entry, signal) {
        const body = await right.download(entry, signal);
        return body.ok ? ok(whatCame(body.value)) : body;
      },
    })),
  },
  {
    rule: 47,
    does: 'reports nothing',
    seen: /packets stay in the queue/,
    client: changed(() => ({ reportDone: () => Promise.resolve(ok(undefined)) })),
  },
  {
    rule: 48,
    does: 'writes entries anew before it reports them',
    seen: /an entry was reported altered/,
    listFormat: 'json',
    client: changed((right) => ({
      reportDone: (report, signal) =>
        right.reportDone({ ...report, raw: JSON.stringify(JSON.parse(report.raw)) }, signal),
    })),
  },
  {
    rule: 48,
    does: 'loses the plus signs of receipt handles',
    seen: /packets stay in the queue/,
    client: changed((right) => ({
      reportDone: (report, signal) =>
        right.reportDone({ ...report, raw: report.raw.replaceAll('+', ' ') }, signal),
    })),
  },
  {
    rule: 49,
    does: 'reports packet by packet where only whole lists are taken',
    seen: /done answered 400/,
    switches: { wholeListOnly: true },
    client: changed((right) => ({
      async reportDone(report, signal) {
        for (const raw of report.raw.match(/<message>.*?<\/message>/gs) ?? []) {
          const one = await right.reportDone({ ...report, raw: `<messages>${raw}</messages>` }, signal);
          if (!one.ok) return one;
        }
        return ok(undefined);
      },
    })),
  },
];

const sizeOf = ({ raw }: ListedEntry): number => Number(/<size>(\d+)<\/size>/.exec(raw)?.[1] ?? '0');

async function* firstBytes(body: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of body) {
    yield chunk.subarray(0, left);
    left -= Math.min(left, chunk.length);
  }
}

async function* whatCame(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } catch {
    // A broken connection is the end of the body, says this client.
  }
}
