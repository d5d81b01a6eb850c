import { RescoFault } from '../state/fault.ts';
import type { Input } from '../state/values.ts';
import type { Action, Write } from '../state/write.ts';
import type { XmlElement } from './xml.ts';

const ACTIONS: readonly Action[] = ['Create', 'Update', 'Upsert', 'Delete'];

const isAction = (text: string | undefined): text is Action => ACTIONS.some((action) => action === text);

/** Reads `<Entity>`; the action is the request's own where the method does not say it. Throws `RescoFault`. */
export function readEntity(xml: XmlElement, method?: Action): Write {
  if (xml.name !== 'Entity') throw new RescoFault(`${xml.name} stands where Entity should`);
  const { EntityName: entity, Action: asked, PrimaryKey: key } = xml.attributes;
  if (entity === undefined || entity === '') throw new RescoFault('EntityName is missing');
  if (method === undefined && !isAction(asked)) throw new RescoFault(`'${asked ?? ''}' is no action`);
  const action = method ?? (asked as Action);
  if (xml.text.trim() !== '') throw new RescoFault('text stands between the attributes');
  const values = new Map<string, Input>();
  for (const child of xml.children) {
    if (values.has(child.name)) throw new RescoFault(`${child.name} occurs twice`);
    values.set(child.name, readValue(child));
  }
  return { action, entity, values, key: key?.split(';') };
}

function readValue(xml: XmlElement): Input {
  if (xml.children.length === 0) return { text: xml.text === '' ? null : xml.text };
  const parties = xml.children.map((child) => {
    if (child.name !== 'party' || child.children.length > 0)
      throw new RescoFault(`${child.name} stands in ${xml.name}, where only party may stand`);
    return { address: child.attributes['addressused'], target: child.text.trim() };
  });
  return { text: null, parties };
}

/** Reads the items of a batch. */
export function itemsOf(xml: XmlElement, root: string): readonly XmlElement[] {
  if (xml.name !== root) throw new RescoFault(`the root is ${xml.name}, not ${root}`);
  return xml.children;
}
