import type { Instant } from '../../../shared/model/time.ts';
import type { ProbePoint } from './judge-answers.ts';

/** A list of a pull as the store has it. Empty lists, and equal ones while one of them is open, are not kept. */
export interface KeptList {
  readonly queue: 'packet' | 'file';
  readonly format: 'xml' | 'json';
  readonly raw: string;
  readonly listedAt: Instant;
  /** When all of it had been reported. */
  readonly closedAt: Instant | undefined;
  readonly entries: readonly { readonly id: string; readonly receiptHandle: string }[];
}

/** What the pull counted: lists, and entries of all of them, kept or not. */
export interface ListCounts {
  readonly lists: number;
  /** Undefined where not all that were kept are looked at: then nothing follows from how many there are. */
  readonly listed: number | undefined;
}

const settled = (point: ProbePoint['point'], value: string): ProbePoint => ({
  point,
  state: 'settled',
  value,
});
const unknown = (point: ProbePoint['point'], value: string): ProbePoint => ({
  point,
  state: 'unknown',
  value,
});

/** What the lists of one pull show. Nothing is concluded from what they do not show. Pure. */
export function listPoints(lists: readonly KeptList[], counts: ListCounts): readonly ProbePoint[] {
  return [
    shapePoint(lists, counts),
    handlePoint(lists),
    againPoint(lists, counts),
    unknown('report', `${reported(lists)}; parts of a list were not tried`),
  ];
}

function shapePoint(lists: readonly KeptList[], counts: ListCounts): ProbePoint {
  const [first] = lists;
  if (first === undefined)
    return unknown('list', counts.lists === 0 ? 'none was given' : `${counts.lists} asked, all empty`);
  const shapes = new Set(lists.map(shapeOf));
  const longest = Math.max(...lists.map(({ entries }) => entries.length));
  return settled('list', `${[...shapes].join('; ')}; at most ${longest} entries. An empty list is not kept`);
}

/** Root, then names of the members, in the order in which they were first met. */
function shapeOf({ format, raw }: KeptList): string {
  const text = raw.replace(/^\uFEFF/, '').trimStart();
  const names = (pattern: RegExp): string[] => [
    ...new Set([...text.matchAll(pattern)].flatMap(([, name]) => name ?? [])),
  ];
  if (format === 'json') {
    const root = text.startsWith('[') ? 'an array' : 'an object';
    return `JSON, ${root} with ${names(/"([A-Za-z_]\w*)"\s*:/g).join(', ')}`;
  }
  const [root = '', ...members] = names(/<([A-Za-z_][\w.-]*)[\s/>]/g);
  return `XML, <${root}> with ${members.join(', ')}`;
}

function handlePoint(lists: readonly KeptList[]): ProbePoint {
  const handles = lists.flatMap(({ entries }) => entries.map(({ receiptHandle }) => receiptHandle));
  const there = handles.filter((handle) => handle !== '');
  if (handles.length === 0) return unknown('handle', 'none was listed');
  if (there.length === 0) return settled('handle', 'entries have none');
  const lengths = there.map(({ length }) => length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const other = [...new Set(there.flatMap((handle) => handle.match(/[^A-Za-z0-9]/gu) ?? []))];
  const long = least === most ? `${most}` : `${least} to ${most}`;
  const signs = other.length === 0 ? '' : `, ${other.toSorted().join(' ')}`;
  const missing = there.length < handles.length ? `; missing in ${handles.length - there.length}` : '';
  // What queues of Amazon begin with.
  const like = there.every((handle) => handle.startsWith('AQEB')) ? '; begins as those of Amazon SQS do' : '';
  return settled('handle', `${long} characters: letters, digits${signs}${like}${missing}`);
}

/** Whether what was listed and is not reported yet is shown by the next list. */
function againPoint(lists: readonly KeptList[], { listed }: ListCounts): ProbePoint {
  const kept = lists.reduce((total, { entries }) => total + entries.length, 0);
  if (listed !== undefined && kept > 0 && listed > kept)
    return settled('second-list', 'shows the same entries with the same handles until they are reported');
  const handleOf = new Map<string, string>();
  for (const { entries } of lists)
    for (const { id, receiptHandle } of entries) {
      const before = handleOf.get(id);
      if (before !== undefined && before !== receiptHandle)
        return settled('second-list', 'an entry came again with another handle');
      handleOf.set(id, receiptHandle);
    }
  const hides = lists.some((first, index) =>
    lists.slice(index + 1).some((second) => {
      const openStill = first.closedAt === undefined || first.closedAt > second.listedAt;
      const ids = new Set(first.entries.map(({ id }) => id));
      return first.queue === second.queue && openStill && second.entries.every(({ id }) => !ids.has(id));
    }),
  );
  return hides
    ? settled('second-list', 'hides what was listed, for a while at least')
    : unknown('second-list', 'no second list was asked before the first was reported');
}

function reported(lists: readonly KeptList[]): string {
  const whole = lists.filter(({ closedAt }) => closedAt !== undefined).length;
  return `${whole} of ${lists.length} lists reported as a whole`;
}
