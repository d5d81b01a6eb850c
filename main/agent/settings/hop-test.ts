import type { Args, ResultOf } from '../../../shared/contract/contract.ts';
import { answer, refuse, type Reply } from '../../../shared/contract/reply.ts';
import type { Hop, HopTarget } from '../../../shared/contract/settings-requests.ts';
import type { Settings } from '../../../shared/model/settings.ts';
import type { DeskParts } from './ports.ts';
import { cloudKey, erpPassword, MAIL_PASSWORD, WEBHOOK_URL } from './secret-entries.ts';
import { problemsOfPart, testedPart } from './tested-part.ts';

/** A person waits before the window: later than this the step at hand counts as failed. */
const DEADLINE_MS = 10_000;

/** Tries what the target names, with the draft and the secret given, else with what runs and is stored. */
export async function testHops(
  parts: DeskParts,
  { target, settings: draft, secret }: Args<'hopTest'>,
): Promise<Reply<ResultOf<'hopTest'>>> {
  const { host, file, runtime } = parts;
  if (secret !== undefined && secret !== '') host.learn(secret);
  const data = draft ?? host.running() ?? file.look().data;
  const part = testedPart(target, data);
  if (part.kind === 'absent') return refuse('not-found', `These settings have no ${nameOf(target)}.`);
  if (part.kind === 'wrong')
    return answer({
      ok: false,
      hops: [],
      problems: [...problemsOfPart(target, data, part.paths, file.check(data))],
    });

  const deadline = new AbortController();
  const over = new AbortController();
  void runtime.sleep(DEADLINE_MS, over.signal).then(() => deadline.abort());
  try {
    const hops = await tried(parts, target, part.settings, secret, deadline.signal);
    if (hops === undefined) return refuse('not-found', `These settings have no ${nameOf(target)}.`);
    const ok = hops.length > 0 && hops.every(({ outcome }) => outcome === 'ok');
    return answer({ ok, hops: [...host.clean(hops)], problems: [] });
  } finally {
    over.abort();
  }
}

function tried(
  { tester, secrets }: DeskParts,
  target: HopTarget,
  settings: Settings,
  given: string | undefined,
  signal: AbortSignal,
): Promise<readonly Hop[] | undefined> {
  const secretOf = (name: string): string | undefined => {
    if (given !== undefined && given !== '') return given;
    const stored = secrets.get(name);
    return stored.ok ? stored.value : undefined;
  };
  switch (target.kind) {
    case 'erp': {
      const [erp] = settings.erps;
      return erp === undefined ? NONE : tester.erp(erp, secretOf(erpPassword(erp.id)), signal);
    }
    case 'cloud': {
      const [link] = settings.links;
      return link === undefined ? NONE : tester.cloud(link, secretOf(cloudKey(link.id)), signal);
    }
    case 'mail':
      return settings.alerts.mail === undefined
        ? NONE
        : tester.mail(settings.alerts, secretOf(MAIL_PASSWORD), signal);
    case 'webhook': {
      const url = secretOf(WEBHOOK_URL);
      return url === undefined ? NONE : tester.webhook(url, signal);
    }
  }
}

const NONE = Promise.resolve(undefined);

function nameOf(target: HopTarget): string {
  switch (target.kind) {
    case 'erp':
      return `ERP called "${target.erp}"`;
    case 'cloud':
      return `link called "${target.link}"`;
    case 'mail':
      return 'mail server';
    case 'webhook':
      return 'webhook address: set the secret alerts.webhook.url';
  }
}
