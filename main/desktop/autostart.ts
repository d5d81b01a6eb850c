import type { Shell } from './shell.ts';
import { LOGON_ARGS } from './start-options.ts';

/** Keeps "start with Windows" as the site's settings say. Set only when it differs: somebody may look at the system's list. */
export class Autostart {
  readonly #shell: Pick<Shell, 'startsAtLogon' | 'setStartAtLogon'>;
  readonly #args: readonly string[];
  readonly #packed: boolean;
  #followed: boolean | undefined;

  /** `dataDir`: the one this program was started with, if it is not the usual one. */
  constructor(
    shell: Pick<Shell, 'startsAtLogon' | 'setStartAtLogon'>,
    dataDir: string | undefined,
    packed: boolean,
  ) {
    this.#shell = shell;
    this.#args = dataDir === undefined ? LOGON_ARGS : [...LOGON_ARGS, '--data-dir', dataDir];
    this.#packed = packed;
  }

  follow(wanted: boolean): void {
    // A checkout would write itself into the system's list of programs.
    if (!this.#packed || wanted === this.#followed) return;
    this.#followed = wanted;
    if (this.#shell.startsAtLogon(this.#args) !== wanted) this.#shell.setStartAtLogon(wanted, this.#args);
  }
}
