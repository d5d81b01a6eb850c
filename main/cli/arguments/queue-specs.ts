import { ITEM_STATES } from '../../core/queue/item.ts';
import type { Specs } from './spec.ts';
import { item, oneOf, whole } from './words.ts';

/** Items, runs, and what the ERP has of them. */
export const QUEUE: Specs = {
  'queue list': {
    options: ['link', 'direction', 'state', 'user', 'text', 'limit', 'offset'],
    words: [0, 0],
    make: (_w, v) => ({
      name: 'queue list',
      filters: {
        link: v.link,
        direction: oneOf('direction', v.direction, ['in', 'out']),
        states:
          v.state === undefined
            ? undefined
            : v.state.flatMap((one) => oneOf('state', one, ITEM_STATES) ?? []),
        user: v.user,
        text: v.text,
        limit: whole('limit', v.limit, 50, 1, 500),
        offset: whole('offset', v.offset, 0, 0, 10_000_000),
      },
    }),
  },
  'queue show': { options: [], words: [1, 1], make: (w) => ({ name: 'queue show', item: item(w[0]) }) },
  'queue retry': { options: [], words: [1, 1], make: (w) => ({ name: 'queue retry', item: item(w[0]) }) },
  'queue park': {
    options: ['note'],
    words: [1, 1],
    make: (w, v) => ({ name: 'queue park', item: item(w[0]), note: v.note ?? '' }),
  },
  'queue discard': {
    options: ['confirm', 'note'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'queue discard',
      item: item(w[0]),
      confirm: v.confirm ?? '',
      note: v.note ?? '',
    }),
  },
  'queue edit': {
    options: ['file', 'confirm', 'note'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'queue edit',
      item: item(w[0]),
      file: v.file ?? '',
      confirm: v.confirm ?? '',
      note: v.note ?? '',
    }),
  },
  'queue apply': {
    options: ['confirm'],
    words: [1, 1],
    make: (w, v) => ({ name: 'queue apply', link: w[0] ?? '', confirm: v.confirm ?? '' }),
  },
  'queue export': {
    options: ['out', 'original'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'queue export',
      item: item(w[0]),
      out: v.out,
      original: v.original === true,
    }),
  },
  'runs list': {
    options: ['link', 'limit'],
    words: [0, 0],
    make: (_w, v) => ({ name: 'runs list', link: v.link, limit: whole('limit', v.limit, 20, 1, 500) }),
  },
  reconcile: {
    options: ['replay', 'confirm'],
    words: [1, 1],
    make: (w, v) => ({
      name: 'reconcile',
      link: w[0] ?? '',
      replay: v.replay === true,
      confirm: v.confirm ?? '',
    }),
  },
};
