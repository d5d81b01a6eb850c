import type { ViewerEvent } from '../../shared/contract/bridge.ts';
import type { Place } from '../../shared/contract/place.ts';
import type { SiteEvent } from '../../shared/contract/status.ts';
import { Speaker } from '../../shared/i18n/say.ts';
import type { Result } from '../../shared/model/result.ts';
import type { NoConnection, PipeClient } from '../console/pipe-client.ts';
import { loadStaticFiles } from '../console/static-files.ts';
import { AgentKeeper, type KeeperClock } from './agent/keeper.ts';
import type { Told } from './agent/keeper-state.ts';
import { Autostart } from './autostart.ts';
import { answerWindow } from './ipc.ts';
import { loadSavedState, saveState, type SavedState } from './saved-state.ts';
import type { Shell } from './shell.ts';
import { readStartOptions, type StartOptions } from './start-options.ts';
import { toastsToShow } from './toasts.ts';
import type { TrayAction } from './tray/menu.ts';
import { pauseMs } from './tray/pause-length.ts';
import { TrayPresenter } from './tray/presenter.ts';
import { pageFiles } from './window/page-files.ts';
import { pageGuard } from './window/page-guard.ts';
import { ViewerWindow } from './window/viewer-window.ts';

/** Where the program's own parts are. */
export interface DesktopFiles {
  readonly page: string;
  readonly preload: string;
  readonly icons: string;
  readonly agent: string;
  readonly packed: boolean;
}

export interface DesktopParts {
  readonly shell: Shell;
  readonly files: DesktopFiles;
  readonly options: StartOptions;
  readonly dataDir: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** File of what is kept for this user. */
  readonly stateFile: string;
  readonly platform: string;
  /** The computer's zone, while the site's is not known. */
  readonly timeZone: string;
  /** Milliseconds since 1970 UTC. */
  readonly wall: () => number;
  readonly clock: KeeperClock;
  readonly connect: () => Promise<Result<PipeClient, NoConnection>>;
  readonly log: (message: string) => void;
}

/** The program of the tray: a viewer of one data folder that also sees to it that an agent runs there. */
export class DesktopProgram {
  readonly #parts: DesktopParts;
  readonly #keeper: AgentKeeper;
  readonly #window: ViewerWindow;
  readonly #tray: TrayPresenter;
  readonly #autostart: Autostart;
  #saved: SavedState;
  #status: SiteEvent | undefined;
  /** Monotonic time at which the status was heard: this computer's wall clock may differ from the site's. */
  #heardAt = 0;
  #told: Told = { state: 'starting' };
  #ending = false;
  #asking = false;

  constructor(parts: DesktopParts) {
    const { shell, files } = parts;
    this.#parts = parts;
    this.#saved = loadSavedState(parts.stateFile);
    this.#autostart = new Autostart(shell, parts.options.dataDir, files.packed);
    this.#keeper = new AgentKeeper({
      shell,
      clock: parts.clock,
      connect: parts.connect,
      log: parts.log,
      agent: {
        script: files.agent,
        args: ['--data-dir', parts.dataDir, 'run', '--set-up'],
        env: parts.env,
      },
      onStatus: (event) => this.#heard(event),
      onTold: (told) => this.#changed(told),
      onLeave: () => this.#leave(),
    });
    this.#window = new ViewerWindow({
      shell,
      title: 'ERP Ferry',
      icon: `${files.icons}/erp-ferry.${parts.platform === 'win32' ? 'ico' : 'png'}`,
      preload: files.preload,
      devTools: !files.packed,
      saved: () => this.#saved.window,
      save: (window) => this.#save({ ...this.#saved, window }),
      news: () => this.#news(),
      log: parts.log,
    });
    this.#tray = new TrayPresenter({
      shell,
      icons: files.icons,
      platform: parts.platform,
      onAction: (action) => void this.#act(action),
      log: parts.log,
    });
  }

  /** Call once, when Electron is ready and this start holds the instance. */
  begin(): void {
    const { shell, files, options } = this.#parts;
    shell.guardPages(pageGuard);
    shell.servePage(pageFiles(loadStaticFiles(files.page)));
    answerWindow({
      shell,
      client: () => this.#keeper.client,
      isOurWindow: (id) => this.#window.isOurs(id),
      onReady: (id) => this.#window.ready(id),
    });
    shell.onSecondStart((args) => {
      const second = readStartOptions(args);
      if (!second.hidden) this.open(second.place);
    });
    shell.onPower((event) => {
      if (event === 'resume') this.#keeper.resumed();
    });
    shell.onEndAsked(() => this.quit());
    this.#present();
    this.#keeper.begin();
    if (!options.hidden) this.open(options.place);
  }

  open(place?: Place): void {
    if (!this.#ending) this.#window.open(place);
  }

  /** Ends without asking: the session ends, or somebody answered yes. The window stays until the agent has ended. */
  quit(): void {
    if (this.#ending) return;
    this.#ending = true;
    this.#parts.log('ending');
    this.#keeper.quit();
  }

  #leave(): void {
    this.#window.close();
    this.#tray.remove();
    this.#parts.shell.exit(0);
  }

  #heard(event: SiteEvent): void {
    const first = this.#status === undefined;
    this.#status = event;
    this.#heardAt = this.#parts.clock.now();
    const { startAtLogon } = event.status.site;
    this.#autostart.follow(startAtLogon);
    // The installer's entry starts it for everybody who signs in; only the site's settings say that nobody wants it.
    if (
      first &&
      !startAtLogon &&
      this.#parts.options.hidden &&
      this.#parts.files.packed &&
      !this.#window.isOpen
    )
      return this.quit();
    this.#window.tell(event);
    this.#present();
    this.#toast(event);
  }

  #changed(told: Told): void {
    this.#told = told;
    this.#window.tell(this.#connection());
    this.#present();
  }

  #connection(): ViewerEvent {
    const { state, reason } = this.#told;
    return { kind: 'connection', state, reason: reason === undefined ? undefined : this.#words(reason) };
  }

  #words(reason: NonNullable<Told['reason']>): string {
    const speaker = this.#speaker();
    if (reason.kind !== 'ended') return speaker.text(`tray.lost.${reason.kind}`);
    const line = this.#keeper.lastLine;
    return line === undefined
      ? speaker.text('tray.lost.ended', { code: reason.code })
      : speaker.text('tray.lost.endedWith', { line });
  }

  #news(): readonly ViewerEvent[] {
    return [...(this.#status === undefined ? [] : [this.#status]), this.#connection()];
  }

  #speaker(): Speaker {
    const status = this.#status?.status;
    const { shell, clock, wall, timeZone } = this.#parts;
    return new Speaker({
      now: status === undefined ? wall() : status.at + (clock.now() - this.#heardAt),
      timeZone: status?.site.timeZone ?? timeZone,
      locale: shell.locale(),
    });
  }

  #present(): void {
    this.#tray.show(
      {
        status: this.#status?.status,
        connection: this.#told.state,
        ownsAgent: this.#keeper.ownsAgent,
      },
      this.#speaker(),
    );
  }

  #toast({ status }: SiteEvent): void {
    const { show, seen } = toastsToShow(this.#saved.toasts, status.alerts);
    if (show.length === 0) return;
    this.#save({ ...this.#saved, toasts: [...seen] });
    const speaker = this.#speaker();
    for (const alert of show)
      this.#parts.shell.showToast({
        title: speaker.say(alert.title),
        body: speaker.say(alert.body),
        urgent: alert.severity === 'critical',
        onClick: () => this.open(alert.place),
      });
  }

  async #act(action: TrayAction): Promise<void> {
    switch (action.kind) {
      case 'open':
        return this.open(action.place);
      case 'quit':
        return this.#askToQuit();
      case 'sync':
        return this.#ask((client) =>
          client.call('sync', action.link === undefined ? {} : { links: [action.link] }),
        );
      case 'pause':
        return this.#ask((client) =>
          client.call('pause', {
            forMs: pauseMs(action.length, this.#speaker().view),
            reason: this.#speaker().text('tray.pause.note'),
          }),
        );
      case 'resume':
        return this.#ask((client) => client.call('resume', {}));
      default:
        return action satisfies never;
    }
  }

  /** What came of it is in the next status; a refusal is said, because nothing else would show it. */
  async #ask(
    what: (client: PipeClient) => Promise<{ ok: boolean; error?: { message: string } | undefined }>,
  ): Promise<void> {
    const client = this.#keeper.client;
    const reply = client === undefined ? undefined : await what(client);
    if (reply?.ok === true) return;
    const speaker = this.#speaker();
    this.#parts.shell.showToast({
      title: speaker.text('tray.refused'),
      body: reply?.error?.message ?? speaker.text('tray.unknown'),
      urgent: false,
      onClick: () => this.open(),
    });
  }

  async #askToQuit(): Promise<void> {
    if (this.#asking || this.#ending) return;
    this.#asking = true;
    const speaker = this.#speaker();
    const yes = await this.#parts.shell
      .ask({
        title: speaker.text('tray.ask.title'),
        message: speaker.text('tray.ask.message'),
        detail: speaker.text(this.#keeper.ownsAgent ? 'tray.ask.detail' : 'tray.ask.detailOther'),
        yes: speaker.text('tray.ask.yes'),
        no: speaker.text('tray.ask.no'),
      })
      .finally(() => {
        this.#asking = false;
      });
    if (yes) this.quit();
  }

  #save(state: SavedState): void {
    this.#saved = state;
    saveState(this.#parts.stateFile, state);
  }
}
