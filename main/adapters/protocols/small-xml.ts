import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** Larger documents are not small: they have readers of their own. */
const MOST_CHARS = 64 * 1024;

const parser = new XMLParser({
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  htmlEntities: true,
});

/**
 * The texts of the root's children by lower-case name, of a small document such as a storage error; undefined when it is
 * not well-formed, has a DOCTYPE or is too large.
 */
export function smallXmlFields(text: string): ReadonlyMap<string, string> | undefined {
  if (text.length > MOST_CHARS || /<!DOCTYPE|<!ENTITY/i.test(text)) return undefined;
  if (XMLValidator.validate(text) !== true) return undefined;
  const document: unknown = parser.parse(text);
  const [root] = isObject(document) ? Object.values(document).filter(isObject) : [];
  if (root === undefined) return undefined;
  const fields = new Map<string, string>();
  for (const [name, value] of Object.entries(root))
    if (typeof value === 'string') fields.set(name.toLowerCase(), value.trim());
  return fields;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
