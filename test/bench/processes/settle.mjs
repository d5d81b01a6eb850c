// Loaded before the program that is measured, as JavaScript: stripping types would cost memory of its own. Answers each
// message with what the process used so far, on `collect` after everything that can be given back was given back.
const SETTLED = 0.005;

async function collected() {
  let before = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 10; round += 1) {
    await globalThis.gc({ execution: 'async', type: 'major', flavor: 'last-resort' });
    await new Promise((resolve) => {
      setTimeout(resolve, 200);
    });
    const now = process.memoryUsage.rss();
    if (now > before * (1 - SETTLED)) return;
    before = now;
  }
}

async function answer(what) {
  if (what === 'collect') await collected();
  const { user, system } = process.cpuUsage();
  process.send({ processorSeconds: (user + system) / 1_000_000, memoryBytes: process.memoryUsage.rss() });
}

process.on('message', (what) => void answer(what));
