import type { LightState } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import type { MenuItem, Shell, ShellTray } from '../shell.ts';
import { trayMenu, type TrayAction, type TrayItem } from './menu.ts';
import { trayTooltip } from './tooltip.ts';
import { trayIcon, type TrayView } from './view.ts';

export interface PresenterParts {
  readonly shell: Pick<Shell, 'createTray'>;
  readonly icons: string;
  readonly platform: string;
  readonly onAction: (action: TrayAction) => void;
  readonly log: (message: string) => void;
}

/** Puts what changed on the tray and leaves the rest alone: an open menu must not be replaced under the hand. */
export class TrayPresenter {
  readonly #parts: PresenterParts;
  #tray: ShellTray | undefined;
  #state: LightState | undefined;
  #look = '';
  #menu = '';

  constructor(parts: PresenterParts) {
    this.#parts = parts;
  }

  show(view: TrayView, speaker: Speaker): void {
    const state = trayIcon(view);
    const look = { icon: this.#icon(state), tooltip: trayTooltip(view, speaker) };
    const menu = trayMenu(view, speaker);
    this.#tray ??= this.#parts.shell.createTray({
      icon: look.icon,
      onOpen: () => this.#parts.onAction({ kind: 'open' }),
    });
    if (state !== this.#state) {
      this.#state = state;
      this.#parts.log(`tray: ${state}`);
    }
    if (changed(this.#look, look)) {
      this.#look = JSON.stringify(look);
      this.#tray.show(look);
    }
    if (changed(this.#menu, menu)) {
      this.#menu = JSON.stringify(menu);
      this.#tray.setMenu(menu.map((item) => this.#item(item)));
    }
  }

  remove(): void {
    this.#tray?.remove();
    this.#tray = undefined;
  }

  /** Windows takes the size it needs out of one file; elsewhere a picture of a usual size. */
  #icon(state: LightState): string {
    const { icons, platform } = this.#parts;
    return platform === 'win32' ? `${icons}/tray-${state}.ico` : `${icons}/tray-${state}-24.png`;
  }

  #item(item: TrayItem): MenuItem {
    switch (item.kind) {
      case 'separator':
      case 'line':
        return item;
      case 'action':
        return {
          kind: 'action',
          label: item.label,
          enabled: item.enabled,
          onClick: () => this.#parts.onAction(item.action),
        };
      case 'submenu':
        return { ...item, items: item.items.map((inner) => this.#item(inner)) };
      default:
        return item satisfies never;
    }
  }
}

const changed = (before: string, now: unknown): boolean => before !== JSON.stringify(now);
