// Electron as far as the built program asks for it, under plain Node: it says each thing that was done, one JSON line each, on
// standard output. Processes it forks are real.
const { fork } = require('node:child_process');
const { EventEmitter } = require('node:events');

const did = (what, ...with_) => process.stdout.write(`${JSON.stringify([what, ...with_])}\n`);

class Tray extends EventEmitter {
  constructor(icon) {
    super();
    did('tray', icon);
  }
  setImage() {}
  setToolTip(text) {
    did('tooltip', text);
  }
  setContextMenu(items) {
    did('menu', items.length);
  }
  destroy() {
    did('tray gone');
  }
}

class WebContents extends EventEmitter {
  send() {}
  setWindowOpenHandler() {}
}

class BrowserWindow extends EventEmitter {
  constructor(options) {
    super();
    this.id = 1;
    this.webContents = new WebContents();
    did('window', options.webPreferences);
    app.emit('web-contents-created', {}, this.webContents);
  }
  async loadURL(url) {
    did('load', url);
    const answer = await serve(new Request(url));
    did('page', answer.status, answer.headers.get('content-security-policy'), (await answer.text()).length);
  }
  removeMenu() {}
  show() {}
  focus() {}
  isMinimized() {
    return false;
  }
  isMaximized() {
    return false;
  }
  getNormalBounds() {
    return { x: 0, y: 0, width: 900, height: 600 };
  }
  destroy() {
    this.emit('closed');
  }
}

let serve;
const app = Object.assign(new EventEmitter(), {
  getPath: () => process.env.STAND_IN_PROFILE,
  setPath: () => undefined,
  setAppUserModelId: (id) => did('id', id),
  requestSingleInstanceLock: () => true,
  whenReady: async () => undefined,
  getLocale: () => 'en-GB',
  exit: (code) => {
    did('exit', code);
    process.exit(code);
  },
});

exports.app = app;
exports.Tray = Tray;
exports.BrowserWindow = BrowserWindow;
exports.Menu = { buildFromTemplate: (items) => items };
exports.Notification = class {
  static isSupported() {
    return false;
  }
};
exports.dialog = {};
exports.powerMonitor = new EventEmitter();
exports.screen = { getAllDisplays: () => [{ workArea: { x: 0, y: 0, width: 1280, height: 720 } }] };
exports.ipcMain = { handle: (channel) => did('channel', channel), on: (channel) => did('channel', channel) };
exports.protocol = {
  registerSchemesAsPrivileged: (schemes) => did('schemes', schemes),
  handle: (_scheme, handler) => {
    serve = handler;
  },
};
exports.session = {
  defaultSession: Object.assign(new EventEmitter(), {
    setPermissionRequestHandler: () => did('guard'),
    setPermissionCheckHandler: () => did('guard'),
    setDevicePermissionHandler: () => did('guard'),
  }),
};
exports.utilityProcess = {
  fork: (script, args, options) => {
    did('fork', script, args);
    return fork(script, args, { ...options, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
  },
};
