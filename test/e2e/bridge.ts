import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import type { DesktopProgram } from '../../main/desktop/program.ts';
import { PAGE_HOST, PAGE_SCHEME } from '../../main/desktop/window/page-address.ts';
import type { Place } from '../../shared/contract/place.ts';
import { MemoryShell } from '../desktop/memory-shell.ts';
import { startProgram } from '../desktop/start-program.ts';

const PRELOAD = fileURLToPath(new URL('../../dist/preload/index.cjs', import.meta.url));
const ORIGIN = `${PAGE_SCHEME}://${PAGE_HOST}`;

export interface BridgeOptions {
  readonly browser: Browser;
  /** Data folder of an agent that runs already: the program finds it through the pipe. */
  readonly dataDir: string;
  /** Where the window opens. */
  readonly place?: Place | undefined;
  readonly context?: BrowserContextOptions | undefined;
  /** Before the page is loaded: to listen for what it complains about. */
  readonly prepare?: ((page: Page) => void | Promise<void>) | undefined;
}

/** The program's window in a browser. */
export interface BridgedWindow {
  readonly page: Page;
  readonly context: BrowserContext;
  /** The desktop program behind it; only Electron is replaced. */
  readonly program: DesktopProgram;
  /** What a person would see of the tray, and what was shown as toasts. */
  readonly shell: MemoryShell;
  /** Whatever the browser complained about, policy violations among it. */
  readonly complaints: readonly string[];
  end(): Promise<void>;
}

/**
 * Opens the window's page in Chromium, through the preload as it is built, not a line of it changed. It runs in a function
 * whose `require` gives `contextBridge` and `ipcRenderer` and nothing else. What it invokes goes to the program's own handlers
 * and from there over the pipe to the agent; every value is cloned as between processes. The page comes from the program's own
 * page handler, with its headers, over a server on the loopback address that stands for `ferry://app`.
 */
export async function openBridged(options: BridgeOptions): Promise<BridgedWindow> {
  if (!existsSync(PRELOAD)) throw new Error('the preload is not built: node .ci/build.mjs');
  const shell = new MemoryShell();
  const state = mkdtempSync(join(tmpdir(), 'ferry-window-'));
  const program = startProgram(shell, options.dataDir, ['--hidden'], {
    stateFile: join(state, 'desktop.json'),
  });
  program.open(options.place);
  const window = shell.window;
  const served = await serve(shell);
  if (window === undefined) throw new Error('the program opened no window');

  const context = await options.browser.newContext({
    viewport: { width: 1280, height: 720 },
    locale: 'en-GB',
    reducedMotion: 'reduce',
    ...options.context,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });

  await page.exposeBinding(INVOKE, ({ frame }, channel: string, args: readonly unknown[]) =>
    shell.invoke(
      channel,
      {
        window: window.id,
        mainFrame: frame === page.mainFrame(),
        url: frame.url().replace(served.url, `${ORIGIN}/`),
      },
      ...args,
    ),
  );
  await page.addInitScript(preloadScript());
  // What the program sends while no page is there reaches nobody, as in Electron.
  let sending = Promise.resolve();
  window.onSent = (channel, value) => {
    sending = sending
      .then(() => page.evaluate(deliver, { name: DELIVER, channel, value }))
      .catch(() => undefined);
  };
  await options.prepare?.(page);
  await page.goto(window.url.replace(`${ORIGIN}/`, served.url));

  return {
    page,
    context,
    program,
    shell,
    complaints,
    end: async () => {
      window.onSent = undefined;
      program.quit();
      await shell.ended;
      await sending;
      await context.close();
      await served.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

const INVOKE = '__invoke';
const DELIVER = '__deliver';

const deliver = ({
  name,
  channel,
  value,
}: {
  readonly name: string;
  readonly channel: string;
  readonly value: unknown;
}): void => {
  const hear = (window as unknown as Record<string, ((channel: string, value: unknown) => void) | undefined>)[
    name
  ];
  hear?.(channel, value);
};

/** The built preload, whole, inside what Electron would give it. */
function preloadScript(): string {
  const preload = readFileSync(PRELOAD, 'utf8');
  return `(() => {
  if (window !== window.top) return;
  const invoke = window[${JSON.stringify(INVOKE)}];
  // The page has only what the preload gives it.
  delete window[${JSON.stringify(INVOKE)}];
  const listeners = new Map();
  Object.defineProperty(window, ${JSON.stringify(DELIVER)}, {
    value: (channel, value) => {
      for (const listener of listeners.get(channel) ?? []) listener({}, structuredClone(value));
    },
  });
  const ipcRenderer = {
    invoke: (channel, ...args) => invoke(channel, structuredClone(args)).then((value) => structuredClone(value)),
    on: (channel, listener) => {
      listeners.set(channel, [...(listeners.get(channel) ?? []), listener]);
      return ipcRenderer;
    },
  };
  /** Functions cross as proxies, everything else as a copy: what cannot be cloned does not cross. */
  const across = (value) =>
    typeof value === 'function'
      ? (...args) => {
          const result = value(...args.map(across));
          return result instanceof Promise ? result.then(across) : across(result);
        }
      : value === undefined ? undefined : structuredClone(value);
  const contextBridge = {
    exposeInMainWorld: (name, api) => {
      const laid = Object.fromEntries(Object.entries(api).map(([key, value]) => [key, across(value)]));
      Object.defineProperty(window, name, { value: Object.freeze(laid), enumerable: true });
    },
  };
  const require = (name) => {
    if (name !== 'electron') throw new Error('module not found: ' + name);
    return { contextBridge, ipcRenderer };
  };
  ((require, module, exports) => {
${preload}
  })(require, { exports: {} }, {});
})();`;
}

/** The program's page handler behind an address a browser can open. */
async function serve(shell: MemoryShell) {
  const server = createServer((request, response) => {
    const answer = shell.page?.({ method: request.method ?? 'GET', url: `${ORIGIN}${request.url ?? '/'}` });
    response.writeHead(answer?.status ?? 503, answer?.headers);
    response.end(answer?.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
