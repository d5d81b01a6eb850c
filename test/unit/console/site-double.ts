import { CONTRACT_VERSION, type Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import type { SiteEvent, SiteEvents, SiteStatus } from '../../../shared/contract/status.ts';

export const NOW = Date.UTC(2026, 10, 20, 9, 30);

export const emptyStatus = (): SiteStatus => ({
  site: { name: 'Acme HQ', timeZone: 'Europe/Sofia', language: 'en', startAtLogon: true },
  agent: { state: 'running', startedAt: NOW - 60_000, version: '0.1.0' },
  at: NOW,
  light: 'fine',
  notices: [],
  alerts: [],
  links: [],
});

/** A site whose calls are written down, and whose events the test emits. */
export class SiteDouble {
  readonly calls: { readonly name: string; readonly args: unknown }[] = [];
  readonly #listeners = new Set<(event: SiteEvent) => void>();
  #waiters: { readonly count: number; readonly resolve: () => void }[] = [];
  #sequence = 0;

  get listening(): number {
    return this.#listeners.size;
  }

  readonly events: SiteEvents = {
    subscribe: (listener) => {
      this.#listeners.add(listener);
      this.#tell();
      return () => {
        this.#listeners.delete(listener);
        this.#tell();
      };
    },
  };

  /** Resolves when this many viewers listen. */
  async untilListening(count: number): Promise<void> {
    if (this.listening === count) return;
    await new Promise<void>((resolve) => this.#waiters.push({ count, resolve }));
  }

  emit(status: Partial<SiteStatus> = {}): SiteEvent {
    this.#sequence += 1;
    const event: SiteEvent = {
      kind: 'status',
      sequence: this.#sequence,
      status: { ...emptyStatus(), ...status },
    };
    for (const listener of this.#listeners) listener(event);
    return event;
  }

  #tell(): void {
    this.#waiters = this.#waiters.filter(({ count, resolve }) => {
      if (count !== this.listening) return true;
      resolve();
      return false;
    });
  }

  handlers(overrides: Partial<Handlers> = {}): Handlers {
    const base: Handlers = {
      hello: async () =>
        answer({
          contractVersion: CONTRACT_VERSION,
          program: 'erp-ferry',
          version: '0.1.0',
          site: 'Acme HQ',
          startedAt: NOW,
        }),
      status: async () => answer(emptyStatus()),
      reconcile: async () => answer({ compared: 0, missing: [], gone: [], replayed: false }),
      sync: async () =>
        answer({ flows: [{ link: 'field-sales', flow: 'pull', outcome: 'started', run: 7 }] }),
      queueList: async () => answer({ items: [], total: 0 }),
      queueShow: async () => refuse('not-found', 'no such item'),
      queueRetry: async () => refuse('not-found', 'no such item'),
      queuePark: async () => refuse('not-found', 'no such item'),
      runsList: async () => answer({ runs: [] }),
      pause: async () => answer({ paused: [] }),
      resume: async () => answer({ resumed: [] }),
      queueBody: async () => refuse('not-found', 'no such item'),
      queueDiscard: async () => refuse('not-found', 'no such item'),
      queueEdit: async () => refuse('not-found', 'no such item'),
      queueApply: async () => refuse('not-found', 'no such link'),
      usersList: async () => answer({ users: [], total: 0 }),
      userShow: async () => refuse('not-found', 'no such user'),
      userPush: async () => refuse('not-found', 'no such user'),
      preview: async () => refuse('not-found', 'no such user'),
      previewBody: async () => refuse('not-found', 'no such preview'),
      history: async () => answer({ from: NOW, stepMs: 60_000, points: [], today: [] }),
      alertsList: async () => answer({ alerts: [] }),
      alertAcknowledge: async () => refuse('not-found', 'no such notification'),
      settingsRead: async () => answer({ settings: {}, revision: '', secrets: [], mappings: [], onDisk: [] }),
      settingsCheck: async () => answer({ problems: [] }),
      settingsApply: async () => answer({ applied: true, revision: '', problems: [] }),
      secretSet: async ({ name }) => answer({ secret: { name, source: 'stored' as const } }),
      hopTest: async () => answer({ ok: true, hops: [], problems: [] }),
      logsTail: async () => answer({ entries: [] }),
      configCheck: async () => answer({ problems: [] }),
      shutdown: async () => answer({ stopping: true }),
      ...overrides,
    };
    const noted = Object.entries(base).map(([name, handler]) => [
      name,
      (args: never) => {
        this.calls.push({ name, args });
        return handler(args);
      },
    ]);
    return Object.fromEntries(noted) as Handlers;
  }
}
