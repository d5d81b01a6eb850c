import { measureFlow } from './pull-flow.ts';

export const measure = (): ReturnType<typeof measureFlow> => measureFlow('sticky');
