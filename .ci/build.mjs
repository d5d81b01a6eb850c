// Builds what runs without the sources, from the sources, into dist/: the page, the agent with its command line, the
// desktop program and its preload. What is up to date is left alone. Run it with Node 24, after the dependencies are there:
//   node .ci/build.mjs                  all that changed
//   node .ci/build.mjs --force agent    the named ones (renderer, agent, desktop, preload), changed or not
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { root } from './pinned-node.mjs';

const at = (...parts) => join(root, ...parts);
const NODE = [...builtinModules, /^node:/];

/**
 * What programs name by `new URL('./x.ts', import.meta.url)`, workers and programs to start, become files of the bundle
 * beside the one that names them; data files are carried along.
 */
function namedFiles() {
  const named = /new URL\(\s*'(\.{0,2}[^']*\.(?:ts|json))',\s*import\.meta\.url\s*,?\s*\)/g;
  return {
    name: 'named-files',
    // Before the types are taken off, while the text is what was written.
    enforce: 'pre',
    transform: {
      filter: { id: /\/main\/.*\.ts$/, code: 'import.meta.url' },
      handler(code, id) {
        const changed = code.replace(named, (_, path) => {
          const target = join(dirname(id), path);
          const fileName = bundledName(target);
          if (!target.endsWith('.ts'))
            this.emitFile({ type: 'asset', fileName, source: readFileSync(target, 'utf8') });
          else if (fileName !== 'cli.js') this.emitFile({ type: 'chunk', id: target, fileName });
          return `new URL('./${fileName}', import.meta.url)`;
        });
        return changed === code ? undefined : { code: changed, map: null };
      },
    },
  };
}

/** The bundle is one flat folder: `main/sandbox/clouds/dynamics-mobile/main.ts` is `sandbox-clouds-dynamics-mobile-main.js`. */
const bundledName = (path) =>
  relative(at('main'), path)
    .replace(/\.ts$/, '.js')
    .replace(/^adapters[\\/]/, '')
    .replaceAll(sep, '-');

/**
 * The SQL driver loads Microsoft's cloud sign-in and key store at its start, which is most of its memory and time. Sites
 * sign in with SQL logins only, so these say that they are not there, in the one moment somebody asks for them.
 */
function withoutCloudSignIn() {
  const absent = /^@azure\//;
  const id = '\0cloud-sign-in';
  return {
    name: 'without-cloud-sign-in',
    enforce: 'pre',
    resolveId: { filter: { id: absent }, handler: () => id },
    load: {
      filter: { id: /cloud-sign-in$/ },
      handler: () => ({
        code: `module.exports = new Proxy({}, { get(_, name) {
          if (typeof name === 'symbol' || name === '__esModule' || name === 'then') return undefined;
          return class { constructor() { throw new Error('Sign-in with Microsoft Entra is not part of this program.'); } };
        } });`,
        moduleType: 'js',
      }),
    },
  };
}

/** Loaded when there is something to build: looking whether there is takes a tenth of that. */
const build = async (config) => (await import('vite')).build(config);

const base = {
  root,
  configFile: false,
  envDir: false,
  publicDir: false,
  logLevel: 'warn',
  clearScreen: false,
  define: {},
};

const forNode = (input, outDir, more) => ({
  ...base,
  plugins: more.plugins ?? [],
  ssr: { noExternal: true, target: 'node' },
  build: {
    ssr: true,
    ssrEmitAssets: true,
    target: 'node24',
    outDir,
    emptyOutDir: false,
    minify: false,
    sourcemap: false,
    copyPublicDir: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 4_000,
    license: { fileName: more.licences },
    rolldownOptions: {
      input,
      external: [...NODE, ...more.external],
      output: more.output,
    },
  },
});

async function buildAgent() {
  const { output } = await build(
    forNode({ cli: at('main/cli.ts') }, at('dist/main'), {
      external: ['better-sqlite3'],
      licences: 'licences.md',
      plugins: [withoutCloudSignIn(), namedFiles()],
      output: { format: 'es', entryFileNames: '[name].js', chunkFileNames: '[name]-[hash].js' },
    }),
  );
  // One flat folder with the desktop program, which is one file of its own; what an earlier build left goes.
  const made = new Set(output.map(({ fileName }) => fileName));
  for (const name of readdirSync(at('dist/main')))
    if (!made.has(name) && !name.startsWith('electron.')) rmSync(at('dist/main', name), { recursive: true });
}

async function buildDesktop() {
  await build(
    forNode({ electron: at('main/electron.ts') }, at('dist/main'), {
      external: ['electron'],
      licences: 'electron.licences.md',
      output: { format: 'es', entryFileNames: 'electron.js', codeSplitting: false },
    }),
  );
  const icons = at('main/desktop/icons');
  rmSync(at('dist/icons'), { recursive: true, force: true });
  if (existsSync(icons))
    cpSync(icons, at('dist/icons'), {
      recursive: true,
      filter: (path) => statSync(path).isDirectory() || /\.(png|ico)$/.test(path),
    });
}

/** A preload of a sandboxed window is one CommonJS file and can load nothing but Electron. */
async function buildPreload() {
  await build(
    forNode({ index: at('preload/index.ts') }, at('dist/preload'), {
      external: ['electron'],
      licences: 'licences.md',
      output: { format: 'cjs', entryFileNames: 'index.cjs', codeSplitting: false },
    }),
  );
}

const buildPage = () => build({ configFile: at('vite.config.ts'), logLevel: 'warn' });

// ---- what is up to date ----

const ALWAYS = ['shared/', 'package.json', 'package-lock.json', '.ci/build.mjs'];
const OUTPUTS = [
  {
    name: 'renderer',
    words: 'the page',
    entry: 'renderer/index.html',
    made: 'dist/renderer/index.html',
    from: ['renderer/', 'vite.config.ts'],
    make: buildPage,
  },
  {
    name: 'agent',
    words: 'the agent',
    entry: 'main/cli.ts',
    made: 'dist/main/cli.js',
    from: ['main/'],
    without: 'main/desktop/',
    make: buildAgent,
  },
  {
    name: 'desktop',
    words: 'the desktop program',
    entry: 'main/electron.ts',
    made: 'dist/main/electron.js',
    from: ['main/'],
    without: 'main/sandbox/',
    make: buildDesktop,
  },
  {
    name: 'preload',
    words: 'the preload',
    entry: 'preload/index.ts',
    made: 'dist/preload/index.cjs',
    from: ['preload/'],
    make: buildPreload,
  },
];

function stampOf(paths, without) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const add = (path) => {
    if (without !== undefined && path.startsWith(without)) return;
    if (existsSync(at(path))) hash.update(`${path}\n`).update(readFileSync(at(path)));
  };
  for (const path of paths) {
    if (!path.endsWith('/')) add(path);
    else if (existsSync(at(path)))
      readdirSync(at(path), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
        .sort()
        .forEach(add);
  }
  return hash.digest('hex');
}

/**
 * Builds what changed since it was last built; `force`: all; `only`: the named ones. Parts that do not exist in the sources
 * are left out. Rejects, after the others are built, when there is a part that cannot be.
 */
async function buildAll({ force, only, say }) {
  const failures = [];
  for (const { name, words, entry, made, from, without, make } of OUTPUTS) {
    if (!existsSync(at(entry)) || (only.length > 0 && !only.includes(name))) continue;
    const file = at('dist', `${name}.stamp`);
    const stamp = stampOf([...from, ...ALWAYS], without);
    if (!force && existsSync(file) && existsSync(at(made)) && readFileSync(file, 'utf8') === stamp) continue;
    const started = performance.now();
    rmSync(file, { force: true });
    try {
      await make();
    } catch (error) {
      failures.push(`${words}: ${error.message}`);
      continue;
    }
    mkdirSync(at('dist'), { recursive: true });
    writeFileSync(file, stamp);
    say(`built ${words} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  }
  if (failures.length > 0) throw new Error(failures.join('\n'));
}

try {
  await buildAll({
    force: process.argv.includes('--force'),
    only: process.argv.slice(2).filter((word) => !word.startsWith('--')),
    say: (text) => console.error(`build: ${text}`),
  });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
