import { type ContractCase, type ErpWorld, signal } from './contract-case.ts';

export interface Verdict {
  readonly group: string;
  readonly name: string;
  readonly documented: string;
  /** `different`: the server lacks what the product can do without. `failed`: the contract does not hold on it. */
  readonly verdict: 'same' | 'different' | 'failed';
  readonly found?: string | undefined;
  readonly ms: number;
}

/** One case, with a lease that is held. Never throws. */
export async function playCase(world: ErpWorld, one: ContractCase): Promise<Verdict> {
  const { group, name, documented } = one;
  const started = performance.now();
  const of = (verdict: Verdict['verdict'], found?: string): Verdict => ({
    group,
    name,
    documented,
    verdict,
    found,
    ms: Math.round(performance.now() - started),
  });
  try {
    const ready = await world.erp.ready(signal);
    if (!ready.ok) throw new Error(`the ERP is not ready: ${JSON.stringify(ready.failure)}`);
    await one.run(world);
    return of('same');
  } catch (error) {
    return of(
      one.optional === true ? 'different' : 'failed',
      error instanceof Error ? error.message : String(error),
    );
  }
}
