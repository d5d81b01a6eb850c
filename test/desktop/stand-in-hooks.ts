import { registerHooks } from 'node:module';

/** Loaded before the built program: `electron` is the stand-in, however it is asked for. */
registerHooks({
  resolve: (name, context, next) =>
    name === 'electron'
      ? { url: new URL('./stand-in.cjs', import.meta.url).href, format: 'commonjs', shortCircuit: true }
      : next(name, context),
});
