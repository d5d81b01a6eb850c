import { join } from 'node:path';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { durably, durablySync } from '../../../main/core/runtime/runtime.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { createForgetfulNodeDisk } from '../../support/forgetful-node-disk.ts';
import { TEST_START, createTestRuntime } from '../../support/test-runtime.ts';

/**
 * Receives one packet of `size` bytes into the site's folder and kills itself at the point given: a step with its phase, or
 * `disk <operation>`, right after that call of the disk. Prints the hash when it comes to its end.
 */
const [folder = '', sizeText = '', deathPoint = ''] = process.argv.slice(2);
const die = (at: string): void => {
  if (at === deathPoint) process.kill(process.pid, 'SIGKILL');
};
const runtime = createTestRuntime({ seed: 1 });
runtime.onStep = (name, phase) => {
  die(`${name} ${phase}`);
};
const real = createForgetfulNodeDisk();
const disk = new Proxy(real, {
  get: (target, key: keyof typeof real) => {
    const call: unknown = target[key];
    if (typeof call !== 'function') return call;
    return (...args: unknown[]): unknown => {
      const value: unknown = Reflect.apply(call, target, args);
      if (value instanceof Promise) return value.finally(() => die(`disk ${key}`));
      return value;
    };
  },
});
const store = openStore({ file: join(folder, 'ferry.sqlite') });
const bodies = createBodyStore({
  disk,
  folder: join(folder, 'spool'),
  reserveBytes: 0,
  newId: () => runtime.newId(),
  rowBody: (hash) => store.rowBody(hash),
});
async function* download(): AsyncIterable<Uint8Array> {
  for (let left = Number(sizeText); left > 0; left -= 50_000) yield Buffer.alloc(Math.min(left, 50_000), 'x');
}
const received = await durably(runtime, 'pull.spool-body', () =>
  bodies.receive(download(), 10_000_000, new AbortController().signal),
);
if (!received.ok) throw new Error(received.failure.kind);
const body = received.value;
const entry = { id: 'p1', path: '', user: 'ANNA', company: '', kind: 'data', receiptHandle: 'h', raw: '' };
durablySync(runtime, 'pull.store-packet', () =>
  store.storePacket(
    { link: linkId('l'), direction: 'in', externalId: 'p1', user: 'ANNA', company: '', label: '', body },
    { queue: 'packet', entry },
    undefined,
    TEST_START,
  ),
);
console.log(body.hash);
