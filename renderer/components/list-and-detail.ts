import { makeStyles, tokens } from '@fluentui/react-components';
import { useSyncExternalStore } from 'react';

/** Below this, detail and list stand one under the other. */
const SIDE_BY_SIDE = '(min-width: 1080px)';
const media = typeof matchMedia === 'function' ? matchMedia(SIDE_BY_SIDE) : undefined;

const subscribe = (listener: () => void): (() => void) => {
  media?.addEventListener('change', listener);
  return () => media?.removeEventListener('change', listener);
};

/** Whether there is too little room for columns. */
export const useSmall = (): boolean => !useSyncExternalStore(subscribe, () => media?.matches ?? true);

export const useScreenStyles = makeStyles({
  choose: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS, flexShrink: 0 },
  split: {
    flexGrow: 1,
    minHeight: '420px',
    display: 'grid',
    gridTemplateRows: 'minmax(0, 1fr)',
    gridAutoColumns: 'minmax(0, 1fr)',
    gap: tokens.spacingHorizontalM,
    [`@media ${SIDE_BY_SIDE}`]: {
      ':has([data-detail])': { gridTemplateColumns: 'minmax(360px, 11fr) minmax(420px, 14fr)' },
    },
    '@media not all and (min-width: 1080px)': {
      ':has([data-detail])': { gridTemplateRows: '300px minmax(360px, 1fr)', minHeight: '680px' },
    },
  },
  pane: {
    display: 'flex',
    flexDirection: 'column',
    minHeight: 0,
    minWidth: 0,
    boxSizing: 'border-box',
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: 'hidden',
  },
  bar: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalM,
    minHeight: '40px',
    paddingInline: tokens.spacingHorizontalL,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    flexShrink: 0,
  },
  count: { fontWeight: tokens.fontWeightSemibold },
  quiet: { color: tokens.colorNeutralForeground2 },
  end: { marginInlineStart: 'auto' },
  progress: { flexShrink: 0 },
  exporting: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM, flexBasis: '100%' },
  grow: { flexGrow: 1 },
});
