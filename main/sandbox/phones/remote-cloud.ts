import type { CloudControl } from './cloud-control.ts';

export interface RemoteCloudOptions {
  /** Where the simulator serves its control surface. */
  controlUrl: string;
  area: string;
  /** Default: the runtime's own. */
  request?: typeof fetch | undefined;
}

/** The control of a simulator in another process. Calls reject when it refuses or is not there. */
export function remoteCloud({ controlUrl, area, request = fetch }: RemoteCloudOptions): CloudControl {
  const answer = async (url: URL, init: RequestInit): Promise<Response> => {
    const response = await request(url, init);
    if (!response.ok)
      throw new Error(`the simulated cloud answered ${response.status}: ${await response.text()}`);
    return response;
  };
  const call = async (name: string, argument: object): Promise<unknown> => {
    const body = JSON.stringify(argument);
    return (await answer(new URL(name, `${controlUrl}/`), { method: 'POST', body })).json();
  };
  return {
    async deliver(packet) {
      const { id } = (await call('deliver', { area, ...packet })) as { id: string };
      return id;
    },
    async deliverFile({ bytes, ...file }) {
      const base64 = Buffer.from(bytes).toString('base64');
      const { id } = (await call('deliver', { area, packetType: 'file', ...file, base64 })) as { id: string };
      return id;
    },
    async redeliver(id) {
      await call('redeliver', { area, id });
    },
    async synchronize(user) {
      if ((await call('synchronize', { area, user })) === null) return undefined;
      const url = new URL('snapshot', `${controlUrl}/`);
      url.search = new URLSearchParams({ area, user, of: 'device' }).toString();
      const { body } = await answer(url, { method: 'GET' });
      return body ?? undefined;
    },
    async setSwitch(name, value) {
      await call('setSwitches', { [name]: value });
    },
  };
}
