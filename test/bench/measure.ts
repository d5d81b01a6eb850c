import type { Measured } from './figure.ts';

/** A measurement in a process of its own. One argument: the module in `measures/`. Prints one line of JSON. */
const module = (await import(`./measures/${process.argv[2] ?? ''}.ts`)) as { measure(): Promise<Measured> };
const result = await module.measure();
process.stdout.write(`${JSON.stringify(result)}\n`);
