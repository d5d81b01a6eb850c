import { makeStyles, tokens } from '@fluentui/react-components';
import { ROW_HEIGHT } from '../../state/queue-scroll.ts';

/** Height of the row of names over the rows, in pixels. */
export const HEAD_HEIGHT = 33;

const COLUMNS = '148px minmax(160px, 1.7fr) minmax(72px, 96px) 100px minmax(180px, 1.6fr)';

export const useRowStyles = makeStyles({
  row: {
    display: 'grid',
    gridTemplateColumns: COLUMNS,
    gridTemplateAreas: '"state document user since reason"',
    alignItems: 'center',
    columnGap: tokens.spacingHorizontalM,
    boxSizing: 'border-box',
    paddingInline: tokens.spacingHorizontalL,
    height: `${ROW_HEIGHT}px`,
  },
  withLink: {
    gridTemplateColumns: `${COLUMNS} minmax(72px, 110px)`,
    gridTemplateAreas: '"state document user since reason link"',
  },
  compact: {
    gridTemplateColumns: '16px auto minmax(0, 1fr) auto',
    gridTemplateAreas: '"shape document document since" "shape word reason user"',
    gridTemplateRows: '22px 18px',
    alignContent: 'center',
    columnGap: tokens.spacingHorizontalS,
    paddingInline: tokens.spacingHorizontalM,
  },
  head: {
    position: 'sticky',
    top: 0,
    zIndex: 1,
    height: `${HEAD_HEIGHT}px`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `1px solid ${tokens.colorNeutralStroke2}`,
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
  },
  /** For screen readers only: two lines a row have no columns to name. */
  unseen: {
    position: 'absolute',
    width: '1px',
    height: '1px',
    overflow: 'hidden',
    clipPath: 'inset(50%)',
    border: '0',
  },
  item: {
    position: 'absolute',
    top: 0,
    left: 0,
    right: 0,
    cursor: 'pointer',
    borderBottom: `1px solid ${tokens.colorNeutralStroke3}`,
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    '@media (forced-colors: active)': { forcedColorAdjust: 'auto' },
  },
  open: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    '::before': {
      content: '""',
      position: 'absolute',
      left: '0',
      top: '10px',
      bottom: '10px',
      width: '3px',
      borderRadius: tokens.borderRadiusCircular,
      backgroundColor: tokens.colorCompoundBrandForeground1,
    },
  },
  cell: {
    minWidth: 0,
    overflow: 'hidden',
    textOverflow: 'ellipsis',
    whiteSpace: 'nowrap',
    unicodeBidi: 'isolate',
  },
  state: {
    gridArea: 'state',
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalS,
    minWidth: 0,
  },
  /** Shape and word go to places of their own. */
  apart: { display: 'contents' },
  shape: { gridArea: 'shape', display: 'flex', alignSelf: 'center' },
  word: { gridArea: 'word', fontSize: tokens.fontSizeBase200, fontWeight: tokens.fontWeightSemibold },
  document: { gridArea: 'document', fontWeight: tokens.fontWeightSemibold },
  user: { gridArea: 'user' },
  since: { gridArea: 'since', color: tokens.colorNeutralForeground2 },
  link: { gridArea: 'link', color: tokens.colorNeutralForeground2 },
  reason: {
    gridArea: 'reason',
    display: '-webkit-box',
    WebkitLineClamp: '2',
    WebkitBoxOrient: 'vertical',
    whiteSpace: 'normal',
    lineHeight: '18px',
    fontSize: tokens.fontSizeBase200,
    color: tokens.colorNeutralForeground2,
    overflowWrap: 'anywhere',
  },
  oneLine: { display: 'block', whiteSpace: 'nowrap', overflowWrap: 'normal' },
  right: { textAlign: 'right', fontSize: tokens.fontSizeBase200, color: tokens.colorNeutralForeground2 },
  bar: {
    height: '10px',
    width: '70%',
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground4,
  },
});
