import { LOG_LEVELS } from '../../adapters/log/create-log.ts';
import type { Specs } from './spec.ts';
import { duration, oneOf, whole } from './words.ts';

/** The site itself. */
export const SITE: Specs = {
  run: {
    options: ['console', 'set-up'],
    words: [0, 0],
    make: (_w, v) => ({ name: 'run', console: v.console === true, setUp: v['set-up'] }),
  },
  sync: {
    options: ['once', 'flow'],
    words: [0, 100],
    make: (links, v) => ({
      name: 'sync',
      links,
      once: v.once === true,
      flow: oneOf('flow', v.flow, ['push', 'pull']),
    }),
  },
  status: { options: [], words: [0, 0], make: () => ({ name: 'status' }) },
  pause: {
    options: ['for', 'note'],
    words: [0, 1],
    make: (w, v) => ({ name: 'pause', link: w[0], forMs: duration('for', v.for), reason: v.note ?? '' }),
  },
  resume: { options: [], words: [0, 1], make: (w) => ({ name: 'resume', link: w[0] }) },
  'config check': { options: [], words: [0, 0], make: () => ({ name: 'config check' }) },
  'config apply': { options: [], words: [1, 1], make: (w) => ({ name: 'config apply', file: w[0] ?? '' }) },
  'config export': { options: [], words: [0, 0], make: () => ({ name: 'config export' }) },
  'secret set': { options: [], words: [1, 1], make: (w) => ({ name: 'secret set', secret: w[0] ?? '' }) },
  'secret list': { options: [], words: [0, 0], make: () => ({ name: 'secret list' }) },
  logs: {
    options: ['follow', 'lines', 'level', 'text'],
    words: [0, 0],
    make: (_w, v) => ({
      name: 'logs',
      follow: v.follow === true,
      lines: whole('lines', v.lines, 50, 1, 100_000),
      level: oneOf('level', v.level, LOG_LEVELS) ?? 'debug',
      text: v.text,
    }),
  },
};
