/**
 * Seconds of processor time the work took, all threads of this process together: what a comparison of two programs that
 * only compute is about, whatever else the machine does meanwhile.
 */
export async function processorSeconds(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000_000;
}
