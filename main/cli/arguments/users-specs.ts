import type { Specs } from './spec.ts';
import { needed, whole } from './words.ts';

/** Mobile users and what their phones get. */
export const USERS: Specs = {
  'users list': {
    options: ['link', 'text', 'open', 'limit', 'offset'],
    words: [0, 0],
    make: (_w, v) => ({
      name: 'users list',
      filters: {
        link: v.link,
        text: v.text,
        open: v.open,
        limit: whole('limit', v.limit, 50, 1, 500),
        offset: whole('offset', v.offset, 0, 0, 1_000_000),
      },
    }),
  },
  'users show': {
    options: ['user'],
    words: [1, 1],
    make: (w, v) => ({ name: 'users show', link: w[0] ?? '', user: needed('user', v.user) }),
  },
  preview: {
    options: ['user', 'out'],
    words: [1, 1],
    make: (w, v) => ({ name: 'preview', link: w[0] ?? '', user: needed('user', v.user), out: v.out }),
  },
};
