import type { DynamicsMobile } from '../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import type { SwitchesPatch } from '../../main/sandbox/clouds/dynamics-mobile/switches.ts';
import type { HttpRequest, HttpTransport } from '../../main/core/runtime/http-transport.ts';
import { pick } from '../../main/sandbox/sample-erp/seeded-random.ts';

/** Somebody whose phone no snapshot goes to: what happens to his packets holds up nobody. */
export const LOST_USER = 'LOSTBODIES';

/** What a cloud of this seed insists on, and by how much its clock differs from the agent's. */
export interface Strict {
  readonly switches: SwitchesPatch;
  readonly skewMs: number;
  /** Every draw by name, `queue=sqs`: counted over seeds, so that none of them is never drawn. */
  readonly drawn: readonly string[];
}

const MENU = {
  queue: ['sqs', 'sticky'],
  rate: [30, 60, 120],
  minPoll: [10, 60],
  duplicate: [0.05, 0.3],
  short: [0, 0.5],
  empty: [0, 0.3],
  emptyBody: ['normal', 'no-body', '204'],
  linkShape: ['object', 'string', 'text'],
  requireUniqueId: [false, true],
  strictEntries: [true, false],
  extraFields: [true, false],
} as const;
const SKEWS_MS = [-3_600_000, 0, 3_600_000];

/** Every draw there is: a run of enough seeds has had each. */
export const DRAWS: readonly string[] = [
  ...Object.entries(MENU).flatMap(([name, values]) => values.map((value) => `${name}=${String(value)}`)),
  ...SKEWS_MS.map((ms) => `skew=${String(ms)}`),
];

/** The switches that are always on. */
const ALWAYS = { strictLinks: true, strictSize: true, strictModel: true, signedType: true } as const;

/** Odd seeds ask the one queue, even seeds the other; all else is drawn. */
export function drawStrict(seed: number, random: () => number): Strict {
  const drawn = Object.fromEntries(
    Object.entries(MENU).map(([name, values]) => [
      name,
      pick(random, values as readonly (string | number | boolean)[]),
    ]),
  );
  drawn['queue'] = seed % 2 === 0 ? 'sticky' : 'sqs';
  const skewMs = pick(random, SKEWS_MS);
  return {
    switches: { ...ALWAYS, ...drawn },
    skewMs,
    drawn: [
      ...Object.entries(drawn).map(([name, value]) => `${name}=${String(value)}`),
      `skew=${String(skewMs)}`,
    ],
  };
}

/** Mistakes of clients that only a strict cloud takes amiss. Each must be found. */
export const RUDE = ['key-on-links', 'other-type', 'other-size', 'own-entries', 'deaf-to-429'] as const;
export type Rude = (typeof RUDE)[number];

/** Puts the mistake between a right client and its network. */
export function rudely(rude: Rude, http: HttpTransport, key: string): HttpTransport {
  return {
    async send(request, signal) {
      const { headers } = request;
      switch (rude) {
        case 'key-on-links':
          return http.send({ ...request, headers: { ...headers, 'x-api-key': key } }, signal);
        case 'other-type':
          return http.send(
            request.method === 'PUT'
              ? { ...request, headers: { ...headers, 'content-type': 'text/xml' } }
              : request,
            signal,
          );
        case 'other-size': {
          const url = new URL(request.url);
          const size = url.searchParams.get('size');
          if (size !== null) url.searchParams.set('size', String(Number(size) + 1));
          return http.send(size === null ? request : { ...request, url: url.href }, signal);
        }
        case 'own-entries':
          return http.send(
            request.method === 'POST'
              ? await rewritten(request, (text) => text.replaceAll('><', '>\n<'))
              : request,
            signal,
          );
        case 'deaf-to-429': {
          // A refusal is taken for a break of the line, so nobody rests as long as was asked.
          const outcome = await http.send(request, signal);
          return outcome.kind === 'answered' && outcome.response.status === 429
            ? { kind: 'not-sent', cause: 'ECONNRESET' }
            : outcome;
        }
      }
    },
  };
}

async function rewritten(request: HttpRequest, change: (text: string) => string): Promise<HttpRequest> {
  if (request.body === undefined) return request;
  const chunks: Uint8Array[] = [];
  for await (const chunk of request.body.open()) chunks.push(chunk);
  const bytes = Buffer.from(change(Buffer.concat(chunks).toString('utf8')));
  return {
    ...request,
    body: {
      size: bytes.length,
      async *open() {
        yield bytes;
      },
    },
  };
}

/** Stands at the wire and counts what a cloud would complain of and says nothing about. */
export class Manners {
  /** Calls sent while the cloud had asked to be left alone. */
  deaf = 0;

  /** One life of a client: what an earlier one was asked is for its store to keep. */
  watch(http: HttpTransport, now: () => number): HttpTransport {
    let quietUntil = 0;
    return {
      send: async (request, signal) => {
        const call = request.headers['x-api-key'] !== undefined;
        if (call && now() < quietUntil) this.deaf += 1;
        const outcome = await http.send(request, signal);
        if (call && outcome.kind === 'answered' && outcome.response.status === 429)
          quietUntil = now() + 1_000 * Number(outcome.response.headers['retry-after'] ?? 0);
        return outcome;
      },
    };
  }
}

/** Answers that only a wrong request gets: another type, another length, a signature that does not fit. */
const WRONG: ReadonlySet<number | 'cut'> = new Set([400, 403, 411, 413]);

/** Everything a client did that it must not do, by name. */
export function rudeness(cloud: DynamicsMobile, manners: Manners): Readonly<Record<string, number>> {
  const { leakedKeys, alteredEntries, uploadsAtOnceOnOneLink } = cloud.control.statistics();
  const refused = cloud.control
    .log()
    .filter((one) => one.fault === undefined && WRONG.has(one.status)).length;
  return {
    leakedKeys,
    alteredEntries,
    refused,
    deaf: manners.deaf,
    twoUploadsOnOneLink: Math.max(0, uploadsAtOnceOnOneLink - 1),
  };
}
