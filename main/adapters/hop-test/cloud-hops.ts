import type { Text } from '../../../shared/contract/explanation.ts';
import type { Hop } from '../../../shared/contract/settings-requests.ts';
import type { LinkSettings } from '../../../shared/model/settings.ts';
import type { HttpTransport } from '../../core/runtime/http-transport.ts';
import { HopFailed } from '../alerts/hop-notes.ts';
import { certificateText, openSocket, resolveHost, secureSocket } from '../alerts/network-steps.ts';
import { readText } from '../http/read-text.ts';
import { detail, StepFailed, Way } from './way.ts';

const ANSWER_MS = 8_000;
const MOST_BYTES = 64 * 1024;

/** A well-formed path of a packet that does not exist: nobody's, of a day before there were any. */
const pathOf = (area: string): string =>
  `push-done/xml/prod/${area}/20000101/erp-ferry-test/00000000-0000-4000-8000-000000000000.xml`;

/**
 * Tries the way to a Dynamics Mobile cloud on connections of its own, all ended when it resolves.
 *
 * The key is proven by asking for the download link of a packet that does not exist. Of the documented calls this is the
 * least harmful: it goes by a path alone and not by the state of a queue, so no packet can be taken, hidden or reported by it,
 * and it leaves no trace. (A list hands packets out and hides them; an upload link leaves an entry in the sync log;
 * a report changes the queue.) "Not found" and a link both show that the key was taken. Because a server that is no such
 * cloud says "not found" too, the same is asked without a key, and must be refused.
 */
export async function cloudHops(
  { id, cloud }: Pick<LinkSettings, 'id' | 'cloud'>,
  apiKey: string | undefined,
  parts: { readonly http: HttpTransport; readonly monotonic: () => number },
  signal: AbortSignal,
): Promise<readonly Hop[]> {
  const url = new URL(cloud.baseUrl);
  const secure = url.protocol === 'https:';
  const host = url.hostname;
  const port = Number(url.port) || (secure ? 443 : 80);
  const address = `${host}:${port}`;
  const call = `${url.origin}${url.pathname.replace(/\/+$/, '')}${cloud.pathPrefix}/pull/${encodeURIComponent(cloud.appArea)}/link`;
  const way = new Way(
    [
      { name: 'resolve', address: host },
      { name: 'connect', address },
      { name: 'encryption', address },
      { name: 'key', address: call },
    ],
    parts.monotonic,
  );
  const params = { host, area: cloud.appArea };
  const network = async <T>(
    name: string,
    owner: 'user' | 'cloud-administrator',
    work: Promise<T>,
  ): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      if (error instanceof HopFailed) throw new StepFailed(owner, name, { ...params, cause: error.message });
      throw error;
    }
  };
  const reached =
    (await way.step(() => network('noCloudName', 'user', resolveHost(host, signal)))) &&
    (await way.step(async () => {
      const socket = await network('noCloudConnection', 'user', openSocket(host, port, signal));
      socket.destroy();
      return undefined;
    })) &&
    (await way.step(async (): Promise<Text | undefined> => {
      if (!secure) return detail('thisComputer');
      const socket = await network('noCloudConnection', 'user', openSocket(host, port, signal));
      try {
        const secured = await network(
          'noCloudEncryption',
          'user',
          secureSocket(socket, host, undefined, signal),
        );
        const { protocol = '', holder = '' } = certificateText(secured)?.params ?? {};
        return detail('certificate', { protocol: String(protocol), holder: String(holder) });
      } finally {
        socket.destroy();
      }
    }));
  if (!reached) return way.hops;
  await way.step(async () => {
    const failed = (name: string, more: Readonly<Record<string, string>> = {}): StepFailed =>
      new StepFailed('cloud-administrator', name, { ...params, ...more });
    const key = (apiKey ?? '').trim();
    if (key === '') throw new StepFailed('user', 'noKey', { name: `link.${id}.apiKey` });
    if (!/^[\u0021-\u007E]+$/.test(key)) throw new StepFailed('user', 'oddKey', params);
    const path = pathOf(cloud.appArea).split('/').map(encodeURIComponent).join('/');
    const ask = (headers: Readonly<Record<string, string>>) =>
      answerTo(parts.http, `${call}?path=${path}`, headers, failed, signal);

    const known = await ask({ 'x-api-key': key });
    if (/missing authentication token/i.test(known.said))
      throw failed('wrongPath', { path: cloud.pathPrefix });
    if (known.status === 401 || known.status === 403) throw failed('keyRefused');
    if (known.status === 429) throw new StepFailed('nobody', 'cloudBusy', params);
    if (known.status < 200 || (known.status >= 300 && known.status < 400) || known.status >= 500)
      throw failed('cloudFails', { cause: `status ${known.status}` });
    const stranger = await ask({});
    if (stranger.status !== 401 && stranger.status !== 403) throw failed('notTheCloud');
    return detail('key', { area: cloud.appArea });
  });
  return way.hops;
}

/** Status and, of a refusal, the gateway's own words: only to be compared, never shown. */
async function answerTo(
  http: HttpTransport,
  url: string,
  headers: Readonly<Record<string, string>>,
  failed: (name: string, more: Readonly<Record<string, string>>) => StepFailed,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly said: string }> {
  const outcome = await http.send(
    {
      method: 'GET',
      url,
      headers: { ...headers, 'content-type': 'application/json', 'accept-encoding': 'identity' },
      headTimeoutMs: ANSWER_MS,
      idleTimeoutMs: ANSWER_MS,
    },
    signal,
  );
  if (outcome.kind !== 'answered')
    throw signal.aborted ? failed('tooLateCloud', {}) : failed('cloudFails', { cause: outcome.cause });
  const { response } = outcome;
  const said = await readText(response, MOST_BYTES);
  return { status: response.status, said: response.status >= 400 && said.ok ? said.value : '' };
}
