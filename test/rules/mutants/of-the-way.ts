import type { HttpBody } from '../../../main/core/runtime/http-transport.ts';
import { fail, ok } from '../../../shared/model/result.ts';
import { MAPPING } from '../../support/link-bench.ts';
import type { MemoryErp } from '../../support/memory-erp.ts';
import { changed } from './of-answers.ts';
import type { Mutant } from './mutant.ts';

interface WayMutant {
  readonly does: string;
  readonly client?: Mutant['client'];
  readonly mapping?: typeof MAPPING | undefined;
  /** It looks for nobody else. */
  readonly unguarded?: true | undefined;
  readonly spoil?: ((erp: MemoryErp) => void) | undefined;
}

const QUARTER_MS = 15 * 60_000;

/** Clients that break a rule of the whole way, one for each rule from 53 on that the product keeps. */
export const OF_THE_WAY: Readonly<Record<number, WayMutant>> = {
  53: {
    does: 'reports a list before it has stored anything',
    client: changed((right) => ({
      async list(queue, signal) {
        const listing = await right.list(queue, signal);
        if (listing.ok) await right.reportDone(listing.value, signal);
        return listing;
      },
    })),
  },
  54: {
    does: 'applies packets as they come, whatever they name',
    mapping: {
      ...MAPPING,
      pull: {
        ...MAPPING.pull,
        documents: MAPPING.pull.documents.map((one) => ({ ...one, references: [] })),
      },
    },
  },
  55: {
    does: 'takes a refusal for an outage, and waits',
    spoil: (erp) => {
      const right = erp.writer.apply.bind(erp.writer);
      let waits = false;
      Object.assign(erp.writer, {
        apply: async (unit: Parameters<typeof right>[0], signal: AbortSignal) => {
          const outcome = waits ? undefined : await right(unit, signal);
          waits ||= outcome?.ok === false && outcome.failure.kind === 'rejected';
          return waits ? fail({ kind: 'unreachable', endpoint: 'erp:main', cause: 'refused' }) : outcome;
        },
      });
    },
  },
  56: { does: 'does not look for another client', unguarded: true },
  57: {
    does: 'names the link in its failures',
    client: changed((right) => ({
      async upload(ticket, body, signal) {
        const put = await right.upload(ticket, body, signal);
        return put.ok
          ? put
          : fail({
              kind: 'unreachable',
              endpoint: 'cloud:field',
              cause: `no answer from ${ticket.url}`,
            } as const);
      },
    })),
  },
  58: {
    does: 'counts the life of a link by the wall clock',
    client: changed((right, runtime) => {
      const got = new Map<string, number>();
      return {
        async requestUpload(request, signal) {
          const at = runtime.wall();
          const asked = await right.requestUpload(request, signal);
          if (asked.ok) got.set(asked.value.url, at);
          return asked;
        },
        upload: (ticket, body, signal) =>
          Math.abs(runtime.wall() - (got.get(ticket.url) ?? 0)) > QUARTER_MS
            ? Promise.resolve(
                fail({ kind: 'rejected', code: 'link-expired', where: 'upload', message: 'old' } as const),
              )
            : right.upload(ticket, body, signal),
      };
    }),
  },
  59: {
    does: 'pushes without having pulled',
    client: changed((right) => ({
      async list(queue, signal) {
        const listing = await right.list(queue, signal);
        return listing.ok ? ok({ ...listing.value, entries: [] }) : listing;
      },
    })),
  },
  60: {
    does: 'holds a whole packet in memory',
    client: changed((right) => ({
      async upload(ticket, body, signal) {
        return right.upload(ticket, await held(body), signal);
      },
    })),
  },
};

async function held(body: HttpBody): Promise<HttpBody> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.open()) chunks.push(Uint8Array.from(chunk));
  return {
    size: body.size,
    // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
    open: async function* () {
      yield* chunks;
    },
  };
}
