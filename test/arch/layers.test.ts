import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const filesIn = (folder: string, like: RegExp): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => like.test(file))
    .map((file) => join(folder, file));

interface Cruise {
  readonly summary: {
    readonly totalCruised: number;
    readonly violations: readonly {
      readonly rule: { readonly name: string };
      readonly from: string;
      readonly to: string;
    }[];
  };
}

const SCRIPT = resolve('node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const CONFIG = resolve('.dependency-cruiser.cjs');

function cruise(
  cwd: string,
  folders: readonly string[],
): { readonly cruised: number; readonly broken: readonly string[] } {
  const args = [SCRIPT, ...folders, '--config', CONFIG, '--output-type', 'json'];
  const run = spawnSync(process.execPath, args, { cwd, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  if (run.stdout === '') throw new Error(run.stderr);
  const { summary } = JSON.parse(run.stdout) as Cruise;
  return {
    cruised: summary.totalCruised,
    broken: summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`),
  };
}

describe('layers', () => {
  it('hold, and the checker really looks', () => {
    const { cruised, broken } = cruise('.', ['main', 'renderer', 'shared']);
    // With the wrong compiler installed the checker sees no TypeScript and reports success.
    expect(cruised).toBeGreaterThan(100);
    expect(broken).toEqual([]);
  });

  it('are noticed when broken', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ferry-layers-'));
    try {
      const files = {
        'main/core/a.ts': "import 'node:fs'; import '../adapters/b.ts';",
        'main/adapters/b.ts': "import '../agent/c.ts';",
        'main/agent/c.ts': "import '../adapters/b.ts';",
        'main/sandbox/d.ts': "import '../core/a.ts';",
        'renderer/e.ts': "import '../main/core/a.ts';",
        'shared/f.ts': "import '../main/core/a.ts';",
        'tsconfig.json': readFileSync('tsconfig.json', 'utf8'),
      };
      for (const [name, text] of Object.entries(files)) {
        mkdirSync(join(folder, name, '..'), { recursive: true });
        writeFileSync(join(folder, name), text);
      }
      const rules = new Set(
        cruise(folder, ['main', 'renderer', 'shared']).broken.map((one) => one.split(':')[0]),
      );
      for (const name of [
        'core-no-node',
        'core-is-pure',
        'adapters-know-core',
        'only-compose-wires',
        'sandbox-is-a-stranger',
        'viewers-see-shared-only',
        'shared-stands-alone',
        'no-cycles',
      ])
        expect(rules, name).toContain(name);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('the core', () => {
  const FORBIDDEN =
    /\b(Date\.now|new Date\(\)|performance\.|Math\.random|setTimeout|setInterval|setImmediate|queueMicrotask|AbortSignal\.timeout|crypto\.|process\.|console\.|globalThis)|(?<![.\w])fetch\(/;

  it('takes time, randomness, timers and the network from outside', () => {
    const files = filesIn('main/core', /\.ts$/);
    expect(files.length).toBeGreaterThan(20);
    const offenders = files.flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line, index) => ({
          where: `${file}:${index + 1}`,
          code: line.replace(/^\s*(\/\/|\*|\/\*).*/, ''),
        }))
        .filter(({ code }) => FORBIDDEN.test(code))
        .map(({ where }) => where),
    );
    expect(offenders).toEqual([]);
  });
});

describe('folders', () => {
  const folders = (root: string): readonly string[] =>
    readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(root, entry.name));

  it('say in a README what they are for', () => {
    const expected = [
      ...folders('main').filter((one) => !['main/core', 'main/adapters'].includes(one)),
      ...folders('main/core'),
      ...folders('main/adapters'),
      'shared/contract',
      'shared/i18n',
      'renderer',
    ].filter((folder) => filesIn(folder, /\.tsx?$/).length > 0);
    expect(expected.length).toBeGreaterThan(10);
    expect(expected.filter((folder) => !existsSync(join(folder, 'README.md')))).toEqual([]);
  });

  it('are not called utils or common', () => {
    const all = ['main', 'renderer', 'shared', 'test'].flatMap((root) =>
      readdirSync(root, { recursive: true, encoding: 'utf8' }).map((one) => join(root, one)),
    );
    expect(all.filter((one) => /(^|\/)(utils?|commons?|helpers?|misc)(\/|\.ts)/.test(one))).toEqual([]);
  });
});

describe('tests', () => {
  const tests = filesIn('test', /\.test\.tsx?$/);

  it('are neither narrowed nor switched off', () => {
    expect(tests.length).toBeGreaterThan(20);
    const narrowed = /\b(it|test|describe)(\.each\([^)]*\))?\.(only|skip|todo|fails)\b|\bx(it|describe)\(/;
    expect(tests.filter((file) => narrowed.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('do not sleep to wait', () => {
    // A timer of fixed length that a promise hangs on: it is too short one day and wasted every other.
    const sleeping = /new Promise[^;]{0,60}setTimeout\(\s*\w+\s*,\s*[1-9]\d*/;
    const offenders = filesIn('test', /\.ts$/).filter(
      (file) => !file.endsWith('layers.test.ts') && sleeping.test(readFileSync(file, 'utf8')),
    );
    expect(offenders).toEqual([]);
  });
});

describe('every file', () => {
  const sources = ['main', 'renderer', 'shared', 'test'].flatMap((root) => filesIn(root, /\.tsx?$/));

  it('has no default export, barrel, enum or any', () => {
    const offenders = sources.flatMap((file) => {
      const text = readFileSync(file, 'utf8');
      const found = [
        /^export default /m.test(text) ? 'default export' : '',
        /^export \* from /m.test(text) ? 'barrel' : '',
        /^\s*(export )?(const )?enum /m.test(text) ? 'enum' : '',
        /(:|as|<)\s*any\b(?!\w)/.test(text.replace(/\/\/.*|\/\*[\s\S]*?\*\/|'[^'\n]*'|`[^`]*`/g, ''))
          ? 'any'
          : '',
      ].filter((one) => one !== '');
      return found.map((one) => `${file}: ${one}`);
    });
    expect(offenders).toEqual([]);
  });
});
