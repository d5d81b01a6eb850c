import { connectPipe, type PipeClient } from '../console/pipe-client.ts';
import { loadSite } from '../adapters/config/load-site.ts';
import { StoreError } from '../core/queue/store-error.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Context } from './command-context.ts';
import { EXIT } from './exit-codes.ts';
import { openStoredSite, type StoredSite } from './stored-site.ts';

/** A command's way to a site: the running agent, or the store while none runs. */
export type Access =
  | { readonly kind: 'agent'; readonly client: PipeClient; readonly zone: string | undefined }
  | {
      readonly kind: 'store';
      readonly site: StoredSite;
      readonly settings: Settings;
      readonly zone: string;
    };

/** Finds the agent, else the store, and closes what it opened. The result is the exit code. */
export async function withSite(context: Context, use: (access: Access) => Promise<number>): Promise<number> {
  const { out, dataDir } = context;
  const connected = await connectPipe(dataDir);
  if (connected.ok) {
    try {
      const onDisk = loadSite(dataDir);
      const zone = onDisk.ok ? onDisk.value.settings.site.timeZone : undefined;
      return await use({ kind: 'agent', client: connected.value, zone });
    } finally {
      connected.value.close();
    }
  }
  const { kind, message } = connected.failure;
  if (kind !== 'no-agent') {
    out.failure({ code: kind, message, hint: 'Restart the agent, or use the program it came with.' });
    return EXIT.failed;
  }
  const loaded = loadSite(dataDir);
  if (!loaded.ok) {
    const [first] = loaded.failure;
    out.failure({
      code: 'configuration',
      message:
        first === undefined
          ? 'The configuration does not check.'
          : `${first.file} ${first.path}: ${first.reason}`.replace(' : ', ': '),
      hint: first?.hint ?? 'See: erp-ferry config check',
    });
    return EXIT.usage;
  }
  const { settings } = loaded.value;
  let site: StoredSite;
  try {
    site = openStoredSite(
      dataDir,
      settings.site.timeZone,
      settings.links.map(({ id }) => id),
    );
  } catch (error) {
    return storeFailure(context, error);
  }
  try {
    return await use({ kind: 'store', site, settings, zone: settings.site.timeZone });
  } catch (error) {
    return storeFailure(context, error);
  } finally {
    site.close();
  }
}

/** Says why the local store refuses; anything else is a bug and goes on. */
export function storeFailure({ out }: Context, error: unknown): number {
  if (!(error instanceof StoreError)) throw error;
  out.failure({
    code: `store-${error.code}`,
    message: `The local store cannot be used: ${error.message}`,
    hint:
      error.code === 'newer'
        ? 'Use the newer version of ERP Ferry.'
        : error.code === 'older'
          ? 'Start the agent once: erp-ferry run'
          : 'Look at the data folder.',
  });
  return EXIT.failed;
}

/** For what only a running agent can do. */
export function withAgent(
  context: Context,
  use: (client: PipeClient, zone: string | undefined) => Promise<number>,
): Promise<number> {
  return withSite(context, async (access) => {
    if (access.kind === 'agent') return use(access.client, access.zone);
    context.out.failure({
      code: 'no-agent',
      message: 'No agent runs on this data folder.',
      hint: 'Start it with: erp-ferry run',
    });
    return EXIT.failed;
  });
}
