import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Number of the rule that `npm run rules` breaks in this run; nothing provides it otherwise. */
    brokenRule?: number | undefined;
  }
}

/** The rule that is broken on purpose in this run, for simulators and clients under test; undefined in every other run. */
export const brokenRule = (): number | undefined => inject('brokenRule');
