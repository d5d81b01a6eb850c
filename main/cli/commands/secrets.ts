import { isKnownSecretName, openSecrets, overrideNames } from '../../adapters/secrets/open-secrets.ts';
import { connectPipe } from '../../console/pipe-client.ts';
import { refused, speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Far beyond any password; a file was probably piped in by mistake. */
const MAX_LENGTH = 4_096;

/** Takes the value from standard input only: arguments of a process are visible to others and kept in histories. */
export async function setSecret({ world, out, dataDir }: Context, name: string): Promise<number> {
  if (!isKnownSecretName(name)) {
    out.failure({
      code: 'usage',
      message: `"${name}" is no name of a secret.`,
      hint: 'Names are erp.<id>.password, link.<id>.apiKey, alerts.mail.password and alerts.webhook.url.',
    });
    return EXIT.usage;
  }
  const value = (await world.readSecret(`${name}: `)).replace(/\r?\n$/, '');
  if (value === '' || value.length > MAX_LENGTH || /[\r\n\0]/.test(value)) {
    out.failure({
      code: 'usage',
      message: value === '' ? 'No value was given.' : 'A secret is one line of text.',
      hint: `Type it when asked, or pipe it in: erp-ferry secret set ${name} < file`,
    });
    return EXIT.usage;
  }
  const agent = await connectPipe(dataDir);
  let overridden: boolean;
  if (agent.ok) {
    // The running agent takes it at once, and its log knows it from now on as a secret.
    const reply = await agent.value.call('secretSet', { name, value });
    agent.value.close();
    if (!reply.ok) return refused(out, reply.error);
    overridden = reply.value.secret.source === 'environment';
  } else {
    const secrets = openSecrets(dataDir, { env: world.env, now: () => world.now() });
    secrets.set(name, value);
    overridden = secrets.list().find((one) => one.name === name)?.overridden === true;
  }
  out.document({ name, set: true, overridden });
  out.line(`${name} is set.`);
  if (overridden) out.note(`${overrideNames(name).join(' or ')} is set in the environment and wins.`);
  return EXIT.fine;
}

/** Names and dates, never a value. */
export function listSecrets({ world, out, dataDir }: Context): number {
  const secrets = openSecrets(dataDir, { env: world.env, now: () => world.now() }).list();
  out.document({ secrets });
  const speaker = speakerFor(world);
  if (secrets.length === 0) out.line('No secret is set.');
  else
    out.table(
      ['Name', 'Set', ''],
      secrets.map(({ name, setAt, overridden }) => [
        name,
        setAt === undefined ? 'damaged: enter it again' : speaker.clock(setAt),
        overridden ? 'the environment wins' : '',
      ]),
    );
  return EXIT.fine;
}
