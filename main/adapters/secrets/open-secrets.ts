import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import {
  ensureSiteKey,
  readSiteKey,
  remembering,
  syncFolder,
  wrappingOf,
  writeDurably,
  type KeyWrapping,
  type SiteKey,
} from './site-key.ts';

/** Why a secret cannot be read. `message` says so for people and what to do, and never holds the value. */
export interface SecretFailure {
  readonly kind: 'damaged' | 'other-key';
  readonly name: string;
  readonly message: string;
}

export interface SecretEntry {
  readonly name: string;
  /** Milliseconds since 1970; undefined when the file is damaged. */
  readonly setAt?: number | undefined;
  /** The environment has a value that wins. */
  readonly overridden: boolean;
}

/** Write-only for people: `get` is for the program that signs in with the value. */
export interface Secrets {
  /** The value; undefined when it was never set. */
  get(name: string): Result<string | undefined, SecretFailure>;
  /** Durable when it returns. Replaces whatever is there, readable or not. */
  set(name: string, value: string): void;
  /** Names and dates only. */
  list(): readonly SecretEntry[];
}

export interface SecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => number;
  readonly wrapping?: KeyWrapping | undefined;
}

const NAME = /^[a-z][a-zA-Z0-9-]*(\.[a-zA-Z0-9-]+)*$/;
const KNOWN =
  /^(erp\.[a-z][a-z0-9-]{0,39}\.password|link\.[a-z][a-z0-9-]{0,39}\.(apiKey|password)|alerts\.mail\.password|alerts\.webhook\.url)$/;

/** The names settings can ask for. */
export const isKnownSecretName = (name: string): boolean => KNOWN.test(name);

/** `link.field-sales.apiKey` is ERP_FERRY_SECRET_LINK_FIELD-SALES_APIKEY, or with underscores where a shell wants them. */
export function overrideNames(name: string): readonly string[] {
  const upper = `ERP_FERRY_SECRET_${name.replaceAll('.', '_').toUpperCase()}`;
  return [...new Set([upper, upper.replaceAll('-', '_')])];
}

const base64 = z.base64();
const fileSchema = z.object({
  version: z.literal(1),
  name: z.string(),
  key: z.string(),
  setAt: z.number(),
  nonce: base64,
  data: base64,
  tag: base64,
});
type SecretFile = z.infer<typeof fileSchema>;

/** Bound to the value, so that no file can stand in for another. */
const associated = (name: string): Buffer => Buffer.from(`erp-ferry secret v1 ${name}`, 'utf8');

/** Opens the secrets of a data folder; creates nothing before the first `set`. */
export function openSecrets(dataFolder: string, options: SecretsOptions): Secrets {
  const folder = join(dataFolder, 'secrets');
  const wrapping = remembering(options.wrapping ?? wrappingOf(process.platform));
  const pathOf = (name: string): string => {
    if (!NAME.test(name) || name.length > 100) throw new Error('not a name of a secret');
    return join(folder, `${name}.json`);
  };
  const override = (name: string): string | undefined =>
    overrideNames(name)
      .map((variable) => options.env[variable])
      .find((value) => value !== undefined && value !== '');

  return {
    get(name) {
      const path = pathOf(name);
      const given = override(name);
      if (given !== undefined) return ok(given);
      const file = readSecretFile(path);
      if (file === undefined) return ok(undefined);
      if (file === 'damaged') return fail(unreadable('damaged', name));
      let key: SiteKey | undefined;
      try {
        key = readSiteKey(folder, wrapping);
      } catch {
        return fail(unreadable('other-key', name));
      }
      if (key === undefined || key.id !== file.key) return fail(unreadable('other-key', name));
      const value = decrypt(file, name, key);
      return value === undefined ? fail(unreadable('damaged', name)) : ok(value);
    },

    set(name, value) {
      const path = pathOf(name);
      const key = usableKey(folder, wrapping);
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce).setAAD(associated(name));
      const data = Buffer.concat([cipher.update(value, 'utf8'), cipher.final()]);
      const file: SecretFile = {
        version: 1,
        name,
        key: key.id,
        setAt: options.now(),
        nonce: nonce.toString('base64'),
        data: data.toString('base64'),
        tag: cipher.getAuthTag().toString('base64'),
      };
      const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
      try {
        writeDurably(temporary, Buffer.from(`${JSON.stringify(file)}\n`, 'utf8'));
        renameSync(temporary, path);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
      syncFolder(folder);
    },

    list() {
      const stored = filesIn(folder).map((file): SecretEntry => {
        const name = file.slice(0, -'.json'.length);
        const read = readSecretFile(join(folder, file));
        return {
          name,
          setAt: read === undefined || read === 'damaged' ? undefined : read.setAt,
          overridden: override(name) !== undefined,
        };
      });
      return stored.sort((a, b) => (a.name < b.name ? -1 : 1));
    },
  };
}

function filesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter(
      (file) => file.endsWith('.json') && NAME.test(file.slice(0, -'.json'.length)),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function readSecretFile(path: string): SecretFile | 'damaged' | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const parsed = fileSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : 'damaged';
  } catch {
    return 'damaged';
  }
}

function decrypt(file: SecretFile, name: string, key: SiteKey): string | undefined {
  try {
    const tag = Buffer.from(file.tag, 'base64');
    // Node accepts shorter tags; they would be guessable.
    if (tag.length !== 16) return undefined;
    const decipher = createDecipheriv('aes-256-gcm', key.bytes, Buffer.from(file.nonce, 'base64'), {
      authTagLength: 16,
    })
      .setAAD(associated(name))
      .setAuthTag(tag);
    return Buffer.concat([decipher.update(Buffer.from(file.data, 'base64')), decipher.final()]).toString(
      'utf8',
    );
  } catch {
    return undefined;
  }
}

/**
 * The key to write with. A key file that cannot be opened here (folder copied from another computer) is set aside and
 * replaced: what it protected is lost either way and says so when it is read.
 */
function usableKey(folder: string, wrapping: KeyWrapping): SiteKey {
  try {
    return ensureSiteKey(folder, wrapping);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) throw error;
    renameSync(
      join(folder, 'site.key'),
      join(folder, `site.key.${randomBytes(6).toString('hex')}.unreadable`),
    );
    return ensureSiteKey(folder, wrapping);
  }
}

function unreadable(kind: SecretFailure['kind'], name: string): SecretFailure {
  const why =
    kind === 'damaged'
      ? 'its file is damaged'
      : 'it was stored under another site key (folder copied or restored)';
  return {
    kind,
    name,
    message: `The secret ${name} cannot be read: ${why}. Enter it again: erp-ferry secret set ${name}`,
  };
}
