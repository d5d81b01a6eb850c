import type { ResultOf, Args } from '../../../shared/contract/contract.ts';
import { answer, refuse, type Reply } from '../../../shared/contract/reply.ts';
import type { ConfigProblem } from '../../../shared/contract/settings-requests.ts';
import { durablySync } from '../../core/runtime/runtime.ts';
import { testHops } from './hop-test.ts';
import type { DeskParts } from './ports.ts';
import { changedSections, withoutSecrets } from './raw-settings.ts';
import { secretEntries, secretEntry } from './secret-entries.ts';

/**
 * The settings of a site as people change them: reading, checking, applying, secrets, tests. Lives as long as the
 * process, over all that is taken over meanwhile. Never gives a secret away.
 */
export class SettingsDesk {
  readonly #parts: DeskParts;
  #applying = false;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  problems(): readonly ConfigProblem[] {
    return this.#parts.file.problems();
  }

  read(): ResultOf<'settingsRead'> {
    const { file, secrets, host } = this.#parts;
    const { revision, data } = file.look();
    const running = host.running();
    const problems = file.problems();
    const other = running !== undefined && problems.length === 0 && changedSections(running, data).length > 0;
    const shown = running ?? data;
    return {
      settings: shown === undefined ? null : withoutSecrets(shown),
      revision,
      secrets: [...secretEntries(shown, secrets)],
      mappings: [...file.mappings()],
      onDisk: [...problems, ...(other ? [EDITED] : [])],
    };
  }

  check(settings: unknown): readonly ConfigProblem[] {
    return this.#parts.file.check(settings);
  }

  /** One at a time. When it answers, the new settings run, or the old ones still or again do. */
  async apply({ settings, revision }: Args<'settingsApply'>): Promise<Reply<ResultOf<'settingsApply'>>> {
    const { host } = this.#parts;
    const busy = this.#applying ? 'Other settings are being taken over.' : host.busy();
    if (busy !== undefined) return refuse('not-now', busy, 'Ask again in a moment.');
    this.#applying = true;
    try {
      return await this.#apply(settings, revision);
    } finally {
      this.#applying = false;
    }
  }

  async #apply(settings: unknown, revision: string): Promise<Reply<ResultOf<'settingsApply'>>> {
    const { file, host, log, runtime } = this.#parts;
    const unapplied = (problems: readonly ConfigProblem[]): Reply<ResultOf<'settingsApply'>> => {
      log.warn('settings not applied', {
        places: problems.map((one) => `${one.file} ${one.path}`.trim()),
      });
      return answer({ applied: false, revision: file.look().revision, problems: [...problems] });
    };

    const wrong = file.check(settings);
    if (wrong.length > 0) return unapplied(wrong);
    const obstacles = await host.obstacles(settings);
    if (obstacles.length > 0) return unapplied(obstacles);

    // Looked at last: nothing is awaited between this look and the writing.
    const before = file.look();
    if (before.revision !== revision)
      return refuse(
        'not-now',
        'site.json was changed after these settings were read.',
        'Read the settings again, then change and apply them.',
      );
    const sections = changedSections(host.running() ?? before.data, settings);
    let written: string;
    try {
      written = durablySync(runtime, 'settings.write', () => file.replace(settings));
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code === undefined) throw error;
      return unapplied([
        {
          file: 'site.json',
          path: '',
          reason: `the file cannot be written (${code})`,
          hint: 'look at the data folder, its rights and its disk',
        },
      ]);
    }
    const taken = await host.takeOver(() => file.putBack(before.bytes));
    switch (taken.kind) {
      case 'taken-over':
        log.info('settings applied', { sections });
        return answer({ applied: true, revision: written, problems: [] });
      case 'failed':
        return unapplied(taken.problems);
      case 'ending':
        return refuse('unavailable', 'The program ends. The new settings count from its next start.');
    }
  }

  async setSecret({ name, value }: Args<'secretSet'>): Promise<Reply<ResultOf<'secretSet'>>> {
    const { secrets, host, log } = this.#parts;
    if (!secrets.isKnown(name))
      return refuse(
        'bad-arguments',
        'This is no name of a secret.',
        'Names: erp.<id>.password, link.<id>.apiKey, alerts.mail.password, alerts.webhook.url',
      );
    if (/[\r\n\0]/.test(value)) return refuse('bad-arguments', 'A secret is one line of text.');
    // First of all: whatever fails from here on may speak of it.
    host.learn(value);
    try {
      secrets.set(name, value);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      log.warn('a secret could not be stored', { secret: name, code });
      return refuse(
        'unavailable',
        `The secret could not be stored (${code}).`,
        'Look at the data folder, its rights and its disk.',
      );
    }
    log.info('secret set', { name });
    await host.secretChanged(name);
    return answer({ secret: secretEntry(name, secrets) });
  }

  test(args: Args<'hopTest'>): Promise<Reply<ResultOf<'hopTest'>>> {
    return testHops(this.#parts, args);
  }
}

const EDITED: ConfigProblem = {
  file: 'site.json',
  path: '',
  reason: 'the file was changed and is not the one that runs',
  hint: 'restart the agent to use it, or apply settings here to replace it',
};
