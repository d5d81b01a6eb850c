import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { XmlNode } from '../protocols/xml-tree.ts';
import { faultWords } from './faults.ts';

export type ItemAnswer = { readonly kind: 'result' } | { readonly kind: 'fault'; readonly words: string };

/**
 * One answer an item, by position; results may stand in `Response` elements or right below the root. Another number of them means
 * that nobody knows which item each belongs to: the failure says so, and all items are unknown. Pure.
 */
export function readWriteAnswer(root: XmlNode, items: number): Result<readonly ItemAnswer[], string> {
  const single = faultWords(root);
  const nodes = root.children;
  if (single !== undefined && nodes.length !== items)
    return fail(`the whole batch was answered with: ${single}`);
  if (nodes.length !== items) return fail(`${nodes.length} answers to ${items} operations`);
  const answers: ItemAnswer[] = [];
  for (const node of nodes) {
    const words = faultWords(node);
    if (words !== undefined) answers.push({ kind: 'fault', words });
    else if (node.name === 'Result' || node.children.some(({ name }) => name === 'Result'))
      answers.push({ kind: 'result' });
    else return fail(`"${node.name}" is neither result nor fault`);
  }
  return ok(answers);
}
