import { randomUUID } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSite } from '../../adapters/config/load-site.ts';
import { createNodeHttpTransport } from '../../adapters/http/node-http-transport.ts';
import { systemRuntime } from '../../adapters/runtime/system-runtime.ts';
import { openSecrets } from '../../adapters/secrets/open-secrets.ts';
import { probeCloud } from '../../core/probe/probe-cloud.ts';
import type { Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';
import { probePull } from './probe-pull.ts';

const POINTS = {
  prefix: 'Prefix of the calls',
  key: 'The key',
  'unknown-path': 'A path that does not exist',
  'link-answer': 'Answer with a download link',
  'upload-answer': 'Answer with an upload link',
  list: 'Form of a list',
  handle: 'Receipt handles',
  'second-list': 'A second list',
  report: 'Report of packets done',
} as const;

/**
 * Settles what can be settled without taking a packet and, where wanted, what the lists of a pull show. Keeps the redacted
 * answers in the data folder.
 */
export async function probe(
  context: Context,
  args: {
    readonly link: string;
    readonly user?: string | undefined;
    readonly path?: string | undefined;
    readonly list: boolean;
  },
): Promise<number> {
  const { out, world, dataDir } = context;
  const site = loadSite(dataDir);
  if (!site.ok) {
    const hint = 'erp-ferry config check lists every problem.';
    out.failure({ code: 'configuration', message: 'The configuration does not check.', hint });
    return EXIT.usage;
  }
  const { links } = site.value.settings;
  const link = links.find((one) => one.id === args.link);
  if (link === undefined) {
    out.failure({
      code: 'not-found',
      message: `No link is called "${args.link}".`,
      hint: `Links: ${links.map((one) => one.id).join(', ')}`,
    });
    return EXIT.usage;
  }
  const name = `link.${link.id}.apiKey`;
  const secret = openSecrets(dataDir, { env: world.env, now: () => world.now() }).get(name);
  const key = secret.ok ? (secret.value ?? '').trim() : '';
  if (!/^[\u0021-\u007E]+$/.test(key)) {
    out.failure({
      code: 'no-key',
      message: `The key of ${link.id} is not set, or cannot be sent.`,
      hint: `Set it: erp-ferry secret set ${name}`,
    });
    return EXIT.usage;
  }
  if (args.list && !link.pull.enabled) {
    out.failure({
      code: 'not-now',
      message: `${link.id} does not pull.`,
      hint: 'Switch pulling on, or leave out --list.',
    });
    return EXIT.usage;
  }
  const { user, path } = args;
  const wanted = { cloud: link.cloud, key, user, path, id: `probe-${randomUUID()}` };
  const asked = await probeCloud(createNodeHttpTransport(systemRuntime()), wanted, world.ending);
  const seen = args.list ? await probePull(context, { link: link.id, key }) : undefined;
  if (typeof seen === 'number') return seen;
  const report = {
    points:
      seen === undefined
        ? asked.points
        : [...asked.points.filter(({ point }) => point !== 'list' && point !== 'report'), ...seen.points],
    answers: [...asked.answers, ...(seen?.answers ?? [])],
  };
  const folder = join(dataDir, 'probe');
  mkdirSync(folder, { recursive: true });
  const at = new Date(world.now()).toISOString();
  const file = join(folder, `${link.id}-${at.replaceAll(/[:.]/g, '-')}.json`);
  writeFileSync(file, `${JSON.stringify({ link: link.id, at, ...report }, undefined, 2)}\n`, { mode: 0o600 });
  out.document({ link: link.id, points: report.points, file });
  out.table(
    ['Point', 'State', 'What is known'],
    report.points.map(({ point, state, value }) => [POINTS[point], state, value]),
  );
  const taken = seen === undefined ? 'No packet was taken.' : 'What was listed was pulled as always.';
  out.line(`${taken} The answers, without secrets, are in ${file}.`);
  return report.answers.every(({ status }) => status === undefined) ? EXIT.unreachable : EXIT.fine;
}
