/** Layer rules of docs/architecture.md, checked by `npm run layers`. */
const rule = (name, from, to, comment) => ({ name, severity: 'error', comment, from, to });

module.exports = {
  forbidden: [
    rule('no-cycles', {}, { circular: true }, 'a cycle hides which part knows which'),
    rule('no-orphan-resolution', {}, { couldNotResolve: true }, 'every import must resolve'),
    rule(
      'shared-stands-alone',
      { path: '^shared/' },
      { pathNot: ['^shared/', 'node_modules/zod'] },
      'shared imports itself and zod',
    ),
    rule(
      'core-is-pure',
      { path: '^main/core/' },
      { pathNot: ['^main/core/', '^shared/', 'node_modules/(zod|big\\.js|saxes|@marcbachmann/cel-js)/'] },
      'core knows no driver, no Node module, no adapter',
    ),
    rule('core-no-node', { path: '^main/core/' }, { dependencyTypes: ['core'] }, 'core runs anywhere'),
    rule(
      'adapters-know-core',
      { path: '^main/adapters/' },
      { path: '^main/(agent|console|desktop|sandbox|doctor|bundle|cli|compose)' },
      'adapters are leaves',
    ),
    rule(
      'only-compose-wires',
      { path: '^main/(agent|console|desktop)/' },
      { path: '^main/adapters/', pathNot: ['^main/adapters/log/'] },
      'ports meet adapters in compose.ts only',
    ),
    rule(
      'sandbox-is-a-stranger',
      { path: '^main/sandbox/', pathNot: '^main/sandbox/start' },
      { path: '^(main/(?!sandbox)|renderer|preload)' },
      'shared code would hide shared mistakes',
    ),
    rule(
      'product-without-sandbox',
      { path: '^(main/(?!sandbox|cli)|renderer|preload|shared)' },
      { path: '^main/sandbox/' },
      'the product never leans on its simulators',
    ),
    rule(
      'viewers-see-shared-only',
      { path: '^(renderer|preload)/' },
      { path: '^main/' },
      'viewers speak the contract',
    ),
    rule(
      'electron-in-its-adapter-only',
      {
        pathNot:
          '^(main/desktop/electron/|main/electron\\.ts|preload/|test/unit/desktop/adapter\\.test\\.ts)',
      },
      { path: 'node_modules/electron/' },
      'electron is imported by its adapter, its entry and the preload, as types too',
    ),
    rule(
      'no-channel-of-the-logger',
      {},
      { path: 'node_modules/electron-log/(src/)?(main|renderer|preload)' },
      'these flavours open a channel to the page; channels are a closed list',
    ),
    rule(
      'desktop-is-a-viewer',
      { path: '^main/desktop/' },
      {
        path: '^main/',
        pathNot: [
          '^main/desktop/',
          '^main/adapters/log/',
          '^main/console/(pipe-client|pipe-protocol|access-file|page-policy|static-files)\\.ts$',
          '^main/cli/data-folder\\.ts$',
        ],
      },
      'no store, no secrets, no network of its own: the tray program has what the pipe gives it',
    ),
    rule(
      'desktop-entry-is-thin',
      { path: '^main/electron\\.ts$' },
      { path: '^main/', pathNot: ['^main/desktop/electron/', '^main/program-files\\.ts$'] },
      'the entry starts the desktop program and nothing else',
    ),
    rule(
      'no-network-in-desktop',
      { path: '^(main/desktop/|main/electron\\.ts|preload/)' },
      {
        path: '^(node:)?(net|http|https|http2|tls|dgram|dns|child_process|cluster|inspector|worker_threads)$',
      },
      'the tray program talks to nobody but the agent, and starts processes through Electron only',
    ),
    rule(
      'preload-is-small',
      { path: '^preload/' },
      { pathNot: ['^preload/', '^shared/contract/', 'node_modules/electron/'] },
      'what a window loads first is one small script',
    ),
    rule('nothing-imports-tests', { pathNot: '^test/' }, { path: '^test/' }, 'tests are leaves'),
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
