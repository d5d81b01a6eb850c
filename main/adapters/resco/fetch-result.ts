import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { childNamed, wholeText, type XmlNode } from '../protocols/xml-tree.ts';
import { faultIn, faultWords } from './faults.ts';
import { rowVersionOf } from './values.ts';

/** Texts by attribute, as they came; what is null is not there. */
export type FetchRow = ReadonlyMap<string, string>;

export interface FetchResult {
  readonly rows: readonly FetchRow[];
  readonly more: boolean;
  /** The lowest row version that may still become visible. */
  readonly minActive: string | undefined;
}

export type FetchProblem =
  | { readonly kind: 'fault'; readonly words: string }
  | { readonly kind: 'unreadable'; readonly words: string };

/**
 * Reads an answer to Fetch. One fault in the place of a row is a failure of all of it: a row that is not there would be taken for
 * deleted. Pure.
 */
export function readFetchResult(root: XmlNode, entity: string): Result<FetchResult, FetchProblem> {
  const fault = faultIn(root);
  if (fault !== undefined) return fail({ kind: 'fault', words: fault });
  const unreadable = (words: string): Result<never, FetchProblem> => fail({ kind: 'unreadable', words });
  const entities = childNamed(root, 'Entities');
  if (entities === undefined) return unreadable('it has no "Entities"');
  const rows: FetchRow[] = [];
  for (const node of entities.children) {
    const words = faultWords(node);
    if (words !== undefined) return fail({ kind: 'fault', words });
    if (node.name !== 'Entity') return unreadable(`it has "${node.name}" among the records`);
    const name = node.attributes.get('EntityName');
    if (name !== undefined && name !== entity) return unreadable(`it has records of ${name}`);
    const row = new Map<string, string>();
    for (const field of node.children) {
      const text = wholeText(field);
      if (text !== '') row.set(field.name, text);
    }
    rows.push(row);
  }
  const more = childNamed(root, 'MoreRecords');
  const moreText = more === undefined ? '' : wholeText(more).trim().toLowerCase();
  // Without it nobody knows whether the page was the last.
  if (!['true', 'false', '1', '0'].includes(moreText))
    return unreadable('"MoreRecords" is neither true nor false');
  const active = childNamed(root, 'MinActiveRowVersion');
  return ok({
    rows,
    more: moreText === 'true' || moreText === '1',
    minActive: active === undefined ? undefined : rowVersionOf(wholeText(active)),
  });
}
