import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

interface Closure {
  readonly files: ReadonlySet<string>;
  readonly packages: ReadonlySet<string>;
}

/** Everything that is loaded when a file is, by following its imports; types are gone by then. */
function closure(...entries: readonly string[]): Closure {
  const files = new Set<string>();
  const packages = new Set<string>();
  const look = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    if (!/\.tsx?$/.test(file)) return;
    const text = readFileSync(file, 'utf8');
    const imports =
      /(?:^|\n)\s*(?:import|export)\s+(?!type\s)(?:[^;'"]*?\sfrom\s+)?'([^']+)'|\bimport\(\s*'([^']+)'|new URL\(\s*'(\.[^']+\.ts)'/g;
    for (const [, named, loaded, started] of text.matchAll(imports)) {
      const target = named ?? loaded ?? started ?? '';
      if (target.startsWith('.')) look(normalize(join(dirname(file), target)));
      else packages.add(target);
    }
  };
  for (const entry of entries) look(entry);
  return { files, packages };
}

const FORBIDDEN_PACKAGES =
  /^(better-sqlite3|mssql|tedious|nodemailer|saxes|fast-xml-parser|(node:)?(sqlite|https?|http2|tls|dgram|dns|child_process|worker_threads))(\/|$)/;
const ours = (names: ReadonlySet<string>, like: RegExp): readonly string[] =>
  [...names].filter((name) => like.test(name)).sort();

describe('what the tray program and its window load: S9', () => {
  it('is no database, no secret, no driver and no network but the pipe', () => {
    const { files, packages } = closure('main/electron.ts');
    expect(files.size).toBeGreaterThan(30);
    expect(ours(packages, FORBIDDEN_PACKAGES)).toEqual([]);
    expect(ours(files, /^main\/(adapters|agent|core|compose|sandbox)/)).toEqual([]);
    // The pipe to the agent is the one socket.
    expect(
      [...files].filter((file) => /import (?!type)[^;]*'node:net'/.test(readFileSync(file, 'utf8'))),
    ).toEqual([join('main', 'console', 'pipe-client.ts')]);
  });

  it('is nothing of Node in the window', () => {
    const { files, packages } = closure('renderer/main.tsx');
    expect(files.size).toBeGreaterThan(10);
    expect(ours(packages, FORBIDDEN_PACKAGES)).toEqual([]);
    expect(ours(packages, /^(node:|electron)/)).toEqual([]);
    expect(ours(files, /^(main|preload)\//)).toEqual([]);
  });

  it('is Electron and the list of channels in the preload', () => {
    const { files, packages } = closure('preload/index.ts');
    expect([...packages]).toEqual(['electron']);
    expect([...files].sort()).toEqual(
      ['preload/index.ts', 'shared/contract/bridge.ts'].map(normalize).sort(),
    );
  });

  it.runIf(existsSync('dist/preload/index.cjs'))('is small where it is built', () => {
    const preload = readFileSync('dist/preload/index.cjs', 'utf8');
    expect(preload.length).toBeLessThan(6_000);
    expect([...preload.matchAll(/require\("([^"]+)"\)/g)].map(([, name]) => name)).toEqual(['electron']);
  });

  it('is found by this test where it is', () => {
    const { packages, files } = closure('main/cli.ts');
    expect(ours(packages, FORBIDDEN_PACKAGES).length).toBeGreaterThan(2);
    expect(ours(files, /^main\/adapters/).length).toBeGreaterThan(10);
    expect(readdirSync('main/desktop').length).toBeGreaterThan(5);
  });
});
