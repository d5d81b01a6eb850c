import { app, BrowserWindow, ipcMain, protocol, session, type IpcMainInvokeEvent } from 'electron';
import type { PageGuard, Sender, Shell } from '../shell.ts';
import { PAGE_SCHEME } from '../window/page-address.ts';

/** Before Electron is ready: pages of the scheme are like pages of a web site, and secure. */
export const registerScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme: PAGE_SCHEME, privileges: { standard: true, secure: true } },
  ]);

export const servePage: Shell['servePage'] = (answer) =>
  protocol.handle(PAGE_SCHEME, (request) => {
    const { status, headers, body } = answer({ method: request.method, url: request.url });
    return new Response(Buffer.from(body), { status, headers });
  });

const senderOf = ({ sender, senderFrame }: IpcMainInvokeEvent): Sender => ({
  window: BrowserWindow.fromWebContents(sender)?.id,
  mainFrame: senderFrame !== null && senderFrame === sender.mainFrame,
  url: senderFrame?.url ?? '',
});

export const handleIpc: Shell['handle'] = (channel, listener) =>
  ipcMain.handle(channel, (event, ...args: unknown[]) => listener(senderOf(event), args));

/** For every page there is or will be, whoever makes it. */
export const guardPages = (guard: PageGuard): void => {
  app.on('web-contents-created', (_created, contents) => {
    contents.on('will-navigate', (event) => {
      if (!guard.navigation(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!guard.navigation(event.url)) event.preventDefault();
    });
    contents.on('will-redirect', (event) => {
      if (!guard.navigation(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
    contents.setWindowOpenHandler(({ url }) => ({ action: guard.newWindow(url) ? 'allow' : 'deny' }));
  });
  const ours = session.defaultSession;
  ours.setPermissionRequestHandler((_contents, permission, decide) => decide(guard.permission(permission)));
  ours.setPermissionCheckHandler((_contents, permission) => guard.permission(permission));
  ours.setDevicePermissionHandler(() => guard.permission('device'));
  ours.on('will-download', (event, item) => {
    if (!guard.download(item.getURL())) event.preventDefault();
  });
};
