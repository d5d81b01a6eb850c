import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** The packager's own tool for Windows programs: what it can read back is what it can write. */
export interface Resedit {
  readonly NtExecutable: {
    createEmpty(is32Bit: boolean, isDll: boolean): Executable;
    from(bytes: Uint8Array, options?: { ignoreCert: boolean }): Executable;
  };
  readonly NtExecutableResource: {
    from(executable: Executable): {
      readonly entries: { type: number | string; id: number | string; bin: ArrayBuffer }[];
      outputResource(executable: Executable): void;
    };
  };
  readonly Resource: {
    readonly VersionInfo: { createEmpty(): VersionInfo; fromEntries(entries: unknown): VersionInfo[] };
  };
}
interface Executable {
  generate(): ArrayBuffer;
  setSectionByEntry(entry: number, section: unknown): void;
  getAllSections(): { info: { name: string }; data: ArrayBuffer | null }[];
}
interface VersionInfo {
  setStringValues(language: object, values: Record<string, string>): void;
  getStringValues(language: object): Record<string, string>;
  outputToResourceEntries(entries: unknown): void;
}

const packager = createRequire(createRequire(import.meta.url).resolve('electron-builder'));
export const resedit = createRequire(packager.resolve('app-builder-lib'))('resedit') as Resedit;

export const LANGUAGE = { lang: 1033, codepage: 1200 };

/** Where Electron keeps its fuses: a mark, version 1, nine switches as they are when a runtime is published. */
const FUSES = Buffer.concat([
  Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX', 'ascii'),
  Buffer.from([1, 9]),
  Buffer.from('101100010', 'ascii'),
]);

/** Files of a published runtime that the packager takes over as they are. Their contents do not matter here. */
const SHARED = [
  'LICENSE',
  'LICENSES.chromium.html',
  'chrome_100_percent.pak',
  'chrome_200_percent.pak',
  'icudtl.dat',
  'resources.pak',
  'snapshot_blob.bin',
  'v8_context_snapshot.bin',
  'vk_swiftshader_icd.json',
  'locales/de.pak',
  'locales/en-US.pak',
  'resources/default_app.asar',
];
export const RUNTIME_FILES = {
  win: [
    ...SHARED,
    'd3dcompiler_47.dll',
    'dxcompiler.dll',
    'dxil.dll',
    'ffmpeg.dll',
    'libEGL.dll',
    'libGLESv2.dll',
    'vk_swiftshader.dll',
    'vulkan-1.dll',
  ],
  linux: [
    ...SHARED,
    'chrome-sandbox',
    'chrome_crashpad_handler',
    'libEGL.so',
    'libGLESv2.so',
    'libffmpeg.so',
    'libvk_swiftshader.so',
    'libvulkan.so.1',
  ],
} as const;

/**
 * A folder that the packager takes for an Electron runtime: real file names, and an executable that carries real fuses and,
 * for Windows, real resources, so that switching and reading them back is not pretended. It cannot be started.
 */
export function makeStandInRuntime(folder: string, platform: 'win' | 'linux', version: string): void {
  for (const name of RUNTIME_FILES[platform]) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), `stand-in for ${name}\n`);
  }
  writeFileSync(join(folder, 'version'), version);
  if (platform === 'win') writeFileSync(join(folder, 'electron.exe'), windowsProgram());
  else writeFileSync(join(folder, 'electron'), linuxProgram(), { mode: 0o755 });
}

const linuxProgram = (): Uint8Array =>
  Buffer.concat([Buffer.from('\x7fELF stand-in ', 'latin1'), Buffer.alloc(4096), FUSES, Buffer.alloc(4096)]);

function windowsProgram(): Uint8Array {
  const program = resedit.NtExecutable.createEmpty(false, false);
  const data = Buffer.concat([Buffer.alloc(512), FUSES, Buffer.alloc(512)]);
  // Sections are kept by what they are for; the table of exceptions is one that nothing else here fills.
  program.setSectionByEntry(3, {
    info: {
      name: '.rdata',
      virtualSize: data.length,
      virtualAddress: 0,
      sizeOfRawData: data.length,
      pointerToRawData: 0,
      pointerToRelocations: 0,
      pointerToLineNumbers: 0,
      numberOfRelocations: 0,
      numberOfLineNumbers: 0,
      characteristics: 0x4000_0040,
    },
    data: data.buffer.slice(data.byteOffset, data.byteOffset + data.length),
  });
  const resources = resedit.NtExecutableResource.from(program);
  const version = resedit.Resource.VersionInfo.createEmpty();
  version.setStringValues(LANGUAGE, { ProductName: 'Electron', FileDescription: 'Electron' });
  version.outputToResourceEntries(resources.entries);
  resources.outputResource(program);
  return new Uint8Array(program.generate());
}
