import { deserialize, serialize } from 'node:v8';
import type {
  AgentProcess,
  AgentStart,
  Bounds,
  MenuItem,
  PageAnswer,
  PageGuard,
  Question,
  Sender,
  Shell,
  ShellWindow,
  Toast,
  WindowOptions,
} from '../../main/desktop/shell.ts';
import { PAGE_ADDRESS } from '../../main/desktop/window/page-address.ts';

/** As Electron carries it between processes: whatever cannot be cloned fails here too. */
export const acrossProcesses = <T>(value: T): T => deserialize(serialize(value)) as T;

export class MemoryWindow implements ShellWindow {
  readonly id: number;
  readonly options: WindowOptions;
  readonly sent: { readonly channel: string; readonly value: unknown }[] = [];
  url = '';
  focused = 0;
  closed = false;
  place: { readonly bounds: Bounds; readonly maximized: boolean };
  /** A real page that hears what is sent. */
  onSent: ((channel: string, value: unknown) => void) | undefined;
  readonly #closing: (() => void)[] = [];
  readonly #closed: (() => void)[] = [];
  readonly #gone: ((reason: string) => void)[] = [];

  constructor(id: number, options: WindowOptions) {
    this.id = id;
    this.options = options;
    const at = options.at ?? { x: 100, y: 80 };
    this.place = { bounds: { ...at, ...options.size }, maximized: options.maximized };
  }

  load(url: string): void {
    this.url = url;
  }

  focus(): void {
    this.focused += 1;
  }

  send(channel: string, value: unknown): void {
    const copy = acrossProcesses(value);
    this.sent.push({ channel, value: copy });
    this.onSent?.(channel, copy);
  }

  bounds() {
    return this.place;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    for (const listener of this.#closed) listener();
  }

  /** A person clicks its cross. */
  closeByHand(): void {
    for (const listener of this.#closing) listener();
    this.close();
  }

  loseItsPage(reason: string): void {
    for (const listener of this.#gone) listener(reason);
  }

  onClosing(listener: () => void): void {
    this.#closing.push(listener);
  }

  onClosed(listener: () => void): void {
    this.#closed.push(listener);
  }

  onPageGone(listener: (reason: string) => void): void {
    this.#gone.push(listener);
  }
}

type Listener = (sender: Sender, args: readonly unknown[]) => Promise<unknown>;

/** Electron as far as the program uses it, in memory. What a person would see or click stands in its fields. */
export class MemoryShell implements Shell {
  readonly windows: MemoryWindow[] = [];
  readonly toasts: Toast[] = [];
  readonly questions: Question[] = [];
  readonly channels = new Map<string, Listener>();
  tray: { icon: string; tooltip: string; menu: readonly MenuItem[]; open: () => void } | undefined;
  answer = true;
  areas: readonly Bounds[] = [{ x: 0, y: 0, width: 1280, height: 720 }];
  page: ((request: { method: string; url: string }) => PageAnswer) | undefined;
  guard: PageGuard | undefined;
  atLogon = false;
  readonly atLogonSet: { readonly on: boolean; readonly args: readonly string[] }[] = [];
  readonly starts: AgentStart[] = [];
  /** Starts a real process instead of only writing the start down. */
  fork: ((start: AgentStart) => AgentProcess) | undefined;
  kills = 0;
  exited: number | undefined;
  readonly ended: Promise<number>;
  #end: (code: number) => void = () => undefined;
  #second: ((args: readonly string[]) => void) | undefined;
  #power: ((event: 'suspend' | 'resume') => void) | undefined;
  #endAsked: (() => void) | undefined;

  constructor() {
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** The page's process sends; the answer comes as it would there. */
  async invoke(channel: string, sender: Sender, ...args: unknown[]): Promise<unknown> {
    const listener = this.channels.get(channel);
    if (listener === undefined) throw new Error(`No handler registered for '${channel}'`);
    return acrossProcesses(await listener(sender, acrossProcesses(args)));
  }

  secondStart(...args: string[]): void {
    this.#second?.(args);
  }

  power(event: 'suspend' | 'resume'): void {
    this.#power?.(event);
  }

  askToEnd(): void {
    this.#endAsked?.();
  }

  get window(): MemoryWindow | undefined {
    return this.windows.findLast((window) => !window.closed);
  }

  /** The window's own page, as a sender. */
  sender(over: Partial<Sender> = {}): Sender {
    return { window: this.window?.id, mainFrame: true, url: PAGE_ADDRESS, ...over };
  }

  claimInstance(): boolean {
    return true;
  }
  onSecondStart(listener: (args: readonly string[]) => void): void {
    this.#second = listener;
  }
  onEndAsked(listener: () => void): void {
    this.#endAsked = listener;
  }
  exit(code: number): void {
    this.exited = code;
    this.#end(code);
  }
  locale(): string {
    return 'en-GB';
  }
  createTray({ icon, onOpen }: { readonly icon: string; readonly onOpen: () => void }) {
    const tray = { icon, tooltip: '', menu: [] as readonly MenuItem[], open: onOpen };
    this.tray = tray;
    return {
      show: (look: { readonly icon: string; readonly tooltip: string }) => void Object.assign(tray, look),
      setMenu: (menu: readonly MenuItem[]) => {
        tray.menu = menu;
      },
      remove: () => {
        this.tray = undefined;
      },
    };
  }
  createWindow(options: WindowOptions): ShellWindow {
    const window = new MemoryWindow(this.windows.length + 1, options);
    this.windows.push(window);
    return window;
  }
  workAreas(): readonly Bounds[] {
    return this.areas;
  }
  showToast(toast: Toast): boolean {
    this.toasts.push(toast);
    return true;
  }
  async ask(question: Question): Promise<boolean> {
    this.questions.push(question);
    return this.answer;
  }
  handle(channel: string, listener: Listener): void {
    if (this.channels.has(channel)) throw new Error(`a second handler for ${channel}`);
    this.channels.set(channel, listener);
  }
  servePage(answer: (request: { readonly method: string; readonly url: string }) => PageAnswer): void {
    this.page = answer;
  }
  guardPages(guard: PageGuard): void {
    this.guard = guard;
  }
  startsAtLogon(): boolean {
    return this.atLogon;
  }
  setStartAtLogon(on: boolean, args: readonly string[]): void {
    this.atLogon = on;
    this.atLogonSet.push({ on, args });
  }
  onPower(listener: (event: 'suspend' | 'resume') => void): void {
    this.#power = listener;
  }
  startAgent(start: AgentStart): AgentProcess {
    this.starts.push(start);
    const forked = this.fork?.(start);
    return {
      pid: () => forked?.pid(),
      kill: () => {
        this.kills += 1;
        forked?.kill();
      },
    };
  }
}
