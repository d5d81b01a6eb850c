import { readFileSync, mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { loadSite } from '../../adapters/config/load-site.ts';
import { parseJson } from '../../adapters/config/read-json.ts';
import { openSiteFile } from '../../adapters/config/site-file.ts';
import { acquireSiteLock } from '../../adapters/sqlite/site-lock.ts';
import { connectPipe, type PipeClient } from '../../console/pipe-client.ts';
import { refused, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Checks what is on disk; applies nothing, needs no agent. */
export function checkConfig({ out, dataDir }: Context): number {
  const loaded = loadSite(dataDir);
  const problems = loaded.ok ? [] : loaded.failure;
  out.document({ problems });
  if (loaded.ok) {
    const { settings, mappings } = loaded.value;
    out.line(
      `Fine: site "${settings.site.name}", ${[
        counted(settings.erps.length, 'ERP'),
        counted(settings.links.length, 'link'),
        counted(mappings.size, 'mapping'),
      ].join(', ')}.`,
    );
    return EXIT.fine;
  }
  tell(out, problems);
  return EXIT.usage;
}

/** Applies a file: through the agent where one runs, else by writing it. Nothing is changed when it does not check. */
export async function applyConfig(given: Context, file: string): Promise<number> {
  const { out, dataDir } = given;
  const read = readSettings(file);
  if ('problem' in read) {
    out.document({ applied: false, problems: [read.problem] });
    tell(out, [read.problem]);
    return EXIT.usage;
  }
  const connected = await connectPipe(dataDir);
  if (connected.ok) {
    try {
      return await applyThrough(given, connected.value, read.data);
    } finally {
      connected.value.close();
    }
  }
  if (connected.failure.kind !== 'no-agent') {
    out.failure({ code: connected.failure.kind, message: connected.failure.message });
    return EXIT.failed;
  }
  return applyAlone(given, read.data);
}

async function applyThrough(given: Context, client: PipeClient, settings: unknown): Promise<number> {
  const { out } = given;
  const now = await client.call('settingsRead', {});
  if (!now.ok) return refused(out, now.error);
  const reply = await client.call('settingsApply', { settings, revision: now.value.revision });
  if (!reply.ok) return refused(out, reply.error);
  const { applied, problems, revision } = reply.value;
  return applyEnd(given, { applied, running: true, revision, problems });
}

/** Under the site's lock, so that no agent starts with half of it. */
function applyAlone(given: Context, settings: unknown): number {
  const { world, out, dataDir } = given;
  mkdirSync(dataDir, { recursive: true });
  const site = openSiteFile(dataDir, () => world.now());
  const problems = site.check(settings);
  if (problems.length > 0)
    return applyEnd(given, { applied: false, running: false, revision: site.look().revision, problems });
  const lock = acquireSiteLock(dataDir);
  if (lock === 'held') {
    out.failure({
      code: 'site-owned',
      message: 'Another agent runs this site and does not answer here.',
      hint: 'Ask again in a moment.',
    });
    return EXIT.owned;
  }
  try {
    return applyEnd(given, { applied: true, running: false, revision: site.replace(settings), problems: [] });
  } finally {
    lock.release();
  }
}

function applyEnd(
  { out }: Context,
  end: {
    readonly applied: boolean;
    /** Whether an agent goes on with it. */
    readonly running: boolean;
    readonly revision: string;
    readonly problems: readonly ConfigProblem[];
  },
): number {
  out.document(end);
  if (end.applied) {
    out.line(end.running ? 'Applied: the site goes on with these settings.' : 'Written: no agent runs.');
    return EXIT.fine;
  }
  tell(out, end.problems);
  out.line('Nothing was changed.');
  return EXIT.usage;
}

/** Prints `site.json` as it runs, or as it stands on disk where no agent runs. Secrets are never in it. */
export async function exportConfig(given: Context): Promise<number> {
  const { out, dataDir, world } = given;
  const connected = await connectPipe(dataDir);
  let settings: unknown;
  if (connected.ok) {
    const reply = await connected.value.call('settingsRead', {});
    connected.value.close();
    if (!reply.ok) return refused(out, reply.error);
    settings = reply.value.settings ?? undefined;
  } else settings = loadSite(dataDir).ok ? openSiteFile(dataDir, () => world.now()).look().data : undefined;
  if (settings === undefined) {
    out.failure({
      code: 'configuration',
      message: 'There are no settings that check.',
      hint: 'erp-ferry config check lists every problem.',
    });
    return EXIT.usage;
  }
  out.document(settings);
  // Line by line: what people see is freed of characters that steer a terminal.
  for (const line of JSON.stringify(settings, undefined, 2).split('\n')) out.line(line);
  return EXIT.fine;
}

function readSettings(file: string): { readonly data: unknown } | { readonly problem: ConfigProblem } {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(resolve(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    return {
      problem: {
        file,
        path: '',
        reason: code === 'ENOENT' ? 'the file does not exist' : `the file cannot be read (${code})`,
        hint: 'name a file with settings, such as one from: erp-ferry config export',
      },
    };
  }
  const parsed = parseJson(file, bytes);
  return parsed.ok ? { data: parsed.value.data } : { problem: parsed.failure };
}

function tell(out: Context['out'], problems: readonly ConfigProblem[]): void {
  for (const { file, path, reason, hint } of problems) {
    out.line(`${file}${path === '' ? '' : ` ${path}`}: ${reason}`);
    if (hint !== undefined) out.line(`  ${hint}`);
  }
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
