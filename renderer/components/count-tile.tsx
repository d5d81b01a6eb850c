import type { QueueView } from '../state/queue-view.ts';

interface CountTileProps {
  readonly label: string;
  readonly value: string;
  readonly note: React.ReactNode;
  /** Someone should look at this number. */
  readonly loud?: boolean | undefined;
  /** The list this number counts, opened by clicking it. */
  readonly opens?: { readonly view: QueueView; readonly open: (view: QueueView) => void } | undefined;
}

/** A number with its name and its age. */
export function CountTile({ label, value, note, loud = false, opens }: CountTileProps) {
  const inside = (
    <>
      <span className="tile-label">{label}</span>
      <span className="tile-value">{value}</span>
      <span className="tile-note">{note}</span>
    </>
  );
  const look = `tile${loud ? ' tile-loud' : ''}`;
  return opens === undefined ? (
    <div className={look}>{inside}</div>
  ) : (
    <button type="button" className={look} onClick={() => opens.open(opens.view)}>
      {inside}
    </button>
  );
}
