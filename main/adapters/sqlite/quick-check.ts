import { openForReading } from './connection.ts';
import { storeErrorOf } from './sqlite-error.ts';
import { StoreError } from '../../core/queue/store-error.ts';
import { findWrongCounters } from './statements/counters.ts';

/**
 * Reads the whole file and looks for damage: an empty list means none was found. Slow for a large store (about a second
 * per gigabyte at best), so it runs in a worker. Throws StoreError when the file cannot be read at all.
 */
export function quickCheck(file: string): readonly string[] {
  const db = openForReading(file);
  try {
    const rows = db.pragma('quick_check(20)', { simple: false }) as readonly Readonly<
      Record<string, unknown>
    >[];
    const findings = rows.map((row) => String(row['quick_check']));
    const sound = findings.length === 1 && findings[0] === 'ok';
    // Counters that are wrong would show an empty queue that is not: damage like any other.
    return sound ? findWrongCounters(db) : findings;
  } catch (error) {
    const known = storeErrorOf(error);
    // Damage so deep that SQLite stops reading is a finding, not a failure of the check.
    if (known instanceof StoreError && known.code === 'corrupt') return [known.message];
    throw known;
  } finally {
    db.close();
  }
}
