import type { ExpectedSet, Expectation } from './corpus-cases.ts';
import type { Answer, SetSeen } from './corpus-player.ts';

const show = (value: unknown): string => JSON.stringify(value) ?? 'nothing';
const bare = (type: string): string => type.replace(/\(.*/, '');

/** Where an answer differs from what is expected, one line each; empty when it does not. */
export function differences(expected: Expectation, answer: Answer): string[] {
  const found: string[] = [...errorDifferences(expected, answer)];
  const failed = answer.errors.length > 0;
  // A statement that fails while it runs may have announced its columns already; a set without rows then says nothing.
  const sets = failed ? answer.sets.filter(({ rows }) => rows.length > 0) : answer.sets;
  const wanted = expected.recordsets ?? (expected.error ? [] : undefined);
  if (wanted) {
    if (wanted.length !== sets.length)
      found.push(
        `${wanted.length} result sets expected, got ${sets.length}: ${show(sets.map(({ rows }) => rows))}`,
      );
    else
      for (const [n, want] of wanted.entries())
        found.push(...setDifferences(want, sets[n]!).map((line) => `result set ${n}: ${line}`));
  }
  const same = (what: 'rowsAffected' | 'messages' | 'output' | 'returnValue'): void => {
    const want = expected[what];
    if (want !== undefined && show(want) !== show(answer[what]))
      found.push(`${what} ${show(want)} expected, got ${show(answer[what])}`);
  };
  same('rowsAffected');
  same('messages');
  same('output');
  same('returnValue');
  return found;
}

/** The last error is the one that counts. */
function errorDifferences({ error: want }: Expectation, { errors }: Answer): string[] {
  const error = errors.at(-1);
  if (!want) return error ? [`unexpected error ${error.number} class ${error.class}: ${error.text}`] : [];
  if (!error) return [`error ${want.number} expected, none raised`];
  if (error.number !== want.number && want.also?.includes(error.number) !== true)
    return [`error ${want.number} expected, got ${error.number}: ${error.text}`];
  const found: string[] = [];
  if (error.number === want.number && want.class !== undefined && error.class !== want.class)
    found.push(`error ${error.number}: class ${want.class} expected, got ${error.class}`);
  if (want.text !== undefined && error.text !== want.text)
    found.push(`error text ${show(want.text)} expected, got ${show(error.text)}`);
  return found;
}

function setDifferences(want: ExpectedSet, have: SetSeen): string[] {
  const found: string[] = [];
  const nullable = (value: boolean | undefined): string =>
    value === undefined ? '' : value ? ' null' : ' not null';
  const wantedColumns = want.columns.map((c) => `${c.name} ${c.type}${nullable(c.nullable)}`);
  const columns = have.columns.map((column, n) => {
    const like = want.columns[n];
    const type = like && !like.type.includes('(') ? bare(column.type) : column.type;
    return `${column.name} ${type}${like?.nullable === undefined ? '' : nullable(column.nullable)}`;
  });
  if (show(wantedColumns) !== show(columns))
    found.push(`columns ${show(wantedColumns)} expected, got ${show(columns)}`);
  const inOrder = (rows: readonly (readonly unknown[])[]): string[] =>
    want.anyOrder === true ? rows.map(show).sort() : rows.map(show);
  const [wantedRows, rows] = [inOrder(want.rows), inOrder(have.rows)];
  for (let n = 0; n < Math.max(wantedRows.length, rows.length); n += 1)
    if (wantedRows[n] !== rows[n])
      found.push(`row ${n}: ${wantedRows[n] ?? 'none'} expected, got ${rows[n] ?? 'none'}`);
  return found;
}
