import type { Bounds } from '../shell.ts';
import type { SavedState } from '../saved-state.ts';

/** Fits a remote desktop of 1280 x 720 with its task bar. */
export const USUAL_SIZE = { width: 1200, height: 660 } as const;
export const LEAST_SIZE = { width: 640, height: 480 } as const;

/** Where the title bar must be reachable, in pixels. */
const GRIP = 60;

export interface WindowPlace {
  readonly size: { readonly width: number; readonly height: number };
  /** Undefined: where the system likes. */
  readonly at: { readonly x: number; readonly y: number } | undefined;
  readonly maximized: boolean;
}

/** Where it stood last, unless that screen is gone: then the usual size in the middle. */
export function windowPlace(saved: SavedState['window'], areas: readonly Bounds[]): WindowPlace {
  if (saved === undefined) return { size: USUAL_SIZE, at: undefined, maximized: false };
  const { x, y, width, height } = saved.bounds;
  const size = {
    width: Math.max(LEAST_SIZE.width, width),
    height: Math.max(LEAST_SIZE.height, height),
  };
  const reachable = areas.some(
    (area) =>
      x + size.width >= area.x + GRIP &&
      x + GRIP <= area.x + area.width &&
      y >= area.y &&
      y + GRIP <= area.y + area.height,
  );
  return reachable
    ? { size, at: { x, y }, maximized: saved.maximized }
    : { size: USUAL_SIZE, at: undefined, maximized: saved.maximized };
}
