import { BrowserWindow } from 'electron';
import type { Shell } from '../shell.ts';
import { SAFE_PREFERENCES } from '../window/web-preferences.ts';

export const openWindow: Shell['createWindow'] = (options) => {
  const window = new BrowserWindow({
    title: options.title,
    icon: options.icon,
    ...options.size,
    ...options.at,
    minWidth: options.least.width,
    minHeight: options.least.height,
    autoHideMenuBar: true,
    // Shown by `focus`.
    show: false,
    webPreferences: { ...SAFE_PREFERENCES, preload: options.preload, devTools: options.devTools },
  });
  window.removeMenu();
  if (options.maximized) window.maximize();
  const { webContents } = window;
  return {
    id: window.id,
    load: (url) => void window.loadURL(url).catch(() => undefined),
    focus: () => {
      if (window.isMinimized()) window.restore();
      window.show();
      window.focus();
    },
    send: (channel, value) => webContents.send(channel, value),
    bounds: () => ({ bounds: window.getNormalBounds(), maximized: window.isMaximized() }),
    close: () => window.destroy(),
    onClosing: (listener) => void window.on('close', listener),
    onClosed: (listener) => void window.on('closed', listener),
    onPageGone: (listener) =>
      void webContents.on('render-process-gone', (_event, { reason }) => listener(reason)),
  };
};
