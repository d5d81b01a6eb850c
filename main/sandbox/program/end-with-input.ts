/**
 * Loaded before a program that is to end when whoever started it is gone, however that went: its standard input ends then, and
 * this passes it on as the system's wish to end, which the program takes in order.
 */
const end = (): void => {
  // Nobody listens yet: nothing has begun that would have to end in order.
  if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(143);
};
process.stdin.on('end', end);
process.stdin.on('error', end);
process.stdin.resume();
// Listening alone keeps nothing alive.
(process.stdin as { unref?: () => void }).unref?.();
