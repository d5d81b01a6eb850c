import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { UserFinding } from '../../queue/mobile-users.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { ErpUser } from '../erp.ts';
import type { LinkParts } from '../link-parts.ts';
import type { PushUsers } from './push-users.ts';
import type { BuildCounts } from './snapshot-build.ts';

/** What one cycle found of each user; written down at its end, together. */
export class UserFindings {
  readonly #parts: Pick<LinkParts, 'store' | 'link' | 'runtime' | 'endpoints'>;
  readonly #found = new Map<string, UserFinding['found']>();

  /** Whoever is not reached stays `open`. */
  constructor(
    parts: Pick<LinkParts, 'store' | 'link' | 'runtime' | 'endpoints'>,
    { chosen, none }: Pick<PushUsers, 'chosen' | 'none'>,
  ) {
    this.#parts = parts;
    for (const { user, why } of none) this.#found.set(user.name, why);
    for (const user of chosen) this.#found.set(user.name, 'open');
  }

  /** One user's turn, read from what it counted. */
  note(user: ErpUser, before: BuildCounts, after: BuildCounts, failure: SyncFailure | undefined): void {
    if (after.built > before.built) this.#found.set(user.name, 'built');
    else if (after.unchanged > before.unchanged) this.#found.set(user.name, 'unchanged');
    else if (after.held > before.held) this.#found.set(user.name, { kind: 'own-packets' });
    else if (after.refused > before.refused && failure?.kind === 'rejected')
      this.#found.set(user.name, { kind: 'refused', failure });
  }

  /** `some`: whoever else is named. Not being able to costs nothing but the list that people see. */
  save(some: boolean): void {
    const { store, link, runtime, endpoints } = this.#parts;
    const findings = [...this.#found].map(([user, found]) => ({ user, found }));
    try {
      if (!some) store.noteUsers(link, findings, runtime.wall());
      else for (const finding of findings) store.noteUser(link, finding, runtime.wall());
    } catch (error) {
      endpoints.diskFailed(storeFailure(error));
    }
  }
}
