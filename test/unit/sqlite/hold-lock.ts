import { acquireSiteLock } from '../../../main/adapters/sqlite/site-lock.ts';

/** Takes the lock of the folder given, says whether it has it, and lives until it is killed. */
const lock = acquireSiteLock(process.argv[2] ?? '');
console.log(lock === 'held' ? 'held' : 'mine');
setInterval(() => undefined, 1_000);
