import { childNamed, childrenNamed, wholeText, type XmlNode } from '../protocols/xml-tree.ts';

/** The reason of a fault that is this element or a child of it; undefined where there is none. Its code means nothing to us. */
export function faultWords(node: XmlNode): string | undefined {
  const fault = node.name === 'Fault' ? node : childNamed(node, 'Fault');
  if (fault === undefined) return undefined;
  const reason = childNamed(fault, 'Reason');
  const words = (reason === undefined ? wholeText(fault) : wholeText(reason)).trim();
  return words === '' ? 'no reason given' : words;
}

/** A fault at the root, below it, or in the place of a row. */
export function faultIn(node: XmlNode): string | undefined {
  const own = faultWords(node);
  if (own !== undefined) return own;
  for (const rows of childrenNamed(node, 'Entities')) {
    const words = faultWords(rows);
    if (words !== undefined) return words;
  }
  return undefined;
}
