import type { Address } from '../addresses.ts';
import type { Route } from '../route.ts';
import type { World } from '../state/world.ts';

export function odataRoute(_world: World, _address: Address, _method: string): Route | undefined {
  return undefined;
}
