import { readConsoleAccess } from '../../console/access-file.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { StartRefused, type SiteHandle, type StartOptions } from '../program.ts';

/** Longer than any single step takes; what hangs beyond it is taken up by the next start. */
const STOP_MS = 30_000;

const EXIT_OF_REFUSAL: Readonly<Record<StartRefused['reason'], number>> = {
  'site-owned': EXIT.owned,
  configuration: EXIT.usage,
  store: EXIT.failed,
};

/** Runs the agent in this process until it ends or is told to. */
export async function runSite(
  { world, out, dataDir }: Context,
  options: Pick<StartOptions, 'mode' | 'links' | 'console' | 'setUp'>,
): Promise<number> {
  let site: SiteHandle;
  try {
    site = await world.startSite({ dataDir, env: world.env, ...options });
  } catch (error) {
    if (!(error instanceof StartRefused)) throw error;
    out.failure({ code: error.reason, message: error.message, hint: error.hint });
    return EXIT_OF_REFUSAL[error.reason];
  }
  if (options.mode === 'run') {
    out.note(`ERP Ferry ${world.version} runs on ${dataDir}. End it with Ctrl+C.`);
    const page = readConsoleAccess(dataDir);
    if (page !== undefined) out.note(`Page: ${page.url}#token=${page.token}`);
    for (const note of site.notes ?? []) out.note(note);
  }
  const stop = (): void => {
    void site.stop(AbortSignal.timeout(STOP_MS));
  };
  if (world.ending.aborted) stop();
  else world.ending.addEventListener('abort', stop, { once: true });
  try {
    const { exitCode, report } = await site.finished;
    out.document(report);
    if (options.mode === 'once') out.line(ENDED[exitCode] ?? `Ended with code ${exitCode}.`);
    return exitCode;
  } finally {
    world.ending.removeEventListener('abort', stop);
  }
}

const ENDED: Readonly<Record<number, string>> = {
  [EXIT.fine]: 'Done: everything is carried over.',
  [EXIT.failed]: 'Not done. See: erp-ferry status',
  [EXIT.parked]: 'Done, but something needs a person. See: erp-ferry queue list --state parked',
  [EXIT.unreachable]: 'Not all done: the ERP or a cloud does not answer. See: erp-ferry status',
};
