// Imports what a running agent imports, and runs no site. One argument: the built `cli.js`.
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [, , cli] = process.argv;
const exit = process.exit.bind(process);
const base = pathToFileURL(cli);
// The command line ends the process after each command, also after the shortest one.
process.exit = () => undefined;
process.argv = [process.argv[0], cli, '--version'];
await import(base.href);
const later = [...readFileSync(cli, 'utf8').matchAll(/\bimport\("(\.\/[^"]+\.js)"\)/g)].map(
  ([, path]) => path,
);
// Were nothing loaded later, the peer would be measured without the engine.
if (later.length === 0) exit(1);
for (const path of later) await import(new URL(path, base).href);
process.send('imported');
