import type { Measured } from '../figure.ts';
import { measureLanes } from './orders-at-the-writer.ts';

export const measure = (): Promise<Measured> => measureLanes(4);
