import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface ConfigModule {
  readonly validateConfiguration: (this: void, config: unknown, logger: unknown) => Promise<void>;
}
interface BuilderUtil {
  DebugLogger: new (enabled: boolean) => unknown;
}
interface Yaml {
  load(text: string): unknown;
}

const builder = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
const read = (): Record<string, unknown> => {
  const yaml = builder('js-yaml') as Yaml;
  const file = new URL('../../electron-builder.yml', import.meta.url);
  return yaml.load(readFileSync(file, 'utf8')) as Record<string, unknown>;
};
const validate = (config: unknown): Promise<void> => {
  const { validateConfiguration } = builder('app-builder-lib/out/util/config/config') as ConfigModule;
  const { DebugLogger } = builder('builder-util') as BuilderUtil;
  return validateConfiguration(config, new DebugLogger(false));
};

test('the packaging configuration is one the packager takes', async () => {
  await expect(validate(read())).resolves.toBeUndefined();
  await expect(validate({ ...read(), npmRebuilt: false })).rejects.toThrow(/npmRebuilt/);
});

test('S6 the switches of Electron that would open the program are off', () => {
  expect(read()['electronFuses']).toMatchObject({
    runAsNode: false,
    enableNodeOptionsEnvironmentVariable: false,
    enableNodeCliInspectArguments: false,
    onlyLoadAppFromAsar: true,
    enableEmbeddedAsarIntegrityValidation: true,
    grantFileProtocolExtraPrivileges: false,
  });
});
