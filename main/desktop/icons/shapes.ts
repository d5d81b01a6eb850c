import type { LightState } from '../../../shared/contract/status.ts';

/** True inside; in units of a sixteenth of the picture, y downwards. */
type Shape = (x: number, y: number) => boolean;
type Colour = readonly [red: number, green: number, blue: number];

/** Painted in this order, each over the ones before. */
export interface Layer {
  readonly inside: Shape;
  readonly colour: Colour;
}

/**
 * Colours of middle lightness: each has a contrast of at least 3 to a light and to a dark task bar, so one set of pictures
 * serves both.
 */
export const TRAY_COLOURS: Readonly<Record<LightState, Colour>> = {
  fine: [18, 138, 62],
  working: [32, 122, 224],
  waiting: [184, 108, 8],
  attention: [216, 59, 46],
  unknown: [122, 122, 122],
};
const WHITE: Colour = [255, 255, 255];
const BRAND: Colour = [15, 108, 189];

const disc =
  (cx: number, cy: number, r: number): Shape =>
  (x, y) =>
    (x - cx) ** 2 + (y - cy) ** 2 <= r * r;

const box =
  (left: number, top: number, right: number, bottom: number): Shape =>
  (x, y) =>
    x >= left && x <= right && y >= top && y <= bottom;

const polygon =
  (points: readonly (readonly [number, number])[]): Shape =>
  (x, y) => {
    let inside = false;
    for (const [index, [ax, ay]] of points.entries()) {
      const [bx, by] = points[(index + 1) % points.length] ?? [ax, ay];
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) inside = !inside;
    }
    return inside;
  };

/** A line of round ends. */
const stroke =
  (points: readonly (readonly [number, number])[], width: number): Shape =>
  (x, y) =>
    points.slice(1).some(([bx, by], index) => {
      const [ax, ay] = points[index] ?? [bx, by];
      const [dx, dy] = [bx - ax, by - ay];
      const along = Math.max(0, Math.min(1, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
      return (x - ax - along * dx) ** 2 + (y - ay - along * dy) ** 2 <= (width / 2) ** 2;
    });

const union =
  (...shapes: readonly Shape[]): Shape =>
  (x, y) =>
    shapes.some((shape) => shape(x, y));
const without =
  (shape: Shape, hole: Shape): Shape =>
  (x, y) =>
    shape(x, y) && !hole(x, y);

/** From the right, clockwise, in degrees of 0 to 360. */
const angle = (x: number, y: number): number => ((Math.atan2(y - 8, x - 8) * 180) / Math.PI + 360) % 360;

const ring = without(disc(8, 8, 7), disc(8, 8, 5));

/** A ring open at the top right, its one end an arrow's head. */
const turning = union(
  without(ring, (x, y) => angle(x, y) > 274 && y < 7),
  polygon([
    [9, 7],
    [16, 7],
    [12.5, 1.5],
  ]),
);

const clock = union(ring, box(7, 4, 9, 9), box(7, 7, 11, 9));

/** The mark is a hole: the task bar shows through, whatever it is. */
const triangle = without(
  polygon([
    [8, 0.5],
    [16, 15],
    [0, 15],
  ]),
  union(box(7, 5, 9, 10), box(7, 11, 9, 13)),
);

const DASHES = 6;
/** Thicker than the others: its pieces are what is seen. */
const dashed = without(
  without(disc(8, 8, 7), disc(8, 8, 4.5)),
  (x, y) => (angle(x, y) + 12) % (360 / DASHES) < 24,
);

export const TRAY_SHAPES: Readonly<Record<LightState, Shape>> = {
  fine: disc(8, 8, 7),
  working: turning,
  waiting: clock,
  attention: triangle,
  unknown: dashed,
};

export const trayLayers = (state: LightState): readonly Layer[] => [
  { inside: TRAY_SHAPES[state], colour: TRAY_COLOURS[state] },
];

const CORNER = 3.5;
const roundedSquare: Shape = (x, y) =>
  x >= 0 &&
  x <= 16 &&
  y >= 0 &&
  y <= 16 &&
  disc(Math.max(CORNER, Math.min(16 - CORNER, x)), Math.max(CORNER, Math.min(16 - CORNER, y)), CORNER)(x, y);

/** The program's own sign: what goes there and what comes back. */
export const programLayers: readonly Layer[] = [
  { inside: roundedSquare, colour: BRAND },
  {
    inside: union(
      stroke(
        [
          [3.5, 6],
          [10.5, 6],
          [8.5, 4],
        ],
        1.4,
      ),
      stroke(
        [
          [12.5, 10],
          [5.5, 10],
          [7.5, 12],
        ],
        1.4,
      ),
    ),
    colour: WHITE,
  },
];
