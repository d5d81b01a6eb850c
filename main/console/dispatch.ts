import { CONTRACT_VERSION, contract, isRequestName, type Handlers } from '../../shared/contract/contract.ts';
import { allows, refuse, type Reply, type Right } from '../../shared/contract/reply.ts';

/** Told of a handler that threw: a bug, whose message stays on this side. */
export type OnDefect = (request: string, error: unknown) => void;

/** Checks the right, parses the arguments, calls the handler. Never throws. */
export async function dispatch(
  handlers: Handlers,
  granted: Right,
  name: string,
  args: unknown,
  onDefect: OnDefect,
): Promise<Reply<unknown>> {
  if (!isRequestName(name))
    return refuse('unknown-request', 'This request is not known.', 'Use programs of one version.');
  const request = contract[name];
  if (!allows(granted, request.right))
    return refuse('forbidden', `This connection may not do this: it needs the right to ${request.right}.`);
  const parsed = request.args.safeParse(args ?? {});
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(
      'bad-arguments',
      `${issue?.path.join('.') || 'arguments'}: ${issue?.message ?? 'not accepted'}`,
    );
  }
  if (name === 'hello' && (parsed.data as { contractVersion: number }).contractVersion !== CONTRACT_VERSION)
    return refuse(
      'other-version',
      `The running agent speaks version ${CONTRACT_VERSION} of the contract.`,
      'Restart the agent after an update, or use the program it came with.',
    );
  // The table pairs each name with its own schema; the compiler cannot follow that pairing through a union.
  const handler = handlers[name] as (args: unknown) => Promise<Reply<unknown>>;
  try {
    return await handler(parsed.data);
  } catch (error) {
    onDefect(name, error);
    return refuse('defect', 'A fault in ERP Ferry. The log has the details.', 'Look at: erp-ferry logs');
  }
}
