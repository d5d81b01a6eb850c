import type { LightState } from '../../shared/contract/status.ts';

/** The state as a shape: readable without colour. Always beside its word, so it is hidden from screen readers. */
export function StateShape({
  state,
  large = false,
}: {
  readonly state: LightState;
  readonly large?: boolean | undefined;
}) {
  return (
    <svg
      className={`shape shape-${state}${large ? ' shape-large' : ''}`}
      viewBox="0 0 16 16"
      aria-hidden="true"
      focusable="false"
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
    <>
      <path d="M8 1.2 15.2 14H.8Z" fill="currentColor" />
      <path className="shape-cut" d="M8 5.6v4.2M8 12h.01" {...stroke} />
    </>
  ),
  unknown: <circle cx="8" cy="8" r="6" {...stroke} strokeDasharray="2.2 2.9" />,
};
