import type { LinkSettings } from '../../../shared/model/settings.ts';
import type { HttpTransport } from '../runtime/http-transport.ts';
import {
  keyPoint,
  linkPoint,
  NOT_ASKED,
  prefixPoint,
  unknownPathPoint,
  uploadPoint,
  type ProbeAnswer,
  type ProbePoint,
} from './judge-answers.ts';
import { redacted } from './redact.ts';

const PREFIXES = ['/mobile/erp', '/erp'];
const ANSWER_MS = 20_000;
const MOST_BYTES = 64 * 1024;

export interface ProbeWanted {
  readonly cloud: LinkSettings['cloud'];
  readonly key: string;
  /** A user to ask an upload link for; nothing is uploaded. Absent: not asked. */
  readonly user?: string | undefined;
  /** Path of a packet that exists, from a list entry; absent: one of a packet that does not. */
  readonly path?: string | undefined;
  /** Unique, printable ASCII; the upload link is asked for under it. */
  readonly id: string;
}

export interface ProbeReport {
  readonly points: readonly ProbePoint[];
  /** What came back, redacted. */
  readonly answers: readonly ProbeAnswer[];
}

/**
 * Asks the cloud what its documentation leaves open, with calls that take, hide and remove nothing: links by path, and an upload
 * link nobody uses. Lists and reports are never among them. Idempotent; an upload link may leave an entry in the cloud's log.
 */
export async function probeCloud(
  http: HttpTransport,
  { cloud, key, user, path, id }: ProbeWanted,
  signal: AbortSignal,
): Promise<ProbeReport> {
  const url = new URL(cloud.baseUrl);
  const base = `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
  const area = encodeURIComponent(cloud.appArea);
  const answers: ProbeAnswer[] = [];
  const ask = async (question: string, at: string, withKey = true): Promise<ProbeAnswer> => {
    const answer = await get(http, `${base}${at}`, withKey ? key : undefined, question, signal);
    answers.push({ ...answer, text: redacted(answer.text, key) });
    return answer;
  };
  const wanted = path ?? `push-done/xml/prod/${cloud.appArea}/20000101/erp-ferry-probe/${NOBODY}.xml`;
  const query = wanted.split('/').map(encodeURIComponent).join('/');
  const linkAt = (prefix: string): string => `${prefix}/pull/${area}/link?path=${query}`;

  const own = await ask('link', linkAt(cloud.pathPrefix));
  const tried: (readonly [string, ProbeAnswer])[] = [[cloud.pathPrefix, own]];
  for (const prefix of PREFIXES.filter((one) => one !== cloud.pathPrefix))
    tried.push([prefix, await ask(`link under ${prefix}`, linkAt(prefix))]);
  const without = await ask('link without a key', linkAt(cloud.pathPrefix), false);
  const nowhere = await ask('a path that does not exist', `${cloud.pathPrefix}/erp-ferry-probe/${area}`);
  const upload =
    user === undefined
      ? undefined
      : await ask(
          'upload link',
          `${cloud.pathPrefix}/push/${area}/${encodeURIComponent(user)}?packetUniqueId=${encodeURIComponent(id)}&size=100&packetType=xml`,
        );
  return {
    points: [
      prefixPoint(tried),
      keyPoint(own, without),
      unknownPathPoint(nowhere, without),
      linkPoint(own),
      uploadPoint(upload),
      ...NOT_ASKED,
    ],
    answers,
  };
}

const NOBODY = '00000000-0000-4000-8000-000000000000';

async function get(
  http: HttpTransport,
  url: string,
  key: string | undefined,
  question: string,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const outcome = await http.send(
    {
      method: 'GET',
      url,
      headers: {
        'content-type': 'application/json',
        'accept-encoding': 'identity',
        ...(key === undefined ? {} : { 'x-api-key': key }),
      },
      headTimeoutMs: ANSWER_MS,
      idleTimeoutMs: ANSWER_MS,
    },
    signal,
  );
  if (outcome.kind !== 'answered') return { question, text: '' };
  const { response } = outcome;
  const contentType = response.headers['content-type'];
  return { question, status: response.status, contentType, text: await textOf(response.body) };
}

/** As much as is needed to see what it is. A body that breaks is what came of it. */
async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of body) {
      bytes += chunk.length;
      text += decoder.decode(chunk, { stream: true });
      if (bytes >= MOST_BYTES) break;
    }
  } catch {
    return text;
  }
  return text;
}
