import type { Measured } from '../figure.ts';
import { initialLoad } from './records-initial-load.ts';

export async function measure(): Promise<Measured> {
  const { added, details } = await initialLoad();
  return { values: [added], details };
}
