import { makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import type { LightState } from '../../shared/contract/status.ts';

const useStyles = makeStyles({
  shape: { width: '16px', height: '16px', flexShrink: 0, verticalAlign: '-3px', forcedColorAdjust: 'auto' },
  large: { width: '24px', height: '24px', verticalAlign: '-6px' },
  fine: { color: tokens.colorStatusSuccessForeground1 },
  working: { color: tokens.colorBrandForeground1 },
  waiting: { color: tokens.colorStatusWarningForeground1 },
  attention: { color: tokens.colorStatusDangerForeground1 },
  unknown: { color: tokens.colorNeutralForeground3 },
});

/** The state as a shape: readable without colour. Always beside its word, so it is hidden from screen readers. */
export function StateShape({
  state,
  large = false,
}: {
  readonly state: LightState;
  readonly large?: boolean | undefined;
}) {
  const styles = useStyles();
  return (
    <svg
      className={mergeClasses(styles.shape, large && styles.large, styles[state])}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
      data-shape={state}
    >
      {SHAPES[state]}
    </svg>
  );
}

const stroke = {
  fill: 'none',
  stroke: 'currentColor',
  strokeWidth: 1.8,
  strokeLinecap: 'round',
  strokeLinejoin: 'round',
} as const;

const SHAPES: Readonly<Record<LightState, React.ReactNode>> = {
  fine: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  working: <path d="M13.4 6.2A5.8 5.8 0 1 0 13.8 8M13.8 2.6v3.8H10" {...stroke} />,
  waiting: (
    <>
      <circle cx="8" cy="8" r="6" {...stroke} />
      <path d="M8 4.6V8l2.2 1.6" {...stroke} />
    </>
  ),
  attention: (
    // One outline with the mark cut out: the ground shows through, whatever it is.
    <path
      fill="currentColor"
      fillRule="evenodd"
      d="M8 1.2 15.2 14H.8ZM7.1 5.6h1.8v4.2H7.1ZM7.1 11h1.8v1.8H7.1Z"
    />
  ),
  unknown: <circle cx="8" cy="8" r="6" {...stroke} strokeDasharray="2.2 2.9" />,
};
