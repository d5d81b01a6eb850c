import { EventEmitter } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type * as PagesModule from '../../../main/desktop/electron/pages.ts';
import type * as ShellModule from '../../../main/desktop/electron/electron-shell.ts';
import { pageGuard } from '../../../main/desktop/window/page-guard.ts';
import type { Sender } from '../../../main/desktop/shell.ts';

/** Electron's events and handlers, as far as the adapter hangs on them. */
const electron = vi.hoisted(() => ({
  windows: [] as { readonly options: Record<string, unknown>; readonly webContents: unknown }[],
  handlers: {} as Record<string, (...args: never[]) => unknown>,
}));

vi.mock('electron', async () => {
  const { EventEmitter: Emitter } = await import('node:events');
  class WebContents extends Emitter {
    openHandler: unknown;
    mainFrame = { url: 'ferry://app/index.html' };
    setWindowOpenHandler(handler: unknown) {
      this.openHandler = handler;
    }
    send() {}
  }
  class BrowserWindow extends Emitter {
    static fromWebContents = (contents: unknown) =>
      electron.windows.find((window) => window.webContents === contents);
    readonly id = 7;
    readonly webContents = new WebContents();
    readonly options: Record<string, unknown>;
    constructor(options: Record<string, unknown>) {
      super();
      this.options = options;
      electron.windows.push(this);
      app.emit('web-contents-created', {}, this.webContents);
    }
    removeMenu() {}
    maximize() {}
    loadURL() {
      return Promise.resolve();
    }
  }
  const app = new Emitter();
  const hold = (name: string) => (handler: (...args: never[]) => unknown) => {
    electron.handlers[name] = handler;
  };
  const defaultSession = Object.assign(new Emitter(), {
    setPermissionRequestHandler: hold('request'),
    setPermissionCheckHandler: hold('check'),
    setDevicePermissionHandler: hold('device'),
  });
  return {
    app,
    BrowserWindow,
    session: { defaultSession },
    ipcMain: {
      handle: (channel: string, handler: (...args: never[]) => unknown) => {
        electron.handlers[channel] = handler;
      },
    },
    protocol: {
      registerSchemesAsPrivileged: (schemes: unknown) => {
        electron.handlers['schemes'] = () => schemes;
      },
      handle: (scheme: string, handler: (...args: never[]) => unknown) => {
        electron.handlers[scheme] = handler;
      },
    },
    utilityProcess: {},
    dialog: {},
    Menu: {},
    Notification: class {},
    powerMonitor: new Emitter(),
    screen: {},
    Tray: class {},
  };
});

let pages: typeof PagesModule;
let shell: (typeof ShellModule)['electronShell'];
let session: EventEmitter;

beforeEach(async () => {
  vi.resetModules();
  electron.windows.length = 0;
  pages = await import('../../../main/desktop/electron/pages.ts');
  ({ electronShell: shell } = await import('../../../main/desktop/electron/electron-shell.ts'));
  session = (await import('electron')).session.defaultSession as unknown as EventEmitter;
});

const options = {
  title: 'ERP Ferry',
  icon: 'icon.png',
  preload: '/dist/preload/index.cjs',
  size: { width: 1200, height: 660 },
  least: { width: 640, height: 480 },
  maximized: false,
  devTools: false,
} as const;

interface Contents extends EventEmitter {
  readonly openHandler: (details: { url: string }) => { action: string };
  readonly mainFrame: { url: string };
}
const open = (devTools = false): { readonly preferences: unknown; readonly contents: Contents } => {
  shell.createWindow({ ...options, devTools });
  const made = electron.windows.at(-1);
  return { preferences: made?.options['webPreferences'], contents: made?.webContents as Contents };
};

describe('windows: S1', () => {
  it('have exactly the safe preferences', () => {
    expect(open().preferences).toEqual({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      navigateOnDragDrop: false,
      safeDialogs: true,
      spellcheck: false,
      preload: '/dist/preload/index.cjs',
      devTools: false,
    });
  });

  it('are made in one place', () => {
    const makes = readdirSync('main', { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .filter((file) =>
        /new (BrowserWindow|BaseWindow|WebContentsView|BrowserView)\b/.test(
          readFileSync(join('main', file), 'utf8'),
        ),
      );
    expect(makes).toEqual([join('desktop', 'electron', 'window.ts')]);
  });
});

describe('attempts of a page: S4', () => {
  const attempt = (contents: Contents, event: string, url: string): boolean => {
    let prevented = false;
    contents.emit(event, { url, preventDefault: () => (prevented = true) });
    return prevented;
  };

  it('to go elsewhere are prevented in every frame, and reloading is not', () => {
    pages.guardPages(pageGuard);
    const { contents } = open();
    for (const event of ['will-navigate', 'will-frame-navigate', 'will-redirect']) {
      for (const url of ['https://example.com/', 'file:///etc/passwd', 'data:text/html,1', 'ferry://other/'])
        expect(attempt(contents, event, url), `${event} ${url}`).toBe(true);
      expect(attempt(contents, event, 'ferry://app/index.html'), event).toBe(false);
    }
  });

  it('to open a window or to attach a web view are denied', () => {
    pages.guardPages(pageGuard);
    const { contents } = open();
    for (const url of ['https://example.com/', 'ferry://app/index.html', 'about:blank'])
      expect(contents.openHandler({ url })).toEqual({ action: 'deny' });
    expect(attempt(contents, 'will-attach-webview', '')).toBe(true);
  });

  it('to use a camera, a device or anything else that needs leave are denied', () => {
    pages.guardPages(pageGuard);
    const granted: boolean[] = [];
    for (const name of ['media', 'geolocation', 'notifications', 'clipboard-read', 'openExternal']) {
      electron.handlers['request']?.(...([{}, name, (yes: boolean) => granted.push(yes)] as never[]));
      granted.push(electron.handlers['check']?.(...([{}, name] as never[])) as boolean);
    }
    granted.push(electron.handlers['device']?.() as boolean);
    expect(granted).toEqual(Array.from({ length: 11 }, () => false));
  });

  it('to download are denied but for what it made itself', () => {
    pages.guardPages(pageGuard);
    const download = (url: string): boolean => {
      let prevented = false;
      session.emit('will-download', { preventDefault: () => (prevented = true) }, { getURL: () => url });
      return prevented;
    };
    expect(download('https://example.com/setup.exe')).toBe(true);
    expect(download('blob:ferry://app/1')).toBe(false);
  });
});

describe('the adapter', () => {
  it('says of each message who sent it: S5', async () => {
    const senders: Sender[] = [];
    pages.handleIpc('ferry:call', async (sender) => void senders.push(sender));
    const { contents } = open();
    const send = (event: unknown) => electron.handlers['ferry:call']?.(...([event, 'status', {}] as never[]));
    await send({ sender: contents, senderFrame: contents.mainFrame });
    await send({ sender: contents, senderFrame: { url: 'ferry://app/frame.html' } });
    await send({ sender: contents, senderFrame: null });
    await send({ sender: {}, senderFrame: null });
    expect(senders).toEqual([
      { window: 7, mainFrame: true, url: 'ferry://app/index.html' },
      { window: 7, mainFrame: false, url: 'ferry://app/frame.html' },
      { window: 7, mainFrame: false, url: '' },
      { window: undefined, mainFrame: false, url: '' },
    ]);
  });

  it('registers the scheme as a secure one that may not fetch, and serves it: S3', async () => {
    pages.registerScheme();
    expect(electron.handlers['schemes']?.()).toEqual([
      { scheme: 'ferry', privileges: { standard: true, secure: true } },
    ]);
    pages.servePage(({ url }) => ({ status: 404, headers: { 'x-url': url }, body: new Uint8Array([33]) }));
    const answer = (await electron.handlers['ferry']?.(
      ...([new Request('http://app/..%2f')] as never[]),
    )) as Response;
    expect([answer.status, answer.headers.get('x-url'), await answer.text()]).toEqual([
      404,
      'http://app/..%2f',
      '!',
    ]);
  });
});
