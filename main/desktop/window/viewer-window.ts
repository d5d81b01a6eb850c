import { CHANNELS, type ViewerEvent } from '../../../shared/contract/bridge.ts';
import type { Place } from '../../../shared/contract/place.ts';
import type { SavedState } from '../saved-state.ts';
import type { Shell, ShellWindow } from '../shell.ts';
import { PAGE_ADDRESS } from './page-address.ts';
import { LEAST_SIZE, windowPlace } from './window-place.ts';

export interface ViewerWindowParts {
  readonly shell: Pick<Shell, 'createWindow' | 'workAreas'>;
  readonly title: string;
  readonly icon: string;
  readonly preload: string;
  readonly devTools: boolean;
  readonly saved: () => SavedState['window'];
  readonly save: (window: NonNullable<SavedState['window']>) => void;
  /** What a page that has just been loaded is told, in this order. */
  readonly news: () => readonly ViewerEvent[];
  readonly log: (message: string) => void;
}

/** The one window: made when it is asked for, gone when it is closed. The agent does not notice. */
export class ViewerWindow {
  readonly #parts: ViewerWindowParts;
  #window: ShellWindow | undefined;
  /** The page listens: what is told before is lost. */
  #ready = false;
  #place: Place | undefined;

  constructor(parts: ViewerWindowParts) {
    this.#parts = parts;
  }

  get current(): ShellWindow | undefined {
    return this.#window;
  }

  isOurs(id: number): boolean {
    return this.#window?.id === id;
  }

  get isOpen(): boolean {
    return this.#window !== undefined;
  }

  /** Shows the window, at a place if one is named. */
  open(place?: Place): void {
    if (place !== undefined) this.#place = place;
    if (this.#window === undefined) this.#create();
    this.#window?.focus();
    if (this.#ready) this.#sendPlace();
  }

  /** The page has loaded its preload and listens from now on. */
  ready(id: number): void {
    if (!this.isOurs(id)) return;
    this.#ready = true;
    for (const event of this.#parts.news()) this.#window?.send(CHANNELS.event, event);
    this.#sendPlace();
  }

  tell(event: ViewerEvent): void {
    if (this.#ready) this.#window?.send(CHANNELS.event, event);
  }

  close(): void {
    const window = this.#window;
    if (window === undefined) return;
    this.#parts.save(window.bounds());
    window.close();
  }

  #sendPlace(): void {
    const place = this.#place;
    this.#place = undefined;
    if (place !== undefined) this.#window?.send(CHANNELS.place, place);
  }

  #create(): void {
    const { shell, saved, save, log, title, icon, preload, devTools } = this.#parts;
    const { size, at, maximized } = windowPlace(saved(), shell.workAreas());
    const made = shell.createWindow({
      title,
      icon,
      preload,
      devTools,
      size,
      at,
      maximized,
      least: LEAST_SIZE,
    });
    this.#window = made;
    this.#ready = false;
    made.onClosing(() => save(made.bounds()));
    made.onClosed(() => {
      if (this.#window !== made) return;
      this.#window = undefined;
      this.#ready = false;
      this.#place = undefined;
    });
    made.onPageGone((reason) => {
      // An empty window says nothing true: it goes, and the next click makes a new one.
      log(`the window's page ended: ${reason}`);
      made.close();
    });
    made.load(PAGE_ADDRESS);
  }
}
