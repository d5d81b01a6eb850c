import type { CloudControl } from '../phones/cloud-control.ts';

/** The hands behind a simulated cloud in another process. */
export interface RemoteCloud extends CloudControl {
  /** Any method of the control surface, by name. */
  call<T>(method: string, argument: object): Promise<T>;
}

/** `control` is the address of the cloud's control endpoint. */
export function remoteCloud(control: string, area: string): RemoteCloud {
  const call = async <T>(method: string, argument: object): Promise<T> => {
    const answer = await fetch(`${control}/${method}`, { method: 'POST', body: JSON.stringify(argument) });
    const value: unknown = await answer.json();
    if (!answer.ok) throw new Error(`the simulated cloud refused ${method}: ${JSON.stringify(value)}`);
    return value as T;
  };
  return {
    call,
    deliver: async (packet) => (await call<{ id: string }>('deliver', { area, ...packet })).id,
    deliverFile: async ({ bytes, ...file }) => {
      const base64 = Buffer.from(bytes).toString('base64');
      return (await call<{ id: string }>('deliver', { area, packetType: 'file', ...file, base64 })).id;
    },
    redeliver: (id) => call('redeliver', { area, id }),
    setSwitch: (name, value) => call('setSwitches', { [name]: value }),
    synchronize: async (user) => {
      await call('synchronize', { area, user });
      const answer = await fetch(
        `${control}/snapshot?${new URLSearchParams({ area, user, of: 'device' }).toString()}`,
      );
      return answer.status === 204 || answer.body === null ? undefined : answer.body;
    },
  };
}
