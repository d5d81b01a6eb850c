import { isKnownSecretName, openSecrets, overrideNames } from '../../adapters/secrets/open-secrets.ts';
import { speakerFor, type Context } from '../command-context.ts';
import { EXIT } from '../exit-codes.ts';

/** Far beyond any password; a file was probably piped in by mistake. */
const MAX_LENGTH = 4_096;

/** Takes the value from standard input only: arguments of a process are visible to others and kept in histories. */
export async function setSecret({ world, out, dataDir }: Context, name: string): Promise<number> {
  if (!isKnownSecretName(name)) {
    out.failure({
      code: 'usage',
      message: `"${name}" is no name of a secret.`,
      hint: 'Names are erp.<id>.password, link.<id>.apiKey and link.<id>.password.',
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
  const secrets = openSecrets(dataDir, { env: world.env, now: () => world.now() });
  secrets.set(name, value);
  const overridden = secrets.list().find((one) => one.name === name)?.overridden === true;
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
