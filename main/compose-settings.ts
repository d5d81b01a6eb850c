import { hostname } from 'node:os';
import type { Explanation } from '../shared/contract/explanation.ts';
import type { ConfigProblem } from '../shared/contract/settings-requests.ts';
import { settingsSchema, type Settings } from '../shared/model/settings.ts';
import { isTimeZone } from '../shared/model/time.ts';
import { loadSite, SITE_FILE } from './adapters/config/load-site.ts';
import { openSiteFile, writeDefaultSite, type SiteFile } from './adapters/config/site-file.ts';
import { createHopTester } from './adapters/hop-test/create-hop-tester.ts';
import { isKnownSecretName, type Secrets } from './adapters/secrets/open-secrets.ts';
import type { SettingsHost } from './agent/settings/ports.ts';
import { fieldOf } from './agent/settings/raw-settings.ts';
import { askedFor } from './agent/settings/secret-entries.ts';
import { SettingsDesk } from './agent/settings/settings-desk.ts';
import type { SiteHost } from './agent/settings/site-host.ts';
import { StartRefused } from './cli/program.ts';
import type { ConsoleKeeper } from './compose-console.ts';
import type { HostParts, SiteChoice } from './compose-life.ts';

/** More than a person reads at once; the settings window lists all. */
const NOTICES = 5;

/** After the answer that settings were applied has left on the connection it came by. */
const FOLLOW_MS = 250;

/** The settings on disk. Throws StartRefused when they do not check. */
export function checkedSite(dataDir: string): SiteChoice {
  const site = loadSite(dataDir);
  if (site.ok) return { loaded: site.value, data: openSiteFile(dataDir, Date.now).look().data, notices: [] };
  const [first] = site.failure;
  throw new StartRefused(
    'configuration',
    first === undefined
      ? 'The configuration does not check.'
      : `${first.file} ${first.path}: ${first.reason}`,
    first?.hint ?? 'erp-ferry config check lists every problem',
  );
}

/**
 * The settings on disk, made where there are none. Where they do not check, a site that runs no link and says why, so that
 * they can be repaired through it. The caller holds the site lock.
 */
export function siteToSetUp(dataDir: string): SiteChoice {
  const here = { name: hostname().slice(0, 100) || 'ERP Ferry', timeZone: systemZone() };
  writeDefaultSite(dataDir, here);
  const site = loadSite(dataDir);
  const { data } = openSiteFile(dataDir, Date.now).look();
  if (site.ok) return { loaded: site.value, data, notices: [] };
  const named = settingsSchema.safeParse({ ...EMPTY, site: fieldOf(data, 'site') });
  const settings = named.success ? named.data : settingsSchema.parse({ ...EMPTY, site: here });
  return {
    loaded: { settings, mappings: new Map(), models: new Map() },
    data: undefined,
    notices: site.failure.slice(0, NOTICES).map(noticeOf),
  };
}

const EMPTY = { schemaVersion: 1, erps: [], links: [] };

function systemZone(): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  return isTimeZone(timeZone) ? timeZone : 'UTC';
}

function noticeOf({ file, path, reason, hint = '' }: ConfigProblem): Explanation {
  const params = { place: `${file} ${path}`.trim(), reason, hint };
  return {
    owner: 'user',
    what: { key: 'config.broken.what', params },
    next: { key: hint === '' ? 'config.broken.next' : 'config.broken.nextHint', params },
  };
}

/** Everything that must never appear in a log. */
export function secretValues(settings: Settings, secrets: Secrets): readonly string[] {
  const names = [...askedFor(settings), ...settings.links.map((link) => `link.${link.id}.password`)];
  return names.flatMap((name) => {
    const value = secrets.get(name);
    return value.ok && value.value !== undefined ? [value.value] : [];
  });
}

/** Why settings that check did not start. */
export function startProblems(error: unknown): readonly ConfigProblem[] {
  const reason = error instanceof Error ? error.message : 'unknown';
  return [
    {
      file: SITE_FILE,
      path: '',
      reason: `the site does not start with these settings: ${reason}`,
      hint: error instanceof StartRefused ? error.hint : 'the log has the details',
    },
  ];
}

interface DeskOptions {
  readonly parts: HostParts;
  readonly site: SiteHost<SiteChoice>;
  readonly console: () => ConsoleKeeper;
}

/** The settings' desk over file, secrets and the running site. */
export function createDesk({ parts, site, console }: DeskOptions): SettingsDesk {
  const { options, runtime, secrets, redactor, http, log } = parts;
  const { dataDir } = options;
  const file: SiteFile = openSiteFile(dataDir, () => runtime.wall());
  const host: SettingsHost = {
    running: () => site.site.data,
    busy: () => (options.mode === 'once' ? 'A single round runs and ends by itself.' : site.busy()),
    obstacles: async (data) => {
      const parsed = settingsSchema.safeParse(data);
      return parsed.success ? console().obstacles(parsed.data.console) : [];
    },
    takeOver: async (undo) => {
      const loaded = loadSite(dataDir);
      if (!loaded.ok) {
        // A mapping was changed under our hands.
        undo();
        return { kind: 'failed', problems: loaded.failure };
      }
      const next = { loaded: loaded.value, data: file.look().data, notices: [] };
      const taken = await site.takeOver(next, undo);
      const never = new AbortController();
      void runtime
        .sleep(FOLLOW_MS, never.signal)
        .then(() => console().follow(site.site.loaded.settings.console));
      return taken;
    },
    learn: (secret) => redactor.add(secret),
    clean: (value) => redactor.value(value) as typeof value,
    secretChanged: (name) => site.secretChanged(name),
  };
  return new SettingsDesk({
    runtime,
    file,
    secrets: { ...secrets, isKnown: isKnownSecretName },
    tester: createHopTester({ http, runtime }),
    host,
    log,
  });
}
