import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fetchBody, fileNameOf } from '../../../renderer/state/fetch-bytes.ts';
import { statusCounts } from '../../../renderer/state/queue-counts.ts';
import { readOutcome } from '../../../renderer/state/queue-outcome.ts';
import { calmWait, queueMark } from '../../../renderer/state/queue-refresh.ts';
import { allowed, reasonOf, refusalWords, sizeWords } from '../../../renderer/state/queue-words.ts';
import type { ArgsIn, SiteClient } from '../../../shared/contract/contract.ts';
import { itemStateSchema, type ItemView } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse, type RefusalCode } from '../../../shared/contract/reply.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import { sampleLink } from '../../support/sample-link.ts';
import { emptyStatus } from '../console/site-double.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30);
const speaker = new Speaker({ now: NOW, timeZone: 'Europe/Sofia', locale: 'en-GB' });
const never = new AbortController().signal;
const bytes = Uint8Array.from({ length: 700_001 }, (_, n) => (n * 7) % 256);

/** Hands out a body in parts, as the contract says; `spoil` changes an answer. */
function bodyClient(
  body: Uint8Array,
  spoil: (
    part: { size: number; hash: string; offset: number; base64: string; end: boolean },
    call: number,
  ) => object = (part) => part,
): SiteClient {
  let calls = 0;
  const call = async (_name: string, { offset = 0, limit = 1 }: ArgsIn<'queueBody'>) => {
    const part = body.subarray(offset, offset + limit);
    return answer(
      spoil(
        {
          size: body.length,
          hash: createHash('sha256').update(body).digest('hex'),
          offset,
          base64: Buffer.from(part).toString('base64'),
          end: offset + part.length >= body.length,
        },
        (calls += 1),
      ),
    );
  };
  return { call } as unknown as SiteClient;
}

describe('saving a body', () => {
  it('gives exactly its bytes, whatever their number', async () => {
    for (const size of [0, 1, 262_144, 262_145, 700_001]) {
      const seen: number[] = [];
      const body = bytes.subarray(0, size);
      const fetched = await fetchBody(bodyClient(body), 1, (done) => seen.push(done), never);
      if (fetched.kind !== 'whole') throw new Error(`${size}: ${fetched.kind}`);
      expect(Buffer.from(fetched.bytes).equals(Buffer.from(body))).toBe(true);
      expect(seen.at(-1)).toBe(size);
    }
  });

  it.each([
    ['another hash', { hash: 'f'.repeat(64) }],
    ['a hash that is not theirs', undefined],
    ['an early end', { end: true }],
    ['another place', { offset: 5 }],
    ['another size', { size: 5 }],
  ])('does not save bytes with %s', async (_name, change) => {
    const client = bodyClient(bytes, (part, call) =>
      change === undefined ? { ...part, hash: 'a'.repeat(64) } : call === 2 ? { ...part, ...change } : part,
    );
    expect(await fetchBody(client, 1, () => undefined, never)).toEqual({ kind: 'damaged' });
  });

  it('stops when told, and hands a refusal on', async () => {
    const stopping = new AbortController();
    const stopped = fetchBody(bodyClient(bytes), 1, () => stopping.abort(), stopping.signal);
    expect(await stopped).toEqual({ kind: 'stopped' });
    const gone = { call: async () => refuse('not-found', 'gone') } as unknown as SiteClient;
    expect(await fetchBody(gone, 1, () => undefined, never)).toMatchObject({ kind: 'refused' });
  });

  it('makes a name of a file of any packet id', () => {
    expect(fileNameOf('0f6d2a34-0000', 'xml')).toBe('0f6d2a34-0000.xml');
    expect(fileNameOf('../../etc/passwd', 'xml')).toBe('etc_passwd.xml');
    expect(fileNameOf('a\u0000b\u202e:c|d', 'xml')).toBe('a_b_c_d.xml');
    expect(fileNameOf('...', 'xml')).toBe('packet.xml');
  });
});

describe('outcome', () => {
  it('names what the ERP gave, each number once', () => {
    const document = { document: 'SalesHeader', rowId: 'r', number: 'SO-1', erpKey: '1' };
    const json = JSON.stringify({
      outcome: 'applied',
      documents: [
        { ...document, erpNumber: '101-2043' },
        { ...document, erpNumber: '101-2043' },
        { ...document, erpNumber: null },
        { ...document, erpNumber: '101-2044' },
      ],
    });
    expect(readOutcome(json)?.erpNumbers).toEqual(['101-2043', '101-2044']);
    expect(readOutcome('{"syncLogId":"L-1"}')).toEqual({ erpNumbers: [], syncLogId: 'L-1' });
  });

  it.each(['', 'plain', '{', '[]', '{}', '{"kind":"failure"}', '{"documents":[{"erpNumber":7}]}'])(
    'is none in %j',
    (json) => {
      expect(readOutcome(json)).toBeUndefined();
    },
  );
});

describe('words', () => {
  const item = (state: ItemView['state']): ItemView => ({
    id: 1,
    link: 'a',
    direction: 'in',
    externalId: 'P-1',
    user: 'ANNA',
    company: '',
    label: '',
    state,
    size: 1,
    createdAt: NOW,
    dueAt: NOW + 180_000,
    attempts: 0,
    revision: 0,
  });

  it.each(itemStateSchema.options)('say why an item is %s', (state) => {
    for (const direction of ['in', 'out'] as const)
      expect(reasonOf({ ...item(state), direction }, speaker)).toMatch(/^[A-Z][^{}]{9,}\.$/);
  });

  it('offer only what the state allows', () => {
    const may = Object.fromEntries(itemStateSchema.options.map((state) => [state, allowed(item(state))]));
    expect(Object.entries(may).flatMap(([state, { discard }]) => (discard ? state : []))).toEqual(['parked']);
    expect(may['working']).toEqual({ retry: false, park: false, discard: false, edit: false });
    expect(may['settled']).toEqual({ retry: false, park: false, discard: false, edit: false });
    expect(may['parked']).toEqual({ retry: true, park: false, discard: true, edit: true });
    expect(allowed({ ...item('parked'), direction: 'out' }).edit).toBe(false);
    expect(allowed({ ...item('parked'), handedSince: NOW }).edit).toBe(false);
  });

  it('say what to do about every refusal', () => {
    const codes: readonly RefusalCode[] = [
      'forbidden',
      'not-now',
      'not-found',
      'unavailable',
      'defect',
      'bad-arguments',
    ];
    for (const code of codes) {
      const words = refusalWords({ code, message: 'm', hint: 'h' }, speaker);
      expect(words.next).toMatch(/\.$/);
      expect(words.said).toBe('Answer: m (h)');
    }
  });

  it('say a size', () => {
    expect([1, 900, 2_048, 1_572_864].map((size) => sizeWords(size, speaker))).toEqual([
      '1 byte',
      '900 bytes',
      '2 KB',
      '1.5 MB',
    ]);
  });
});

describe('refresh', () => {
  it('follows what lists hold and not the time of a status', () => {
    const status = emptyStatus();
    expect(queueMark({ ...status, at: status.at + 5_000, light: 'attention' })).toBe(queueMark(status));
    expect(queueMark(undefined)).not.toBe(queueMark(status));
  });

  it('comes at most once a second', () => {
    expect(calmWait(10_000, 9_700)).toBe(700);
    expect(calmWait(10_000, 3_000)).toBe(0);
  });
});

describe('counts', () => {
  it('are the status’s own, of all links or of one', () => {
    const link = (id: string, parked: number) =>
      sampleLink(id, { parked, pendingIn: { count: 2 }, pendingOut: { count: 5 }, unknown: 1 });
    const status = { ...emptyStatus(), links: [link('a', 1), link('b', 3)] };
    expect(statusCounts(status, undefined)).toEqual({ parked: 4, in: 4, out: 10, unknown: 2 });
    expect(statusCounts(status, 'b')).toEqual({ parked: 3, in: 2, out: 5, unknown: 1 });
    expect(statusCounts(undefined, 'b')).toBeUndefined();
  });
});
