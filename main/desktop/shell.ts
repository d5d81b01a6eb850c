/** What the desktop program needs of Electron, and nothing else. One adapter (`electron/`), one stand-in for tests. */
export interface Shell {
  /** Holds "one program per user and data folder". False: another one holds it, and it was told this start's arguments. */
  claimInstance(): boolean;
  /** Another start of the same user, with its arguments. */
  onSecondStart(listener: (args: readonly string[]) => void): void;
  /** The system or Electron wants to end the program. It ends only by `exit`. */
  onEndAsked(listener: () => void): void;
  /** Ends at once. */
  exit(code: number): void;
  /** The user's language and region, as `en-GB`. */
  locale(): string;

  createTray(tray: { readonly icon: string; readonly onOpen: () => void }): ShellTray;
  createWindow(options: WindowOptions): ShellWindow;
  /** Areas of the screens that windows may use. */
  workAreas(): readonly Bounds[];
  /** True when something was shown. */
  showToast(toast: Toast): boolean;
  /** A question with two answers; false also when it was closed. */
  ask(question: Question): Promise<boolean>;

  /** Answers the page's requests of this channel. One listener a channel. */
  handle(channel: string, listener: (sender: Sender, args: readonly unknown[]) => Promise<unknown>): void;
  /** Serves the page's addresses. */
  servePage(answer: (request: { readonly method: string; readonly url: string }) => PageAnswer): void;
  /** What pages may ask of the system; asked before anything is granted. */
  guardPages(guard: PageGuard): void;

  /** Whether the program starts with the user's session, with these arguments. */
  startsAtLogon(args: readonly string[]): boolean;
  setStartAtLogon(on: boolean, args: readonly string[]): void;
  onPower(listener: (event: 'suspend' | 'resume') => void): void;

  /** Starts the agent as a process of its own that ends with this one. */
  startAgent(start: AgentStart): AgentProcess;
}

export interface ShellTray {
  /** `icon`: path of a picture. At most 127 characters of `tooltip` are shown by Windows. */
  show(look: { readonly icon: string; readonly tooltip: string }): void;
  setMenu(items: readonly MenuItem[]): void;
  remove(): void;
}

export type MenuItem =
  | { readonly kind: 'separator' }
  /** Words only. */
  | { readonly kind: 'line'; readonly label: string }
  | {
      readonly kind: 'action';
      readonly label: string;
      readonly enabled: boolean;
      readonly onClick: () => void;
    }
  | {
      readonly kind: 'submenu';
      readonly label: string;
      readonly enabled: boolean;
      readonly items: readonly MenuItem[];
    };

export interface Bounds {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface WindowOptions {
  readonly title: string;
  readonly icon: string;
  readonly preload: string;
  readonly size: { readonly width: number; readonly height: number };
  readonly least: { readonly width: number; readonly height: number };
  readonly at?: { readonly x: number; readonly y: number } | undefined;
  readonly maximized: boolean;
  /** Switches the browser's tools for developers on: never in an installed program. */
  readonly devTools: boolean;
}

export interface ShellWindow {
  /** Named in `Sender.window`. */
  readonly id: number;
  load(url: string): void;
  /** Shows it, out of the task bar if need be, and gives it the keyboard. */
  focus(): void;
  send(channel: string, value: unknown): void;
  /** Where it stands when it is not maximized. */
  bounds(): { readonly bounds: Bounds; readonly maximized: boolean };
  close(): void;
  /** While it still stands somewhere. */
  onClosing(listener: () => void): void;
  onClosed(listener: () => void): void;
  /** Its page's process ended or hangs for good; the window is of no use any more. */
  onPageGone(listener: (reason: string) => void): void;
}

/** Who sent a message: which window, which frame, whose page. */
export interface Sender {
  /** Undefined: of no window that this program opened. */
  readonly window: number | undefined;
  readonly mainFrame: boolean;
  /** Address of the frame's page; empty when the frame is gone. */
  readonly url: string;
}

export interface PageAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** All answers but `download` are no, in this program; they are asked one by one so that each is tested. */
export interface PageGuard {
  navigation(url: string): boolean;
  newWindow(url: string): boolean;
  permission(name: string): boolean;
  download(url: string): boolean;
}

export interface Toast {
  readonly title: string;
  readonly body: string;
  readonly urgent: boolean;
  readonly onClick: () => void;
}

export interface Question {
  readonly title: string;
  readonly message: string;
  readonly detail: string;
  readonly yes: string;
  readonly no: string;
}

export interface AgentStart {
  readonly script: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A line it wrote for people. */
  readonly onLine: (line: string) => void;
  /** Exactly once; `code` as the command line defines it. */
  readonly onExit: (code: number) => void;
}

export interface AgentProcess {
  /** Undefined until it runs and after it ended. */
  pid(): number | undefined;
  /** Ends it at once. Every durable step survives that. Idempotent. */
  kill(): void;
}
