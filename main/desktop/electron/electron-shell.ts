import {
  app,
  dialog,
  Menu,
  Notification,
  powerMonitor,
  screen,
  Tray,
  type MenuItemConstructorOptions,
} from 'electron';
import type { MenuItem, Shell } from '../shell.ts';
import { forkAgent } from './agent-process.ts';
import { guardPages, handleIpc, servePage } from './pages.ts';
import { openWindow } from './window.ts';

const template = (items: readonly MenuItem[]): MenuItemConstructorOptions[] =>
  items.map((item) => {
    switch (item.kind) {
      case 'separator':
        return { type: 'separator' };
      case 'line':
        return { label: item.label, enabled: false };
      case 'action':
        return { label: item.label, enabled: item.enabled, click: item.onClick };
      case 'submenu':
        return { label: item.label, enabled: item.enabled, submenu: template(item.items) };
      default:
        return item satisfies never;
    }
  });

/** A toast that nobody holds is collected, and its click is lost. */
const shownToasts = new Set<Notification>();

/** `Shell` on Electron. Nothing is decided here. */
export const electronShell: Shell = {
  claimInstance: () => app.requestSingleInstanceLock(),
  onSecondStart: (listener) => void app.on('second-instance', (_event, args) => listener(args)),
  onEndAsked: (listener) => {
    app.on('before-quit', (event) => {
      event.preventDefault();
      listener();
    });
    // Closing the window is not the end of the program.
    app.on('window-all-closed', () => undefined);
  },
  exit: (code) => app.exit(code),
  locale: () => app.getLocale(),

  createTray: ({ icon, onOpen }) => {
    const tray = new Tray(icon);
    tray.on('click', onOpen);
    return {
      show: (look) => {
        tray.setImage(look.icon);
        tray.setToolTip(look.tooltip);
      },
      setMenu: (items) => tray.setContextMenu(Menu.buildFromTemplate(template(items))),
      remove: () => tray.destroy(),
    };
  },
  createWindow: openWindow,
  workAreas: () => screen.getAllDisplays().map((display) => display.workArea),
  showToast: ({ title, body, urgent, onClick }) => {
    if (!Notification.isSupported()) return false;
    const toast = new Notification({ title, body, urgency: urgent ? 'critical' : 'normal' });
    shownToasts.add(toast);
    toast.on('click', onClick);
    toast.on('close', () => shownToasts.delete(toast));
    toast.show();
    return true;
  },
  ask: async ({ title, message, detail, yes, no }) => {
    const { response } = await dialog.showMessageBox({
      type: 'question',
      title,
      message,
      detail,
      buttons: [yes, no],
      defaultId: 1,
      cancelId: 1,
      noLink: true,
    });
    return response === 0;
  },

  handle: handleIpc,
  servePage,
  guardPages,

  // The installer's entry is the computer's, the one set here the user's: one of them is enough.
  startsAtLogon: (args) => {
    const { openAtLogin, launchItems } = app.getLoginItemSettings({ args: [...args] });
    return openAtLogin || launchItems.some(({ scope, enabled }) => scope === 'machine' && enabled);
  },
  setStartAtLogon: (openAtLogin, args) => app.setLoginItemSettings({ openAtLogin, args: [...args] }),
  onPower: (listener) => {
    powerMonitor.on('suspend', () => listener('suspend'));
    powerMonitor.on('resume', () => listener('resume'));
  },

  startAgent: forkAgent,
};
