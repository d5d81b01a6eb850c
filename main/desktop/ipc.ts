import { CHANNELS } from '../../shared/contract/bridge.ts';
import { contract, isRequestName, type SiteClient } from '../../shared/contract/contract.ts';
import { refuse, type Reply } from '../../shared/contract/reply.ts';
import { MAX_REQUEST } from '../console/pipe-protocol.ts';
import type { Sender, Shell } from './shell.ts';
import { isPageAddress } from './window/page-address.ts';

export interface IpcParts {
  readonly shell: Pick<Shell, 'handle'>;
  /** The running agent; undefined while none answers. */
  readonly client: () => Pick<SiteClient, 'call'> | undefined;
  /** True for the window this program opened and has not seen close. */
  readonly isOurWindow: (id: number) => boolean;
  /** The window's page listens from now on. */
  readonly onReady: (window: number) => void;
}

/** Room for the line's number and name around the arguments. */
const ENVELOPE_BYTES = 512;

const foreign = refuse('forbidden', 'Only the page of this program may ask.');

/**
 * What the window may say: `ferry:call` and `ferry:ready`. Who sent it is checked first, then name and arguments are parsed;
 * only then the agent is asked, which checks both again. No other channel has a listener. Nothing here throws.
 */
export function answerWindow({ shell, client, isOurWindow, onReady }: IpcParts): void {
  const trusted = ({ window, mainFrame, url }: Sender): boolean =>
    window !== undefined && mainFrame && isPageAddress(url) && isOurWindow(window);

  shell.handle(CHANNELS.call, async (sender, args) => {
    if (!trusted(sender)) return foreign;
    const asked = readCall(args);
    if (!asked.ok) return asked;
    const site = client();
    if (site === undefined)
      return refuse('unavailable', 'The agent does not answer.', 'It is looked for; nothing is lost.');
    try {
      return await site.call(asked.value.name, asked.value.args as never);
    } catch {
      return refuse('defect', 'A fault in ERP Ferry. The log has the details.');
    }
  });

  shell.handle(CHANNELS.ready, async (sender, args) => {
    if (!trusted(sender)) return foreign;
    if (args.length !== 0) return refuse('bad-arguments', 'Nothing is said with it.');
    onReady(sender.window as number);
    return { ok: true, value: {} };
  });
}

/** Name and arguments of a call, parsed by the contract. */
function readCall(
  args: readonly unknown[],
): Reply<{ readonly name: keyof typeof contract; readonly args: unknown }> {
  const [name, given] = args;
  if (args.length > 2 || typeof name !== 'string')
    return refuse('bad-arguments', 'A request is a name and its arguments.');
  if (!isRequestName(name)) return refuse('unknown-request', 'This request is not known.');
  let size: number;
  try {
    // What the pipe cannot carry as JSON (circles, big integers, a depth without end) ends here.
    size = Buffer.byteLength(JSON.stringify(given ?? {}) ?? '');
  } catch {
    return refuse('bad-arguments', 'The arguments cannot be written as JSON.');
  }
  if (size > MAX_REQUEST - ENVELOPE_BYTES)
    return refuse('too-large', `A request has at most ${MAX_REQUEST - ENVELOPE_BYTES} bytes.`);
  const parsed = contract[name].args.safeParse(given ?? {});
  if (parsed.success) return { ok: true, value: { name, args: parsed.data } };
  const issue = parsed.error.issues[0];
  return refuse(
    'bad-arguments',
    `${issue?.path.join('.') || 'arguments'}: ${issue?.message ?? 'not accepted'}`,
  );
}
